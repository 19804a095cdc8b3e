/** Ends of an answer that say that it is not complete, or that nobody knows: none is told as `end_turn`. */
import { describe, expect, test } from 'bun:test';
import type { Fetch } from '../../../src/lib/ports.ts';
import { eventNames, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const tool = { name: 'Bash', description: 'Runs.', input_schema: { type: 'object', properties: {} } };
const call = { functionCall: { id: 'k1', name: 'Bash', args: {} } };
const ends = (finishReason: unknown, ...parts: object[]) =>
  googleStream({ candidates: [{ index: 0, content: { role: 'model', parts }, finishReason }] });

const REASONS = ['OTHER', 'SOMETHING_NEW', 'PUP_LIMITED_DISABLED', 'stop', 17];

describe.each(REASONS)('an answer that ends with %p', (reason) => {
  test.each([
    ['text', [{ text: 'Half of it' }]],
    ['a call', [call]],
    ['thoughts', [{ text: 'Well…', thought: true }]],
    ['nothing', []],
  ])('after %s is an error, streamed or not', async (_what, parts) => {
    const env = { MAX_RETRIES: '1', MAX_STREAMING_RETRIES: '1', MODEL_FALLBACKS: 'none' };
    await using proxy = await startProxy({ fetch: async () => ends(reason, ...parts), env });
    for (const stream of [true, false]) {
      const body = { ...hello, stream, tools: [tool], thinking: { type: 'adaptive' } };
      const response = await proxy.send('/v1/messages', body);
      const text = await response.text();
      expect(text).not.toMatch(/"stop_reason":"/);
      expect(text).toContain('"type":"error"');
      if (response.status === 200) expect(eventNames(text).at(-1)).toBe('error');
    }
  });
});

describe('an account that Google has shut down', () => {
  const shutDown = 'AIza-shut-down-0001';

  /** Google that ends the answers of one key, and answers all others. */
  function google(...parts: object[]) {
    const asked: (string | null)[] = [];
    const fetch: Fetch = async (_url, init) => {
      const key = new Headers(init.headers).get('x-goog-api-key');
      asked.push(key);
      return key === shutDown
        ? ends('PUP_LIMITED_DISABLED', ...parts)
        : googleStream(textChunk('Hi', 'STOP'));
    };
    return { asked, fetch };
  }

  test('is told as a refused key, which is not to be tried again', async () => {
    const { fetch } = google();
    await using proxy = await startProxy({ fetch, env: { API_KEYS: shutDown } });
    const response = await proxy.send('/v1/messages', hello);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([403, 'false']);
    const { error } = await response.json();
    expect(error.type).toBe('permission_error');
    expect(error.message).toContain('limited or disabled the account of this key');
  });

  test('is left out: another key answers, now and from then on', async () => {
    const { asked, fetch } = google({ text: 'Well…', thought: true });
    await using proxy = await startProxy({ fetch, env: { API_KEYS: `${shutDown},AIza-well-0002` } });
    for (const _request of [1, 2, 3, 4]) {
      const response = await proxy.send('/v1/messages', { ...hello, stream: true });
      expect(await response.text()).toContain('Hi');
    }
    expect(asked.filter((key) => key === shutDown)).toHaveLength(1);
  });
});
