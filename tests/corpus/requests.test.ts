/** Every request of the corpus becomes a body that Google takes, with all words of the request in it. */
import { describe, expect, test } from 'bun:test';
import { MessagesError } from '../../src/anthropic/errors.ts';
import type { CountTokensRequest, MessagesRequest } from '../../src/anthropic/request.ts';
import { unusedKeys } from '../../src/anthropic/unknown-keys.ts';
import { parseMessagesRequest } from '../../src/anthropic/validate.ts';
import { modelRow } from '../../src/gemini/model-rows.ts';
import type { GenerateContentRequest } from '../../src/gemini/wire.ts';
import { validateRequest } from '../../src/sim/validator/index.ts';
import { toCountRequest } from '../../src/translate/count.ts';
import { toGeminiRequest } from '../../src/translate/request/index.ts';
import { claudeCodeRequests, hasCorpus, recordings } from '../support/corpus/corpus.ts';
import { contextFor, deepFreeze, problemsOf } from '../support/translation.ts';

type Case = { name: string; path: string; body: MessagesRequest; isClaudeCode: boolean };

/** The recorder of this request lost the messages: they are strings. */
const isRequest = (body: unknown): body is MessagesRequest =>
  typeof body === 'object' &&
  body !== null &&
  'messages' in body &&
  Array.isArray(body.messages) &&
  body.messages.every((message) => typeof message === 'object');

const CASES: Case[] = [
  ...claudeCodeRequests().map((request) => ({ ...request, isClaudeCode: true })),
  ...recordings('anthropic').map(({ id, request, features }) => ({
    name: id,
    path: request.path,
    body: request.body,
    isClaudeCode: features.includes('claude_code'),
  })),
].filter((request) => isRequest(request.body));

const COUNTS = CASES.filter((request) => request.path.includes('count_tokens'));
const ANSWERS = CASES.filter((request) => !request.path.includes('count_tokens'));

const MODELS = ['gemini-4-argon', 'gemini-3.6-flash', 'gemini-2.5-flash', 'gemini-2.0-flash'];

const SERVER_TOOL = /^(advisor|mcp_toolset)/;

/** Files that were uploaded to Anthropic. */
const MISSING_FILE = /\.source\.file\.file_id: File not found: file_/;

/** Why this request must get a 400, by the request alone. */
function refusalOf({
  messages,
  tools,
  mcp_servers: servers,
  thinking,
  ...rest
}: MessagesRequest): RegExp | undefined {
  if (servers) return /mcp_servers/;
  const server = tools?.findIndex((tool) => SERVER_TOOL.test(tool.type ?? '')) ?? -1;
  const scalar =
    tools?.findIndex((tool) => !(['object', undefined] as unknown[]).includes(typeOf(tool.input_schema))) ??
    -1;
  if (rest.temperature !== undefined && (rest.temperature ?? 0) < 0) return /temperature: range/;
  if ((thinking?.budget_tokens ?? 0) >= rest.max_tokens) return /`max_tokens` must be greater than/;
  if (server !== -1) return new RegExp(`^tools\\.${server}\\.type: .* is not supported by this model`);
  if (tools?.some((tool) => typeof tool.input_schema === 'boolean')) return /input_schema/;
  if (scalar !== -1) return new RegExp(`^tools\\.${scalar}\\.custom\\.input_schema\\.type`);
  if (/"source": ?\{[^}]*"type": ?"file"/.test(JSON.stringify(messages))) return MISSING_FILE;
  if (messages.some((message) => message.role === 'user' && message.content.length === 0))
    return /non-empty content/;
  if (messages.at(-1)?.role === 'assistant') return /prefill/;
  return undefined;
}

/** The proxy reads pages for this model, by a function; and the model runs no code beside functions. */
const READS_NO_PAGES = 'gemini-2.0-flash';
const hasTool = ({ tools }: MessagesRequest, start: string) =>
  tools?.some(({ type }) => type?.startsWith(start)) ?? false;

