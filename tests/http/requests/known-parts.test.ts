/** What was checked, hashed and translated of a request's parts before changes nothing: not a byte, not a warning, not an error. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { SourceCitation } from '../../../src/anthropic/answer-citations.ts';
import type { Message } from '../../../src/anthropic/request.ts';
import type { Tool } from '../../../src/anthropic/tool.ts';
import { parseMessagesRequest } from '../../../src/anthropic/validate.ts';
import { parseBody } from '../../../src/http/body.ts';
import { KnownLists } from '../../../src/http/known-lists.ts';
import { JsonFigures } from '../../../src/lib/json-figures.ts';
import type { Source } from '../../../src/translate/citing/source.ts';
import type { RequestContext } from '../../../src/translate/context.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { MOST_WORK } from '../../../src/translate/request/schema/outgoing.ts';
import { sealEnvelope, signatureKeys } from '../../../src/translate/signatures.ts';
import { claudeCodeRequests, hasCorpus, recordings } from '../../support/corpus/corpus.ts';
import { call, model, result, say, system, user } from '../../support/history.ts';
import { contextFor, deepFreeze, ORIGIN, requestOf } from '../../support/translation.ts';

const eager = () => new KnownLists(['tools', 'messages'], { most: 8_000_000, shortest: 2 });

/** Some of what may have been signed is found, and some only by content. */
function signaturesFor(messages: readonly Message[]): RequestContext['signatures'] {
  const place = { on: 'text', start: 0, end: 1 } as const;
  const envelope = sealEnvelope({ ...ORIGIN, place, signature: 'c2ln' });
  return new Map(
    signatureKeys(messages).map((keys, nth) => [nth % 3 === 0 ? keys.exact : keys.loose(), envelope]),
  );
}

/** What is told of the first words of a source. */
function firstCited({ pieces, cite }: Source): SourceCitation | undefined {
  const text = pieces?.[0]?.slice(0, 20);
  return text ? cite({ start: 0, end: text.length, text, first: 0, last: 0 }) : undefined;
}

/** All that comes of a request, or why it is refused. */
function outcome(json: string, known: KnownLists, changes: Partial<RequestContext>, modelId?: string) {
  try {
    const bytes = new TextEncoder().encode(json);
    const figures = new JsonFigures();
    figures.feed(bytes);
    const request = parseMessagesRequest(deepFreeze(parseBody({ bytes, figures }, known)));
    const signatures = signaturesFor(request.messages);
    const keys = signatureKeys(request.messages).map((one) => [one.exact, one.loose()]);
    const { body, plan, warnings } = toGeminiRequest(
      request,
      contextFor(modelId, { signatures, ...changes }),
    );
    // Functions are compared by what they find.
    const inputSchema = (request.tools ?? []).map(({ name = '' }) => plan.inputSchema(name));
    const sources = plan.sources?.map((source) => ({ ...source, cite: firstCited(source) }));
    return { body: JSON.stringify(body), plan: { ...plan, inputSchema, sources }, warnings, keys };
  } catch (error) {
    return String(error);
  }
}

const schemas: unknown[] = [
  { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'gone'] },
  { type: 'object', properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { type: 'str' } } },
  { type: 'object', properties: { a: { $ref: '#/nowhere' }, b: { const: 1 } } },
  { anyOf: [{ type: 'object', properties: { x: {} } }, { type: 'string' }] },
  { type: 'string' },
  {},
];
const tool = fc.record(
  {
    name: fc.constantFrom('Read', 'Write', 'Bash', 'a b', 'mcp__x__y'),
    description: fc.constantFrom('does', '\ud800'),
    input_schema: fc.constantFrom(...schemas),
    input_examples: fc.constantFrom([{ a: 1 }], null),
    defer_loading: fc.boolean(),
    odd_key: fc.constant(1),
  },
  { requiredKeys: ['name', 'input_schema'] },
) as fc.Arbitrary<Tool>;

