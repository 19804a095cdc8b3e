/**
 * The search over tools that are not loaded yet, which Anthropic's servers run and this process runs instead. The model
 * is shown a function; the tools that it finds are shown from the next request on.
 */
import type { ServerToolName, ToolSearchError } from '../../../anthropic/server-answers.ts';
import type { Tool } from '../../../anthropic/tool.ts';
import { isObject, type JsonObject } from '../../../lib/json.ts';
import { linearPattern } from '../../../lib/linear-pattern.ts';
import { fitsNothing, PatternError } from '../../../lib/pattern-steps.ts';
import type { KnownTool } from './known-tool.ts';

export type ToolSearchName = Extract<ServerToolName, `tool_search_tool_${string}`>;

/** The names of the tools that were found, or why none could be looked for. */
export type FoundTools = readonly string[] | ToolSearchError['error_code'];

type Kind = KnownTool & {
  name: ToolSearchName;
  find(input: JsonObject, texts: readonly string[]): number[] | ToolSearchError['error_code'];
};

/** Anthropic's limits. */
const USUAL_RESULTS = 5;
const LONGEST_PATTERN = 200;
const LONGEST_QUERY = 500;
/** The most characters of one tool, and the most results, whatever the model asks for. */
const MOST_SEARCHED = 4_000;
const MOST_RESULTS = 100;

const limit: JsonObject = { type: 'integer', description: `The most results; ${USUAL_RESULTS} if not given` };
const found = 'The tools that it finds can be called after that.';

/** Every character stands for one byte: this is what a pattern reads. */
const inBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function byPattern({ pattern }: JsonObject, texts: readonly string[]): ReturnType<Kind['find']> {
  if (typeof pattern !== 'string' || pattern === '') return 'invalid_pattern';
  if (pattern.length > LONGEST_PATTERN) return 'pattern_too_long';
  try {
    if (fitsNothing(pattern)) return texts.map((_, index) => index);
    const { find } = linearPattern(pattern);
    return texts.flatMap((text, index) => (find(inBytes(text)).length > 0 ? [index] : []));
  } catch (error) {
    if (error instanceof PatternError) return 'invalid_pattern';
    throw error;
  }
}

const wordsOf = (text: string): string[] =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** The usual constants of BM25: how fast repetition loses weight, and how much the length counts. */
const [K1, B] = [1.2, 0.75];

function byWords({ query }: JsonObject, texts: readonly string[]): ReturnType<Kind['find']> {
  if (typeof query !== 'string' || query.trim() === '') return 'invalid_pattern';
  if (query.length > LONGEST_QUERY) return 'pattern_too_long';
  const documents = texts.map(wordsOf);
  const average = documents.reduce((sum, words) => sum + words.length, 0) / Math.max(1, documents.length);
  const scores = documents.map(() => 0);
  for (const word of new Set(wordsOf(query))) {
    const counts = documents.map((words) => words.filter((one) => one === word).length);
    const having = counts.filter((count) => count > 0).length;
    const weight = Math.log(1 + (documents.length - having + 0.5) / (having + 0.5));
    counts.forEach((count, index) => {
      const length = (documents[index]?.length ?? 0) / Math.max(1, average);
      scores[index] =
        (scores[index] ?? 0) + (weight * count * (K1 + 1)) / (count + K1 * (1 - B + B * length));
    });
  }
  const hits = scores.flatMap((score, index) => (score > 0 ? [{ score, index }] : []));
  return hits.toSorted((a, b) => b.score - a.score || a.index - b.index).map(({ index }) => index);
}

const KINDS: readonly Kind[] = [
  {
    name: 'tool_search_tool_regex',
    description: `Finds more tools by a regular expression (Python's notation, (?i) ignores case) over their names, descriptions and arguments. ${found}`,
    schema: {
      type: 'object',
      properties: { pattern: { type: 'string', description: 'At most 200 characters' }, limit },
      required: ['pattern'],
    },
    find: byPattern,
  },
  {
    name: 'tool_search_tool_bm25',
    description: `Finds more tools by words of their names, descriptions and arguments. ${found}`,
    schema: {
      type: 'object',
      properties: { query: { type: 'string', description: 'What the tool should do' }, limit },
      required: ['query'],
    },
    find: byWords,
  },
];

export const TOOL_SEARCHES: readonly ToolSearchName[] = KINDS.map(({ name }) => name);

/** The search that a type such as `tool_search_tool_regex_20251119` means. The date may be left out. */
export function toolSearch(type: unknown): Kind | undefined {
  const kind = typeof type === 'string' ? type.replace(/_\d{8}$/, '') : '';
  return KINDS.find(({ name }) => name === kind);
}

/** What is searched of a tool. */
function textOf({ name, description, input_schema: schema }: Tool): string {
  const properties = isObject(schema) && isObject(schema['properties']) ? schema['properties'] : {};
  const told = Object.entries(properties).map(
    ([key, value]) => `${key} ${isObject(value) ? String(value['description'] ?? '') : ''}`,
  );
  return [name, description ?? '', ...told].join('\n').slice(0, MOST_SEARCHED);
}

const mostOf = ({ limit: asked }: JsonObject): number =>
  typeof asked === 'number' && asked >= 1 ? Math.min(MOST_RESULTS, Math.floor(asked)) : USUAL_RESULTS;

/** Searches the deferred tools of a request, as the search tool of this name does. */
export function findTools(search: ToolSearchName, input: JsonObject, tools: readonly Tool[]): FoundTools {
  const deferred = tools.filter(
    ({ name, defer_loading: isDeferred }) => isDeferred === true && name !== undefined,
  );
  const hits = toolSearch(search)?.find(input, deferred.map(textOf)) ?? 'unavailable';
  if (typeof hits === 'string') return hits;
  return hits.slice(0, mostOf(input)).flatMap((index) => deferred[index]?.name ?? []);
}
