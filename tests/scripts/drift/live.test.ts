/** Drift's look at the live API, against the simulated Google: undisturbed, with planted differences, and down. */
import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROBES_FILE } from '../../../scripts/drift/live/keep.ts';
import { type LiveOptions, lookAtLive } from '../../../scripts/drift/live/live.ts';
import type { Plan } from '../../../scripts/drift/live/plan.ts';
import {
  type Answers,
  foundOf,
  KEY,
  lookAtPlants,
  lookWith,
  optionsFor,
  standingClock,
  withServer,
} from '../../../scripts/drift/simulated/check.ts';
import { simulatedGoogle } from '../../../scripts/drift/simulated/google.ts';
import { body, OUTAGES, silence } from '../../../scripts/drift/simulated/outages.ts';
import { PLANTS, plantsNamed } from '../../../scripts/drift/simulated/plants.ts';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';

const google = simulatedGoogle({ pace: 'instant', implicitCache: false, plants: [] });
const isList = ({ method, url }: Request) => method === 'GET' && new URL(url).pathname.endsWith('/models');
const drift = (lines: readonly string[]) => lines.filter((line) => line.startsWith('  drift: '));
const outOfQuota = (message: string, details: object[] = []) =>
  Response.json({ error: { code: 429, message, status: 'RESOURCE_EXHAUSTED', details } }, { status: 429 });

/** What drift says of a Google that answers like this. */
const lookAt = (answers: Answers, more: Partial<LiveOptions> = {}) =>
  withServer(answers, (baseUrl) => lookWith({ ...optionsFor(baseUrl), ...more }));

describe('planted differences', () => {
  test('undisturbed, but for quotas of a minute: none is told, and everything was looked at', async () => {
    const plans: Plan[] = [];
    const waits: number[] = [];
    const retry = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }];
    let asked = 0;
    let refused = 0;
    const answers: Answers = (request) => {
      asked++;
      if (asked % 40 !== 0) return google(request);
      refused++;
      return outOfQuota('Quota exceeded.', retry);
    };
    const report = await withServer(answers, (baseUrl) =>
      lookWith({
        ...optionsFor(baseUrl, standingClock((ms) => void waits.push(ms)).clock),
        async refuse(plan) {
          plans.push(plan);
          return undefined;
        },
      }),
    );
    expect(report.lines.filter((line) => line.startsWith('  '))).toEqual([]);
    expect(report.exitCode).toBe(0);
    // Google's seconds are rounded down.
    expect(waits).toEqual(Array.from({ length: refused }, () => 8_000));
    // The plan told of all requests but that of the list.
    expect(asked - refused - 1).toBeLessThanOrEqual(plans[0]?.requests ?? 0);
    expect(asked).toBeGreaterThan(300);
  });

  test(`all ${PLANTS.length} at once: each is named, and none invented`, async () => {
    const report = await lookAtPlants(PLANTS);
    const { named, missed, invented } = foundOf(PLANTS, report);
    expect({ missed, invented, exitCode: report.exitCode }).toEqual({
      missed: [],
      invented: [],
      exitCode: 1,
    });
    expect(named.filter(({ lines }) => lines.length === 0)).toEqual([]);
    expect(PLANTS.length).toBeGreaterThanOrEqual(12);
  });

  test('a plant that there is not is refused by name', () => {
    expect(() => plantsNamed(['no-such'])).toThrow('no-such');
  });
});