const word = fc.string({ maxLength: 4, unit: 'binary' });
const id = fc.constantFrom('a', 'b', 'c');
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.tuple(word, id).map(([text, name]) => user(say(text), result(name))),
  fc.tuple(word, id).map(([text, name]) => model(say(text), call(name, { text, __unparsedToolInput: {} }))),
  word.map((text) => ({ role: 'assistant', content: text })),
  word.map((text) => system(text, { clear_at: 'next_user_message' })),
  word.map((text) => user({ type: 'image', source: { type: 'url', url: `http://${text}` } })),
  tool.map((added) => system([{ type: 'tool_addition', tool: added }])),
  // What is refused.
  fc.constant({ role: 'user', content: [] } satisfies Message),
  fc.constant(JSON.parse('{"role":"user","content":[{"type":"text"}]}')),
  fc.constant(JSON.parse('{"role":"nobody","content":"a"}')),
);

const context = fc.record(
  { apiVersion: fc.constantFrom('2023-06-01', '2026-10-21') },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<RequestContext>>;

/** Turns of one conversation, each with a part of its messages and tools in another order or with others before them. */
const turns = fc
  .record({
    messages: fc.array(message, { maxLength: 8 }),
    tools: fc.uniqueArray(tool, { maxLength: 5, selector: ({ name }) => name }),
  })
  .chain(({ messages, tools }) => {
    const of = <T>(items: readonly T[], others: fc.Arbitrary<T>) =>
      fc.oneof(
        fc.nat(items.length).map((count) => items.slice(0, count)),
        others.map((first) => [first, ...items]),
        fc.constant(items.toReversed()),
      );
    const turn = fc.record({
      messages: of(messages, message),
      tools: of(tools, tool),
      modelId: fc.constantFrom('gemini-4-argon', 'gemini-2.5-flash'),
      changes: context,
    });
    return fc.array(turn, { minLength: 2, maxLength: 6 });
  });

describe('a request whose parts came before', () => {
  test('becomes what it would have become first, with the same warnings, or is refused in the same words', () => {
    fc.assert(
      fc.property(turns, (all) => {
        const known = eager();
        for (const { messages, tools, modelId, changes } of all) {
          const end: Message = { role: 'user', content: 'end' };
          const json = JSON.stringify(requestOf({ messages: [...messages, end], tools }));
          expect(outcome(json, known, changes, modelId)).toEqual(outcome(json, eager(), changes, modelId));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('has a tool shown whole, or in a simple form, as there is work left for it', () => {
    const named = (count: number, schema: unknown) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, schema]));
    const inner = { type: 'object', properties: named(Math.ceil(MOST_WORK / 20_000), { type: 'string' }) };
    const tools = Array.from(
      { length: 6 },
      (_, nth): Tool => ({
        name: `heavy${nth}`,
        input_schema: { type: 'object', properties: named(900, inner) },
        defer_loading: true,
      }),
    );
    const loads = (...numbers: number[]) =>
      requestOf({
        tools,
        messages: numbers.map((nth) => user({ type: 'tool_reference', tool_name: `heavy${nth}` })),
      });
    const turns = [[0], [5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5], [5]];
    const known = eager();
    const isWhole = turns.map((numbers) => {
      const json = JSON.stringify(loads(...numbers));
      const told = outcome(json, known, {});
      expect(told).toEqual(outcome(json, eager(), {}));
      return typeof told !== 'string' && told.warnings.every(({ path }) => !path.startsWith('tools.'));
    });
    expect(isWhole).toEqual([true, false, false, true]);
  });
});

describe.skipIf(!hasCorpus)('the corpus', () => {
  test('read one request after the other becomes what each becomes alone', () => {
    const bodies = [
      ...claudeCodeRequests().map(({ body }) => body),
      ...recordings('anthropic').map(({ request }) => request.body),
    ];
    const known = new KnownLists(['tools', 'messages']);
    for (const body of [...bodies, ...bodies.toReversed()]) {
      const json = JSON.stringify(body);
      expect(outcome(json, known, {})).toEqual(outcome(json, eager(), {}));
    }
    expect(known.held).toBeGreaterThan(100_000);
  });
});
