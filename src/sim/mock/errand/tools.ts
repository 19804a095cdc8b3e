/** Finds the client's tool for a deed, whatever the tool is called, and uses the tool's own names for the arguments. */
import { isObject, type JsonObject } from '../../../lib/json.ts';
import { type ApiDeclaration, declarations } from '../../validator/request.ts';
import { type BuiltCall, smallestCall } from '../build-call.ts';
import type { Conversation } from '../conversation.ts';

export type Deed =
  | { deed: 'write'; path: string; content: string }
  | { deed: 'edit'; path: string; from: string; to: string; whole: string }
  | { deed: 'read'; path: string }
  | { deed: 'run'; command: string; about: string }
  | { deed: 'list'; path: string }
  | { deed: 'search'; path: string; pattern: string };

const PATH = [
  'file_path',
  'path',
  'filepath',
  'filename',
  'file_name',
  'target_file',
  'absolute_path',
  'file',
  'uri',
];
const CONTENT = ['content', 'contents', 'file_text', 'text', 'file_content', 'data', 'body', 'code'];
const COMMAND = ['command', 'cmd', 'shell_command', 'commands', 'script', 'code', 'input'];
const OLD = ['old_string', 'old_str', 'old_text', 'oldtext', 'search', 'find', 'target'];
const NEW = ['new_string', 'new_str', 'new_text', 'newtext', 'replace', 'replacement'];
const FOLDER = [
  'path',
  'dir_path',
  'directory',
  'dir',
  'folder',
  'relative_workspace_path',
  'target_directory',
];
const PATTERN = ['pattern', 'query', 'regex', 'search_term', 'text', 'q'];

type Row = {
  /** Matches the name of the tool in lower case with underscores, without the name of its MCP server. */
  names: RegExp;
  /** The arguments in order. Each is a list of the names that the argument may have. */
  needs: readonly (readonly string[])[];
  /** The command, for a tool with several commands. */
  command?: string;
  /** True where the name says nothing, so the tool is found by its schema. */
  bySchema?: true;
};

/** Matches names of tools that do something else with a path and a text than writing. */
const NO_WRITER =
  '(?!.*(?:edit|append|insert|replace|patch|notebook|send|mail|message|post|comment|note|search))';

/** The rows for each deed. The first row that fits a declared tool is used. */
const ROWS: Readonly<Record<Deed['deed'], readonly Row[]>> = {
  write: [
    {
      names:
        /^(?:write|write_file|create_file|write_to_file|save_file|create_new_file|file_write|create|write_text_file|put_file)$/,
      needs: [PATH, CONTENT],
    },
    {
      names: /^(?:str_replace.*|text_editor.*|edit_tool|.*editor)$/,
      needs: [PATH, ['file_text', 'content']],
      command: 'create',
    },
    { names: /(?:write|create|save).*file|file.*(?:write|create|save)/, needs: [PATH, CONTENT] },
    { names: new RegExp(`^${NO_WRITER}`), needs: [PATH, CONTENT], bySchema: true },
  ],
  edit: [
    {
      names: /^(?:edit|edit_file|replace|replace_in_file|str_replace|search_replace|file_edit)$/,
      needs: [PATH, OLD, NEW],
    },
    {
      names: /^(?:str_replace.*|text_editor.*|.*editor)$/,
      needs: [PATH, ['old_str'], ['new_str']],
      command: 'str_replace',
    },
  ],
  read: [
    {
      names:
        /^(?:read|read_file|view_file|open_file|cat|get_file|file_read|read_text_file|view|open|get_file_contents)$/,
      needs: [PATH],
    },
    { names: /^(?:str_replace.*|text_editor.*|.*editor)$/, needs: [PATH], command: 'view' },
    { names: /(?:read|view|open|get|load).*file(?!s)/, needs: [PATH] },
    { names: /^(?!.*(?:write|thread)).*(?:read|view|cat|open)/, needs: [PATH], bySchema: true },
  ],
  run: [
    {
      names:
        /^(?:bash|shell|sh|run_command|execute_command|run_shell_command|run_terminal_cmd|run_in_terminal|exec|exec_command|terminal|run|run_bash|execute|local_shell|powershell)$/,
      needs: [COMMAND],
    },
    { names: /bash|shell|terminal|(?:run|exec\w*)_(?:cmd|command|script)/, needs: [COMMAND] },
    { names: /^/, needs: [['command', 'cmd', 'shell_command']], bySchema: true },
  ],
  list: [
    {
      names:
        /^(?:ls|list|list_dir|list_directory|list_files|listdir|read_dir|directory_list|list_folder|directory_tree)$/,
      needs: [FOLDER],
    },
  ],
  search: [
    {
      names: /^(?:grep|grep_search|search_files|search_file_content|search_code|search|ripgrep)$/,
      needs: [PATTERN, FOLDER],
    },
  ],
};