function refusalBy(model: string, body: MessagesRequest): RegExp | undefined {
  const wantsBoth = hasTool(body, 'code_execution_') && hasTool(body, 'web_fetch_');
  return model === READS_NO_PAGES && wantsBoth
    ? /^tools\.\d\.type: code_execution_\d+ is not supported by gemini-2\.0-flash beside other tools/
    : undefined;
}

const typeOf = (schema: unknown) =>
  typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : undefined;

/** Every string of the body, and the words of the request that must be among them. */
function stringsIn(value: unknown, found: string[] = []): string[] {
  if (typeof value === 'string') found.push(value);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) stringsIn(item, found);
  return found;
}

function wordsOf({ messages, system }: CountTokensRequest): string[] {
  const texts = typeof system === 'string' ? [system] : (system ?? []).map((block) => block.text);
  const words = texts.filter((text) => !text.startsWith('x-anthropic-billing-header'));
  for (const { content } of messages) {
    if (typeof content === 'string') words.push(content);
    else {
      for (const block of content) {
        if (block.type === 'text') words.push(block.text);
        if (block.type === 'tool_use') words.push(...stringsIn(block.input));
        if (block.type === 'document' || block.type === 'image') words.push(...dataOf(block.source));
        if (block.type !== 'tool_result') continue;
        if (typeof block.content === 'string') words.push(block.content);
        for (const inner of typeof block.content === 'string' ? [] : (block.content ?? [])) {
          if (inner.type === 'text') words.push(inner.text);
          if (inner.type === 'tool_reference') words.push(inner.tool_name);
          if (inner.type === 'search_result') words.push(...inner.content.map((part) => part.text));
          if (inner.type === 'image' || inner.type === 'document') words.push(...dataOf(inner.source));
        }
      }
    }
  }
  return words;
}

const dataOf = (source: unknown) =>
  typeof source === 'object' && source !== null && 'data' in source ? [String(source.data)] : [];

function lostWords(request: CountTokensRequest, body: GenerateContentRequest): string[] {
  const sent = stringsIn([body.systemInstruction, body.contents]);
  const all = sent.join('\n\n');
  return wordsOf(request).filter((word) => !all.includes(word));
}

