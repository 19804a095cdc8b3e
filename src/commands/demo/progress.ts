/** What the demo shows while it runs. */
import { basename } from 'node:path';
import { styleText } from 'node:util';
import { isObject, tryParseJson } from '../../lib/json.ts';

export type Told =
  | { kind: 'text'; text: string }
  | { kind: 'call'; tool: string; about: string }
  | { kind: 'result'; text: string; failed: boolean }
  /** About the connection, not the task. */
  | { kind: 'note'; text: string };

const WIDTH = 100;
const MOST_LINES = 12;

function firstLine(text: string): string {
  const line = text.split('\n').find((part) => part.trim() !== '') ?? '';
  return line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line;
}

function textLines(text: string): string {
  const lines = text.trim().split('\n');
  const shown = lines.slice(0, MOST_LINES).map((line) => `  ${line}`);
  return [...shown, ...(lines.length > MOST_LINES ? [`  … (${lines.length} lines)`] : [])].join('\n');
}

/** What is printed for it, in colours where a terminal shows them. A text may take several lines. */
export function lineOf(told: Told): string {
  switch (told.kind) {
    case 'text':
      return textLines(told.text);
    case 'call':
      return `  ${styleText('cyan', `→ ${told.tool}`)}  ${firstLine(told.tool === 'Bash' ? told.about : basename(told.about))}`;
    case 'result':
      return `    ${told.failed ? styleText('red', '✗') : styleText('green', '✓')} ${firstLine(told.text)}`;
    case 'note':
      return styleText('yellow', `  ~ ${told.text}`);
  }
}

const LABEL = 11;

/** A line about the run: before it, or at its end. */
export const factLine = (label: string, text: string, style: 'dim' | 'green' | 'red' = 'dim'): string =>
  `${styleText(style, label.padEnd(LABEL))}${text}`;

type Block = Record<string, unknown>;

/** What a line of Claude Code's `stream-json` says. Thoughts, and what only concerns the client, are left out. */
export function readStreamJson(line: string): Told[] {
  const event = tryParseJson(line);
  const message = isObject(event) ? event['message'] : undefined;
  const content = isObject(message) ? message['content'] : undefined;
  return Array.isArray(content) ? content.flatMap((block: Block) => toldByBlock(block) ?? []) : [];
}

function toldByBlock(block: Block): Told | undefined {
  switch (block['type']) {
    case 'text':
      return { kind: 'text', text: String(block['text']) };
    case 'tool_use': {
      const input = isObject(block['input']) ? block['input'] : {};
      const about = input['file_path'] ?? input['command'] ?? input['query'] ?? input['description'] ?? '';
      return { kind: 'call', tool: String(block['name']), about: String(about) };
    }
    case 'tool_result':
      return { kind: 'result', text: textOf(block['content']), failed: block['is_error'] === true };
    default:
      return undefined;
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((block: Block) => String(block['text'] ?? `(${String(block['type'])})`)).join('\n');
}