const plainName = (name: string): string =>
  name
    .replace(/^mcp__[\s\S]+?__/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[-.:/]/g, '_')
    .toLowerCase();

const schemaOf = ({ parametersJsonSchema, parameters }: ApiDeclaration): unknown =>
  parametersJsonSchema ?? parameters;

/**
 * What the schema says about each argument. The keys are names in lower case. Undefined where the schema allows any
 * argument.
 */
function propertiesOf(
  declaration: ApiDeclaration,
): Map<string, { name: string; schema: unknown }> | undefined {
  const schema = schemaOf(declaration);
  const properties = isObject(schema) ? schema['properties'] : undefined;
  if (!isObject(properties) || Object.keys(properties).length === 0) return undefined;
  return new Map(
    Object.entries(properties).map(([name, inner]) => [
      name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase(),
      { name, schema: inner },
    ]),
  );
}

const typeOf = (schema: unknown): string =>
  isObject(schema) ? String(schema['type'] ?? '').toLowerCase() : '';

/** The command in the type that the schema wants. Where it wants a list of words, a shell runs the command. */
const fitted = (value: string, schema: unknown): string | string[] =>
  typeOf(schema) === 'array' ? ['bash', '-lc', value] : value;

function fit(declaration: ApiDeclaration, row: Row, values: readonly string[]): JsonObject | undefined {
  const properties = propertiesOf(declaration);
  const args: JsonObject = {};
  if (row.bySchema && !properties) return undefined;
  if (row.command !== undefined) {
    const choices = properties?.get('command')?.schema;
    if (!isObject(choices) || !Array.isArray(choices['enum']) || !choices['enum'].includes(row.command))
      return undefined;
    args['command'] = row.command;
  }
  for (const [index, names] of row.needs.entries()) {
    const value = values[index] ?? '';
    const known = properties === undefined ? names[0] : names.find((name) => properties.has(name));
    const property = properties?.get(known ?? '');
    if (known === undefined || (isObject(property?.schema) && Array.isArray(property.schema['enum'])))
      return undefined;
    args[property?.name ?? known] = fitted(value, property?.schema);
  }
  return args;
}

const VALUES = {
  write: ({ path, content }) => [path, content],
  edit: ({ path, from, to }) => [path, from, to],
  read: ({ path }) => [path],
  run: ({ command }) => [command],
  list: ({ path }) => [path],
  search: ({ pattern, path }) => [pattern, path],
} satisfies { [K in Deed['deed']]: (deed: Extract<Deed, { deed: K }>) => string[] };

const valuesOf = (deed: Deed): string[] => (VALUES[deed.deed] as (deed: Deed) => string[])(deed);

/** Adds the argument that says what a command is for, where the tool requires it. */
function withAbout(args: JsonObject, declaration: ApiDeclaration, deed: Deed): JsonObject {
  const asks = propertiesOf(declaration)?.has('description');
  return deed.deed === 'run' && asks ? { ...args, description: deed.about } : args;
}

/** A call to a declared tool that does the deed, perhaps in another way; undefined where no tool can. */
export function callFor(deed: Deed, conversation: Conversation): BuiltCall | undefined {
  const declared = declarations(conversation.request).filter(({ name }) =>
    conversation.callable.has(name ?? ''),
  );
  for (const row of ROWS[deed.deed]) {
    for (const declaration of declared) {
      const { name = '' } = declaration;
      if (!row.names.test(plainName(name))) continue;
      const args = fit(declaration, row, valuesOf(deed));
      if (args)
        return {
          name,
          args: { ...smallestCall(name, conversation).args, ...withAbout(args, declaration, deed) },
        };
    }
  }
  const other = instead(deed);
  return other && callFor(other, conversation);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Another deed with the same result: a shell can do everything, and a file can be written as a whole. */
function instead(deed: Deed): Deed | undefined {
  switch (deed.deed) {
    case 'write':
      return {
        deed: 'run',
        command: `printf '%s' ${quoted(deed.content)} > ${quoted(deed.path)}`,
        about: `Write ${deed.path}`,
      };
    case 'edit':
      return { deed: 'write', path: deed.path, content: deed.whole };
    case 'read':
      return { deed: 'run', command: `cat ${quoted(deed.path)}`, about: `Read ${deed.path}` };
    case 'list':
      return { deed: 'run', command: `ls -la ${quoted(deed.path)}`, about: `List ${deed.path}` };
    case 'search':
      return {
        deed: 'run',
        command: `grep -rn -- ${quoted(deed.pattern)} ${quoted(deed.path)}`,
        about: `Search for ${deed.pattern}`,
      };
    case 'run':
      return undefined;
  }
}
