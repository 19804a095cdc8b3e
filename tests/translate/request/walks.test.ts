/**
 * How often the content of each message of a history is read. A client sends its whole conversation with each turn, so
 * another walk over it costs time with every turn. Whoever needs another walk raises a figure here, and knows why.
 */
import { describe, expect, test } from 'bun:test';
import { askerOf } from '../../../src/answer/asker.ts';
import { foreignTexts } from '../../../src/answer/foreign-texts.ts';
import type { Message, MessagesRequest } from '../../../src/anthropic/request.ts';
import { unusedKeys } from '../../../src/anthropic/unknown-keys.ts';
import { parseMessagesRequest } from '../../../src/anthropic/validate.ts';
import { markLasting } from '../../../src/lib/lasting.ts';
import { callerClass } from '../../../src/translate/caller.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { fileIds } from '../../../src/translate/request/media/file-media.ts';
import { mediaPlaces } from '../../../src/translate/request/media/media-places.ts';
import { signatureKeys } from '../../../src/translate/signatures.ts';
import { contextFor, requestOf } from '../../support/translation.ts';

const TURNS = 200;

/** A history of calls whose messages count how often their content is read. */
function watchedHistory(): { messages: Message[]; reads(): number } {
  let reads = 0;
  const watched = (message: Message): Message =>
    new Proxy(message, {
      get(target, key, receiver) {
        if (key === 'content') reads++;
        return Reflect.get(target, key, receiver);
      },
    });
  const turn = (nth: number): Message[] => [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: `looks at ${nth}` },
        { type: 'tool_use', id: `toolu_${nth}`, name: 'Read', input: { path: `${nth}.ts` } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${nth}`, content: `file ${nth}` }] },
  ];
  const messages = Array.from({ length: TURNS }, (_, nth) => turn(nth)).flat();
  return {
    messages: [{ role: 'user' as const, content: 'Begin.' }, ...messages].map(watched),
    reads: () => reads,
  };
}

const TOOLS = [{ name: 'Read', input_schema: { type: 'object' } }];

/** `most`: how often the content of a message is read, on average. */
const STEPS: readonly (readonly [name: string, most: number, work: (request: MessagesRequest) => void])[] = [
  ['who asks', 0.1, (request) => askerOf('session', request)],
  ['which kind of request it is', 1, (request) => callerClass(request, { userAgent: 'claude-cli/2' })],
  ['its media and files', 3, ({ messages }) => fileIds(messages, mediaPlaces(messages))],
  ['its reminders', 0, ({ messages }) => foreignTexts(messages)],
  ['the keys of its signatures', 1, ({ messages }) => signatureKeys(messages)],
  ['the translation', 8.1, (request) => toGeminiRequest(request, contextFor())],
];

describe('a history is gone through', () => {
  test.each(STEPS)('for %s', (_name, most, work) => {
    const { messages, reads } = watchedHistory();
    work(requestOf({ messages, tools: TOOLS }));
    expect(reads() / messages.length).toBeLessThanOrEqual(most);
  });

  test('no more for its shape and its keys, once its messages and tools have come again', () => {
    const { messages, reads } = watchedHistory();
    let schemaReads = 0;
    const schema = new Proxy(
      { type: 'object' },
      {
        ownKeys(target) {
          schemaReads++;
          return Reflect.ownKeys(target);
        },
      },
    );
    const tools = [{ name: 'Read', input_schema: schema }];
    const turn = () => {
      const before = [reads(), schemaReads] as const;
      unusedKeys(parseMessagesRequest(requestOf({ messages, tools })));
      return [(reads() - before[0]) / messages.length, schemaReads - before[1]];
    };
    const first = turn();
    expect([(first[0] ?? 0) > 1, (first[1] ?? 0) > 0]).toEqual([true, true]);
    for (const one of [...messages, ...tools]) markLasting(one);
    turn();
    expect(turn()).toEqual([0, 0]);
  });
});