describe('down', () => {
  const inside = OUTAGES.filter(({ isOutside }) => !isOutside);
  test.each(inside.map((outage) => [outage.name, outage] as const))('%s', async (_name, { why, at }) => {
    await at(async (options) => {
      const { lines, exitCode } = await lookWith(options);
      const [said = ''] = lines;
      expect(exitCode).toBe(2);
      expect(said).toStartWith('could not look at the live API: ');
      expect(said.replace('could not look at the live API: ', '')).toMatch(why);
    });
  });

  test('a name that no host has', async () => {
    const unknown = Object.assign(
      async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
      fetch,
    );
    const look = await lookAtLive({ ...optionsFor('http://nobody.invalid'), fetch: unknown });
    expect(look).toMatchObject({ why: 'cannot reach nobody.invalid: ENOTFOUND (no host has this name)' });
  });

  test('a key is hidden before a long text is cut, and what moves a cursor is not shown', async () => {
    const message = `${'x'.repeat(1_990 - 'HTTP 403: '.length)}${KEY}\u001b[2J`;
    const look = await withServer(
      () => Response.json({ error: { code: 403, message, status: 'PERMISSION_DENIED' } }, { status: 403 }),
      (baseUrl) => lookAtLive(optionsFor(baseUrl)),
    );
    const why = look.looked ? '' : look.why;
    expect(why).toContain('xxx***');
    expect(why).not.toContain('\u001b');
  });

  test('without a key nothing is asked', async () => {
    let asked = 0;
    const count: Answers = () => {
      asked++;
      return new Response();
    };
    const { exitCode, lines } = await lookAt(count, { key: undefined });
    expect([exitCode, asked, lines[0]]).toEqual([
      2,
      0,
      'could not look at the live API: no key; set GEMINI_API_KEY',
    ]);
  });

  const EVENT =
    'data: {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"a"}]}}]}\r\n\r\n';
  const SSE = { headers: { 'content-type': 'text/event-stream' } };
  type Rest = (passTime: () => Promise<void>) => Response | Promise<Response>;
  test.each<[string, Rest, RegExp]>([
    ['503', () => new Response('', { status: 503 }), /requests in a row got no answer/],
    ['silence', silence, /requests in a row got no answer/],
    [
      'an answer that does not end',
      (passTime) =>
        new Response(
          body(EVENT, () => silence(passTime)),
          SSE,
        ),
      /could not read the text of .*: the answer did not end/,
    ],
    ['a quota of the day', () => outOfQuota('Quota exceeded: 250 requests per day.'), /quota of the day/],
  ])('after the list of models comes %s: that is told, and is no difference', async (_what, rest, why) => {
    const { clock, passTime } = standingClock();
    let asked = 0;
    const answers: Answers = (request) => {
      asked++;
      return isList(request) ? google(request) : rest(passTime);
    };
    const { lines, exitCode } = await withServer(answers, (baseUrl) => lookWith(optionsFor(baseUrl, clock)));
    expect({ drift: drift(lines), exitCode }).toEqual({ drift: [], exitCode: 2 });
    expect(lines.join('\n')).toMatch(why);
    expect(asked).toBeLessThan(12);
  });
});

describe('costs', () => {
  test('without an agreement only the list is read, and what is in it is compared', async () => {
    const asked: string[] = [];
    const { lines, exitCode } = await lookAt(
      (request) => {
        asked.push(new URL(request.url).pathname);
        return google(request);
      },
      { refuse: async () => 'nobody agreed' },
    );
    expect(asked).toEqual(['/v1beta/models']);
    expect(exitCode).toBe(2);
    expect(lines).toContain('  could not read what models answer: nobody agreed');
  });

  test('where answers cost more than the budget, no more is asked', async () => {
    let asked = 0;
    const { lines } = await lookAt(
      (request) => {
        asked++;
        return google(request);
      },
      { budget: 0.000_001 },
    );
    expect(lines.join('\n')).toContain('questions: the budget of $0.000001 is spent');
    expect(asked).toBeLessThan(20);
  });
});

describe('what is kept', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drift-kept-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const keep = join(folder, 'drift-2026-11-30');

  test('the conversations are recordings of live answers, and every other answer is a line', async () => {
    let asked = 0;
    const leaking: Answers = async (request) => {
      asked++;
      const response = await google(request);
      const text = await response.text();
      // A gateway that repeats the key in its errors.
      const told = response.ok ? text : text.replace('"message": "', `"message": "${KEY} `);
      return new Response(told, response);
    };
    await lookAt(leaking, { keep });
    const recorded = listRecording(keep).map(readRecordedRequest);
    expect(recorded.length).toBeGreaterThanOrEqual(12);
    expect(new Set(recorded.map(({ origin }) => origin))).toEqual(new Set(['live']));
    const lines = readFileSync(join(keep, PROBES_FILE), 'utf8').trim().split('\n');
    expect(lines.length).toBe(asked - 1 - recorded.length);
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ name: expect.any(String), status: expect.any(Number) });
  });

  test('the recordings are answered again with the same bytes', async () => {
    expect(await verifyRecording(keep, 1)).toEqual({ requests: listRecording(keep).length, problems: [] });
  });

  test('the key is in none of the files', () => {
    const files = readdirSync(keep, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(50);
    const leaks = files.filter((file) =>
      readFileSync(join(file.parentPath, file.name), 'utf8').includes(KEY),
    );
    expect(leaks.map(({ name }) => name)).toEqual([]);
  });

  test('without a folder nothing stays behind', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('drift-'));
    await lookAt(google, { refuse: async () => 'nobody agreed' });
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('drift-'));
    expect(after.filter((name) => !before.includes(name) && existsSync(join(tmpdir(), name)))).toEqual([]);
  });
});
