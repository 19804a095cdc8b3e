/** What a scenario can find out about a request. It is read from Gemini's wire alone. */
import type { Json } from '../../lib/json.ts';
import type { ApiBlob, ApiContent, ApiRequest } from '../validator/request.ts';
import { callsOf, declarations, responsesOf } from '../validator/request.ts';
import { type MockSelf, OFFLINE_MOCK } from './self.ts';

export type ToolResult = { tool: string; text: string; failed: boolean };

/** One event of the history: something that the user said, or what the model did and with what results. */
export type StoryEvent =
  | { kind: 'words'; words: string }
  /** `turn`: the number of this content among the model's contents since the user's words, from 1. */
  | { kind: 'step'; turn: number; calls: readonly string[]; results: readonly ToolResult[] };

export type Conversation = {
  readonly request: ApiRequest;
  /** What the mock says of itself. */
  readonly self: MockSelf;
  readonly story: readonly StoryEvent[];
  /** The words of the user that the current turn answers: the first text, and all texts joined. */
  readonly user: string;
  readonly words: string;
  /** The texts that are joined in `words`, as a list. */
  readonly texts: readonly string[];
  /** The number of the model's contents since the user's words. */
  readonly turn: number;
  /** The names of the tools that were called since the user's words. */
  readonly called: ReadonlySet<string>;
  /** `results`: all results since the user's words, oldest first. `lastResults`: the results in the last content. */
  readonly results: readonly ToolResult[];
  readonly lastResults: readonly ToolResult[];
  /** Pictures, documents and other media since the user's words, from the user and from tools. */
  readonly media: readonly ApiBlob[];
  /** The names of the tools that the model may call now. */
  readonly callable: ReadonlySet<string>;
};

/** Texts on the user's side that are not the user's own words. */
export type Asides = {
  /** The tags whose content the client wrote. */
  tags: readonly string[];
  /** The beginnings of texts that the client wrote. */
  texts: readonly string[];
  /** True where the caller has named a text as somebody else's words. */
  isForeign(text: string): boolean;
};

export const NO_ASIDES: Asides = { tags: [], texts: [], isForeign: () => false };

export function readConversation(
  request: ApiRequest,
  asides: Asides,
  self: MockSelf = OFFLINE_MOCK,
): Conversation {
  const contents = request.contents ?? [];
  const own = ownWords(asides);
  const words = contents.map((content) => userTexts(content, own));
  const start = Math.max(
    words.findLastIndex((texts) => texts.length > 0),
    0,
  );
  const opening = words[start] ?? [];
  const since = contents.slice(start + 1);
  return {
    request,
    self,
    story: readStory(contents, words),
    user: opening[0] ?? '',
    words: opening.join('\n'),
    texts: opening,
    turn: since.filter((content) => content.role === 'model').length,
    called: new Set(since.flatMap((content) => callsOf(content).map((call) => call.name ?? ''))),
    results: since.flatMap(resultsOf),
    lastResults: resultsOf(since.at(-1)),
    media: contents.slice(start).flatMap(mediaOf),
    callable: callableTools(request),
  };
}

function readStory(contents: readonly ApiContent[], words: readonly string[][]): StoryEvent[] {
  const story: StoryEvent[] = [];
  let step: { results: ToolResult[] } = { results: [] };
  let turn = 0;
  for (const [index, content] of contents.entries()) {
    const said = words[index] ?? [];
    const calls = callsOf(content).map((call) => call.name ?? '');
    if (content.role === 'model') turn++;
    if (said.length > 0) {
      turn = 0;
      story.push({ kind: 'words', words: said.join('\n') });
    } else if (calls.length > 0) {
      const results: ToolResult[] = [];
      step = { results };
      story.push({ kind: 'step', turn, calls, results });
    } else step.results.push(...resultsOf(content));
  }
  return story;
}

function ownWords({ tags, texts, isForeign }: Asides): (text: string) => string {
  const tagged = tags.length > 0 ? new RegExp(`<(${tags.join('|')})>[\\s\\S]*?</\\1>`, 'g') : undefined;
  return (text) => {
    if (isForeign(text)) return '';
    const own = (tagged ? text.replaceAll(tagged, '') : text).trim();
    return texts.some((beginning) => own.startsWith(beginning)) ? '' : own;
  };
}

function userTexts(content: ApiContent, own: (text: string) => string): string[] {
  if (content.role === 'model' || responsesOf(content).length > 0) return [];
  return (content.parts ?? []).flatMap((part) => {
    const text = own(part.text ?? '');
    return text === '' ? [] : [text];
  });
}

function resultsOf(content: ApiContent | undefined): ToolResult[] {
  return responsesOf(content).map(({ name, response }) => ({
    tool: name ?? '',
    text: stringsOf(response ?? {}).join('\n'),
    failed: response?.['error'] !== undefined,
  }));
}

const mediaOf = (content: ApiContent): ApiBlob[] =>
  (content.parts ?? []).flatMap((part) =>
    [part, ...(part.functionResponse?.parts ?? [])].flatMap(({ inlineData }) => inlineData ?? []),
  );

function stringsOf(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return value === null ? [] : [String(value)];
  return (Array.isArray(value) ? value : Object.values(value)).flatMap(stringsOf);
}

function callableTools(request: ApiRequest): Set<string> {
  const config = request.toolConfig?.functionCallingConfig ?? {};
  if (config.mode === 'NONE') return new Set();
  const declared = declarations(request).map((declaration) => declaration.name ?? '');
  const allowed = config.allowedFunctionNames ?? [];
  return new Set(allowed.length > 0 ? declared.filter((name) => allowed.includes(name)) : declared);
}

/** Every text of the request except for the model's own texts, to search for facts. */
export function requestTexts(request: ApiRequest): string {
  const contents = (request.contents ?? []).filter((content) => content.role !== 'model');
  return [request.systemInstruction, ...contents]
    .flatMap((content) => (content?.parts ?? []).flatMap((part) => part.text ?? []))
    .join('\n');
}

/** The results of all tools, to search for facts. */
export const resultTexts = (request: ApiRequest): string =>
  (request.contents ?? [])
    .flatMap(resultsOf)
    .map(({ text }) => text)
    .join('\n');
