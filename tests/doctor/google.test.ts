/** What is said of the ways in which Gemini fails: who is at fault, and whether a session would be stopped. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { MODELS } from '../../src/gemini/model-rows.ts';
import { createSeededRandom, systemClock } from '../../src/lib/ports.ts';
import { createMockFetch } from '../../src/sim/mock/index.ts';
import { BAD_KEY, DoctorBench, GOOD_KEY } from '../support/doctor/doctor.ts';
import { busy, missing, noQuota } from '../support/google/scripted-google.ts';
import { googleError } from '../support/proxy.ts';

let bench: DoctorBench;
beforeEach(() => {
  bench = new DoctorBench();
});
afterEach(() => bench.clear());

const problems = async () => (await bench.run()).findings.filter(({ level }) => level !== 'ok');

const BIG = 'gemini-4-argon';
const forBig = (answer: () => Response) => (model: string) => (model === BIG ? answer() : undefined);

describe('one model', () => {
  test.each([
    ['is not there', missing],
    ['has no quota for this key', noQuota],
    ['is overloaded', busy],
  ])('that %s is a hint where another takes its place', async (_, answer) => {
    bench.google.says = forBig(answer);
    expect(await problems()).toMatchObject([
      { check: 'keys', level: 'hint', why: 'gemini-4-hydrogen of MODEL_FALLBACKS answers in its place.' },
    ]);
  });

  test.each([
    ['is not there', missing, 'stops'],
    ['has no quota for this key', noQuota, 'stops'],
    ['is overloaded', busy, 'hint'],
  ])('that %s, without a fallback', async (_, answer, level) => {
    bench.env['MODEL_FALLBACKS'] = 'none';
    bench.google.says = forBig(answer);
    const found = await problems();
    expect(found).toMatchObject([{ check: 'keys', level }]);
    expect(found[0]).toHaveProperty('fix', expect.stringContaining('`BIG_MODEL=gemini-4-neon`'));
  });

  test('that MODEL_MAP names is named in the fix with the rest of that setting', async () => {
    Object.assign(bench.env, {
      MODEL_FALLBACKS: 'none',
      MODEL_MAP: '{"claude-opus-*":"gemini-3.8-flash","x":"gemini-4-neon"}',
    });
    bench.google.missing.add('gemini-3.8-flash');
    const found = await problems();
    expect(found[0]).toHaveProperty(
      'fix',
      expect.stringMatching(/`MODEL_MAP='\{"claude-opus-\*":"gemini-4-\w+","x":"gemini-4-neon"\}'`/),
    );
  });

  test('that one of two keys reaches is no problem', async () => {
    bench.env['API_KEYS'] = `${GOOD_KEY},${GOOD_KEY}2`;
    let refusals = 0;
    bench.google.says = forBig(() => {
      refusals += 1;
      return refusals === 1
        ? missing()
        : Response.json({ candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] });
    });
    expect(await problems()).toEqual([]);
  });
});

describe('all models', () => {
  const all = (answer: () => Response) => () => answer();

  test('without credit: the key is at fault, with what to do', async () => {
    bench.google.says = all(() =>
      googleError(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted. Please go to AI Studio.'),
    );
    const found = await problems();
    expect(found).toMatchObject([{ check: 'keys', level: 'stops' }]);
    expect(found[0]).toHaveProperty('fix', expect.stringContaining('billing'));
    expect(found[0]?.what).toMatch(/^#.{8}, key 1 of GEMINI_API_KEY: /);
  });

  test('at an address where something else answers: no key is at fault', async () => {
    Object.assign(bench.env, {
      API_KEYS: `${GOOD_KEY},${BAD_KEY}`,
      GOOGLE_GEMINI_BASE_URL: bench.serve(() => new Response('<html>Not here</html>', { status: 404 })),
    });
    const found = await problems();
    expect(found).toMatchObject([{ check: 'keys', level: 'stops', why: 'No key gets an answer.' }]);
    expect(found[0]).toHaveProperty('fix', expect.stringContaining('`unset GOOGLE_GEMINI_BASE_URL`'));
  });

  test('overloaded: a hint, since that is over in a while', async () => {
    bench.google.says = all(busy);
    const found = await problems();
    expect(new Set(found.map(({ level }) => level))).toEqual(new Set(['hint']));
  });
});

describe("a company's proxy", () => {
  const URL_OF_PROXY = 'http://user:hush-hush@proxy.example:3128';

  test.each([
    ['for http is named', { HTTP_PROXY: URL_OF_PROXY }, ' through proxy.example:3128 (HTTP_PROXY)'],
    ['for all is named', { all_proxy: URL_OF_PROXY }, ' through proxy.example:3128 (all_proxy)'],
    ['for https is not, where Gemini is reached by http', { HTTPS_PROXY: URL_OF_PROXY }, ''],
    ['is not, where NO_PROXY spares the host', { HTTP_PROXY: URL_OF_PROXY, NO_PROXY: 'x, 127.0.0.1' }, ''],
    ['is not, where NO_PROXY spares all hosts', { HTTP_PROXY: URL_OF_PROXY, NO_PROXY: '*' }, ''],
  ])('%s', async (_, env, through) => {
    Object.assign(bench.env, env);
    const { out, findings } = await bench.run();
    const { host } = new URL(bench.env['GOOGLE_GEMINI_BASE_URL'] ?? '');
    const network = findings.find(({ check }) => check === 'network');
    expect(network?.what).toBe(`${host} is reached${through}`);
    expect(out).not.toContain('hush-hush');
  });
});

describe('a clock', () => {
  test.each([
    ['half a minute ahead', 30_000, []],
    ['ten minutes ahead', 600_000, ['hint']],
    ['three hours behind', -3 * 3_600_000, ['hint']],
    ['a month behind', -30 * 86_400_000, ['stops']],
  ])('%s', async (_, ahead, levels) => {
    bench.ahead = ahead;
    expect((await problems()).map(({ level }) => level)).toEqual(levels as never[]);
  });
});

describe('thinking', () => {
  test('is tried within the limits of every model of the table, as the mock knows them', async () => {
    const map = Object.fromEntries(MODELS.map(({ id }) => [`my-${id}`, id]));
    bench.env['MODEL_MAP'] = JSON.stringify(map);
    const random = createSeededRandom(1);
    const { findings } = await bench.runWith({
      fetch: createMockFetch({ scenarios: [], random, clock: systemClock }),
    });
    const told = findings.filter(({ check }) => check === 'thinking');
    expect(told.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(told.map(({ what }) => what.split(' ')[0] ?? '').sort()).toEqual(
      MODELS.map(({ id }) => id).sort(),
    );
  });
});
