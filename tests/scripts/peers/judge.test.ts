/** The judge of the comparison is as strict as the page says, and no stricter. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES } from '../../../scripts/peers/cases.ts';
import { send, type Told } from '../../../scripts/peers/client.ts';
import { differences, exactOrTold, neverWhole } from '../../../scripts/peers/judge.ts';
import { peers } from '../../../scripts/peers/peers.ts';

const ANSWER = { text: 'Hi', calls: [], stop: 'end_turn', usage: { prompt: 10, cached: 4, made: 5 } };
const FINE: Told = {
  status: 200,
  content: [{ type: 'text', text: 'Hi' }],
  stopReason: 'end_turn',
  usage: { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 5 },
  disorder: [],
  ended: 'whole',
  headers: new Headers(),
  firstDeltaMs: 1,
};
const error = (type: string) => ({ type, message: 'why' });

describe('an answer', () => {
  test.each<[string, Partial<Told>, string]>([
    ['as Google gave it', {}, 'exact'],
    [
      'with a thought before it',
      { content: [{ type: 'thinking', thinking: 'Hm' }, ...FINE.content] },
      'exact',
    ],
    ['with other words', { content: [{ type: 'text', text: 'Ha' }] }, 'wrong'],
    [
      'with a call that was not made',
      { content: [...FINE.content, { type: 'tool_use', name: 'x', input: {} }] },
      'wrong',
    ],
    ['with another stop reason', { stopReason: 'max_tokens' }, 'wrong'],
    ['whose cached tokens are counted twice', { usage: { ...FINE.usage, input_tokens: 10 } }, 'wrong'],
    ['out of order', { disorder: ['message_delta before message_start'] }, 'wrong'],
    ['that is empty', { content: [] }, 'wrong'],
    ['that never ends', { ended: 'never' }, 'wrong'],
    ['that breaks off', { ended: 'cut', content: [] }, 'told'],
    ['that ends with an error to ask again', { ended: 'error', error: error('overloaded_error') }, 'told'],
    [
      'that is refused for good',
      { ended: 'error', status: 400, error: error('invalid_request_error') },
      'wrong',
    ],
    ['that is 503 in another form', { ended: 'error', status: 503, formless: 'busy' }, 'told'],
    ['that is 400 in another form', { ended: 'error', status: 400, formless: 'bad' }, 'wrong'],
  ])('%s', (_, told, mark) => {
    expect(exactOrTold({ ...FINE, ...told }, ANSWER).mark).toBe(mark as 'exact');
  });

  test('half of one must not look whole, and an error is what is wanted', () => {
    expect(neverWhole(FINE).mark).toBe('wrong');
    expect(neverWhole({ ...FINE, ended: 'error', error: error('overloaded_error') }).mark).toBe('exact');
  });
});

describe('the client of the comparison', () => {
  const hear = async (...events: object[]): Promise<Told> => {
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    const headers = { 'content-type': 'text/event-stream' };
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => new Response(body, { headers }),
    });
    try {
      return await send(`http://127.0.0.1:${server.port}`, { path: '/', body: {} }, 'key');
    } finally {
      await server.stop(true);
    }
  };
  const START = {
    type: 'message_start',
    message: { usage: { input_tokens: 6, cache_read_input_tokens: 4 } },
  };
  const BLOCK = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
  const DELTA = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } };
  const STOP = { type: 'content_block_stop', index: 0 };
  const END = [
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ];

  test('folds a sound stream', async () => {
    expect(differences(await hear(START, BLOCK, DELTA, STOP, ...END), ANSWER)).toEqual([]);
  });

  test.each<[string, object[], RegExp]>([
    ['no beginning', END, /before message_start/],
    ['a block that stays open', [START, BLOCK, DELTA, ...END], /never stops/],
    ['two blocks at once', [START, BLOCK, { ...BLOCK, index: 1 }, STOP, ...END], /before the last one stops/],
    ['words after the end', [START, BLOCK, DELTA, STOP, ...END, DELTA], /after message_stop/],
  ])('notes %s', async (_, events, says) => {
    expect((await hear(...events)).disorder.join('\n')).toMatch(says);
  });
});

test('the page has each case, and each peer in the version that is pinned', () => {
  const page = readFileSync(join(import.meta.dir, '../../../docs/comparison.md'), 'utf8');
  expect(CASES.map(({ name }) => name).filter((name) => !page.includes(`| ${name} | `))).toEqual([]);
  const named = peers('', '')
    .slice(1)
    .map(({ name, version }) => `${name} ${version}`);
  expect(named.filter((name) => !page.includes(`| ${name} |`))).toEqual([]);
});
