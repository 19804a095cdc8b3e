import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import type { Message, MessagesRequest } from '../../../src/anthropic/request.ts';
import { placeToCut } from '../../../src/gemini/cached-contents.ts';
import { cacheMarks } from '../../../src/translate/request/cache-marks.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { call, model, result, say, user } from '../../support/history.ts';
import { contextFor, requestOf } from '../../support/translation.ts';

const ctx = contextFor('gemini-3.8-flash');
const marked = (block: ContentBlock, ttl?: string): ContentBlock =>
  ({ ...block, cache_control: { type: 'ephemeral', ...(ttl ? { ttl } : {}) } }) as ContentBlock;

function marksOf(changes: Partial<MessagesRequest>) {
  const request = requestOf(changes);
  const { body } = toGeminiRequest(request, ctx);
  return cacheMarks(request, body, ctx).map(({ cut, ttl }) => [cut.contents, cut.parts, ttl]);
}

const DOCUMENT: ContentBlock = {
  type: 'document',
  source: { type: 'text', media_type: 'text/plain', data: 'long' },
};
const system = (...ttls: (string | undefined)[]): NonNullable<MessagesRequest['system']> =>
  ttls.map((ttl) => marked(say('S'), ttl) as never);
const TALK: Message[] = [user(say('q1')), model(say('a1'))];
const CALLS: Message[] = [user(say('q')), model(call('a'), call('b'))];

describe('marks', () => {
  test.each<readonly [string, Partial<MessagesRequest>, unknown]>([
    ['none', { messages: [user(say('q'))] }, []],
    ['the system prompt', { system: system(undefined), messages: [user(say('q'))] }, [[0, 0, '5m']]],
    [
      'two in the system prompt are one; the later says for how long',
      { system: system(undefined, '1h') },
      [[0, 0, '1h']],
    ],
    [
      'a tool',
      { tools: [{ name: 't', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } }] },
      [[0, 0, '5m']],
    ],
    [
      "Claude Code's: the system prompt and the last message",
      { system: system('1h', '1h'), messages: [...TALK, user(marked(say('q2'), '1h'))] },
      [
        [0, 0, '1h'],
        [3, 0, '1h'],
      ],
    ],
    [
      'a document before the question',
      { messages: [user(marked(DOCUMENT, '1h'), say('q'))] },
      [[0, 1, '1h']],
    ],
    [
      'an earlier message',
      { messages: [user(marked(say('q1'))), ...TALK.slice(1), user(say('q2'))] },
      [[1, 0, '5m']],
    ],
    [
      'within messages that become one content',
      { messages: [user(marked(say('a'))), user(say('b')), ...TALK.slice(1), user(say('c'))] },
      [[0, 1, '5m']],
    ],
    [
      'the whole request',
      { cache_control: { type: 'ephemeral', ttl: '1h' }, messages: [...TALK, user(say('q2'))] },
      [[3, 0, '1h']],
    ],
    [
      'the last of several results: all of them',
      { messages: [...CALLS, user(result('a'), marked(result('b')))] },
      [[3, 0, '5m']],
    ],
    [
      'one of several results: what is before the calls, since Google counts results against calls',
      { messages: [...CALLS, user(marked(result('a')), result('b')), model(say('x')), user(say('y'))] },
      [[1, 0, '5m']],
    ],
    [
      'a call: what is before it',
      { messages: [user(say('q')), model(marked(call('a'))), user(result('a'))] },
      [[1, 0, '5m']],
    ],
    ['null is none', { messages: [user({ ...say('q'), cache_control: null } as ContentBlock)] }, []],
  ])('%s', (_what, changes, expected) => {
    expect(marksOf(changes)).toEqual(expected as never);
  });

  test('only the last four are looked at', () => {
    const messages = Array.from({ length: 9 }, (_, index) =>
      index % 2 === 0 ? user(marked(say(`q${index}`))) : model(say(`a${index}`)),
    );
    expect(marksOf({ messages }).map(([contents]) => contents)).toEqual([3, 5, 7, 9]);
  });

  test('wherever they are: in order, and where a request may be cut', () => {
    const block = fc.boolean().map((isMarked) => (isMarked ? marked(say('x')) : say('y')));
    const message = fc
      .tuple(fc.boolean(), fc.array(block, { minLength: 1, maxLength: 3 }))
      .map(([isUser, blocks]) => (isUser ? user(...blocks) : model(...blocks)));
    const history = fc.array(message, { maxLength: 8 }).map((all) => [...all, user(say('end'))]);
    fc.assert(
      fc.property(history, (messages) => {
        const request = requestOf({ messages });
        const { body } = toGeminiRequest(request, ctx);
        const places = cacheMarks(request, body, ctx).map(({ cut }) => cut);
        for (const cut of places) expect(placeToCut(body, cut)).toEqual(cut);
        const order = places.map(({ contents, parts }) => contents * 1_000 + parts);
        expect(order).toEqual([...new Set(order)].toSorted((a, b) => a - b));
      }),
    );
  });
});