describe.skipIf(!hasCorpus)('requests of the corpus', () => {
  test('are as many as known', () => {
    expect(ANSWERS.filter((request) => request.isClaudeCode).length).toBeGreaterThanOrEqual(59);
    expect(COUNTS.length).toBeGreaterThanOrEqual(9);
  });

  for (const model of MODELS) {
    test(`every request becomes a body for ${model}, with nothing lost`, () => {
      for (const { name, body } of ANSWERS) {
        if (refusalOf(body)) continue;
        const refusal = refusalBy(model, body);
        if (refusal) {
          const error = errorOf(() => toGeminiRequest(deepFreeze(body), contextFor(model)));
          expect(error.message).toMatch(refusal);
          continue;
        }
        const translated = toGeminiRequest(deepFreeze(body), contextFor(model));
        expect({ name, problems: problemsOf(translated.body) }).toEqual({ name, problems: [] });
        expect({ name, lost: lostWords(body, translated.body) }).toEqual({ name, lost: [] });
        const refused = validateRequest(modelRow(model), JSON.parse(JSON.stringify(translated.body)));
        expect({ name, refused: refused?.message }).toEqual({ name, refused: undefined });
      }
    });
  }

  test('requests that ask for what cannot be served get a 400 (a file that is not here: a 404) that names the field', () => {
    const refused = ANSWERS.filter(({ body }) => refusalOf(body));
    expect(refused.length).toBeGreaterThan(12);
    for (const { name, body } of refused) {
      const error = errorOf(() => toGeminiRequest(parseMessagesRequest(body), contextFor()));
      const isMissing = refusalOf(body) === MISSING_FILE;
      expect({ name, status: error.status, type: error.type }).toEqual({
        name,
        status: isMissing ? 404 : 400,
        type: isMissing ? 'not_found_error' : 'invalid_request_error',
      });
      expect(error.message).toMatch(refusalOf(body) ?? /never/);
    }
  });

  test('of Claude Code nothing is refused, and its web search is one grounded call', () => {
    const sent = ANSWERS.filter(({ isClaudeCode }) => isClaudeCode);
    expect(sent.filter(({ body }) => refusalOf(body))).toEqual([]);
    const searches = sent.filter(({ body }) =>
      body.tools?.some((tool) => tool.type?.startsWith('web_search_')),
    );
    expect(searches.length).toBeGreaterThan(0);
    for (const { body } of searches) {
      expect(toGeminiRequest(body, contextFor()).body.tools).toEqual([{ googleSearch: {} }]);
    }
  });

  test('of Claude Code every key is known: ordinary traffic makes no warning of fields', () => {
    for (const { name, body, isClaudeCode } of CASES) {
      if (isClaudeCode) expect({ name, unused: unusedKeys(body) }).toEqual({ name, unused: [] });
    }
  });

  test('every count becomes a body, with nothing lost', () => {
    for (const { name, body } of COUNTS) {
      const counted = toCountRequest(deepFreeze(body), contextFor());
      expect({ name, problems: problemsOf(counted.body) }).toEqual({ name, problems: [] });
      expect({ name, lost: lostWords(body, counted.body) }).toEqual({ name, lost: [] });
    }
  });

  test('deferred tools are declared once the history names them, and the placeholder never', () => {
    const deferred = ANSWERS.filter(
      ({ body }) => body.tools?.some((tool) => tool.defer_loading) && !refusalOf(body),
    );
    expect(deferred.length).toBeGreaterThan(5);
    for (const { body } of deferred) {
      const named = new Set(stringsIn(body.messages));
      const expected = [
        ...(body.tools ?? []).filter((tool) => !tool.defer_loading).map((tool) => tool.name),
        ...(body.tools ?? [])
          .filter((tool) => tool.defer_loading && named.has(tool.name ?? ''))
          .map((tool) => tool.name),
      ];
      const { body: sent } = toGeminiRequest(body, contextFor());
      const shown = (sent.tools ?? []).flatMap((tool) =>
        (tool.functionDeclarations ?? []).map(({ name }) => name),
      );
      expect(shown.toSorted()).toEqual(expected.toSorted() as string[]);
      expect(shown).not.toContain('DeferredToolPlaceholder');
    }
  });

  test('the start of a conversation keeps its bytes from turn to turn', () => {
    let compared = 0;
    for (const { name, body } of ANSWERS) {
      if (refusalOf(body)) continue;
      const { body: whole, plan } = toGeminiRequest(body, contextFor());
      for (let end = 1; end < body.messages.length; end++) {
        if (body.messages[end]?.role !== 'assistant') continue;
        const { body: earlier, plan: before } = toGeminiRequest(
          { ...body, messages: body.messages.slice(0, end) },
          contextFor(),
        );
        const start = { ...whole, contents: whole.contents.slice(0, earlier.contents.length) };
        expect({ name, contents: JSON.stringify(start.contents) }).toEqual({
          name,
          contents: JSON.stringify(earlier.contents),
        });
        // With the first source that can be cited the model is told how; this stands last.
        const begins = plan.sources !== undefined && before.sources === undefined;
        const instruction = textOf(whole).slice(0, begins ? textOf(earlier).length : undefined);
        expect({ name, instruction }).toEqual({ name, instruction: textOf(earlier) });
        expect(
          JSON.stringify(whole.tools ?? []).startsWith(JSON.stringify(earlier.tools ?? []).slice(0, -3)),
        ).toBe(true);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(40);
  });
});

const textOf = ({ systemInstruction }: GenerateContentRequest): string =>
  (systemInstruction?.parts ?? [])
    .map((part) => ('text' in part ? part.text : JSON.stringify(part)))
    .join('\n');

function errorOf(run: () => unknown): MessagesError {
  try {
    run();
  } catch (error) {
    if (error instanceof MessagesError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
