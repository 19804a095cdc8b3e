/**
 * The schemas of Anthropic's own tools that are functions to Gemini: those that the client runs (bash, text editor,
 * memory), and the search for tools. Anthropic's API knows these schemas; Gemini must be sent them. Any date of a known kind of tool is accepted. Other dated types are tools that
 * Anthropic's servers run, and are refused.
 */
import type { JsonObject } from '../../../lib/json.ts';

import type { KnownTool } from './known-tool.ts';
import { toolSearch } from './tool-search.ts';

const string = (description: string): JsonObject => ({ type: 'string', description });
const integer = (description: string): JsonObject => ({ type: 'integer', description });
const choice = (...values: string[]): JsonObject => ({ type: 'string', enum: values });
const object = (properties: JsonObject, required: string[]): JsonObject => ({
  type: 'object',
  properties,
  required,
});

const RANGE: JsonObject = {
  type: 'array',
  items: { type: 'integer' },
  minItems: 2,
  maxItems: 2,
  description: 'For view of a file: first and last line, counted from 1; -1 is the end of the file',
};

const fileEdits: JsonObject = {
  path: string('Path of the file or directory'),
  view_range: RANGE,
  file_text: string('For create: the whole content of the file'),
  old_str: string('For str_replace: the text to replace; it must occur exactly once'),
  new_str: string('For str_replace: the text to put in its place'),
  insert_line: integer('For insert: the line after which the text goes; 0 is the start of the file'),
};

const BASH: KnownTool = {
  name: 'bash',
  description: 'Runs a command in a bash session that stays open between calls.',
  schema: object(
    {
      command: string('The command to run; needed unless restart is true'),
      restart: { type: 'boolean', description: 'True starts the session anew' },
    },
    [],
  ),
};

const textEditor = (name: string, insertKey: 'new_str' | 'insert_text', ...more: string[]): KnownTool => ({
  name,
  description: 'Views, creates and edits text files.',
  schema: object(
    {
      command: choice('view', 'create', 'str_replace', 'insert', ...more),
      ...fileEdits,
      ...(insertKey === 'insert_text' ? { insert_text: string('For insert: the text to insert') } : {}),
    },
    ['command', 'path'],
  ),
});

const MEMORY: KnownTool = {
  name: 'memory',
  description: 'Keeps notes in files under /memories that last beyond this conversation.',
  schema: object(
    {
      command: choice('view', 'create', 'str_replace', 'insert', 'delete', 'rename'),
      ...fileEdits,
      insert_text: string('For insert: the text to insert'),
      old_path: string('For rename: the present path'),
      new_path: string('For rename: the new path'),
    },
    ['command'],
  ),
};

const OLD_EDITOR = textEditor('str_replace_editor', 'new_str', 'undo_edit');
const EDITOR = textEditor('str_replace_based_edit_tool', 'insert_text');

/** The function of a tool of Anthropic's: one that the client runs, or one that this process runs. */
export const knownTool = (type: string): KnownTool | undefined => clientTool(type) ?? toolSearch(type);

export function clientTool(type: string): KnownTool | undefined {
  const [, kind, date = ''] = /^(bash|text_editor|memory)_(\d{8})$/.exec(type) ?? [];
  if (kind === 'bash') return BASH;
  if (kind === 'memory') return MEMORY;
  if (kind !== 'text_editor') return undefined;
  return date < '20250429' ? OLD_EDITOR : EDITOR;
}
