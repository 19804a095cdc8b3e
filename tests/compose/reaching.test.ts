/** When a start warns that there is no way to upstream. */
import { expect, test } from 'bun:test';
import { openReaching } from '../../src/compose/reaching.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/lib/log.ts';
import { type Connect, createSeededRandom } from '../../src/lib/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';

const refused: Connect = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
const hanging: Connect = (_url, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
const KEY = { GEMINI_API_KEY: 'AIza-x' };

async function warnings(env: Record<string, string>, connect: Connect | undefined): Promise<string[]> {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line).msg);
  const logger = await createLogger({ level: 'info', format: 'json', write, secrets: [] });
  const clock = new ManualClock();
  const ports = { clock, random: createSeededRandom(1), logger, ...(connect ? { connect } : {}) };
  const reaching = openReaching(readConfig(env, []), ports);
  const warned = reaching.warn();
  await clock.advance(10_000);
  await warned;
  // Whoever asks later is told the same.
  const problem = reaching.problem();
  for (const line of lines) expect(line).toStartWith(problem ?? 'a problem');
  expect(problem === undefined).toBe(lines.length === 0);
  return lines;
}

test.each<
  [name: string, env: Record<string, string>, connect: Connect | undefined, host: string | undefined]
>([
  ['Google’s own', KEY, refused, 'generativelanguage.googleapis.com: ECONNREFUSED'],
  [
    'another',
    { ...KEY, GOOGLE_GEMINI_BASE_URL: 'http://gateway.example:8080' },
    refused,
    'gateway.example:8080: ECONNREFUSED',
  ],
  ['one that never answers', KEY, hanging, 'generativelanguage.googleapis.com: ETIMEDOUT'],
  ['one that is there', KEY, async () => {}, undefined],
  ['the mock', { BACKEND: 'mock' }, refused, undefined],
  ['one behind an HTTP proxy', { ...KEY, https_proxy: 'http://proxy.example:3128' }, refused, undefined],
  ['where nobody may connect', KEY, undefined, undefined],
])('an upstream that is %s', async (_name, env, connect, host) => {
  const expected = host === undefined ? [] : [expect.stringContaining(`cannot reach ${host} (`)];
  expect(await warnings(env, connect)).toEqual(expected as string[]);
});
