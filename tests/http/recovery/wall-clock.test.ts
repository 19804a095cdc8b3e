/**
 * The wall clock is set back and forward by an hour, again and again, in the middle of everything: nothing takes longer
 * or shorter for that.
 */
import { describe, expect, test } from 'bun:test';
import {
  type Asked,
  busy,
  cut,
  type Script,
  says,
  scriptedGoogle,
} from '../../support/google/scripted-google.ts';
import { eventNames, googleError, hello, type TestProxy } from '../../support/proxy.ts';

const HOUR = 3_600_000;
const alone = { MODEL_FALLBACKS: 'none' };
const streamed = { ...hello, stream: true };
const outOfQuota = () => googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded. Please retry in 20s.');
const never = () => new Promise<Response>(() => {});

type Step =
  | { send: object; path?: string; times?: number }
  /** Milliseconds in which nobody asks for anything. */
  | { wait: number };

type Scene = { script: Script; env?: Record<string, string>; steps: Step[] };

const first =
  (times: number, fails: (asked: Asked) => Response | Promise<Response>): Script =>
  (asked, index) =>
    index < times ? fails(asked) : says(asked);

const SCENES: Record<string, Scene> = {
  'retries, and a breaker that is waited for': {
    script: first(6, busy),
    steps: [{ send: streamed }, { send: hello }],
  },
  'a model that is down, and is tried again': {
    script: first(8, busy),
    steps: [
      { send: streamed },
      { send: hello },
      { wait: 19_000 },
      { send: hello },
      { wait: 2_000 },
      { send: hello },
    ],
  },
  'a quota of the minute': {
    script: first(1, outOfQuota),
    steps: [{ send: streamed }, { wait: 5_000 }, { send: hello }],
  },
  'quotas that tell no time': {
    script: first(3, () => googleError(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted.')),
    steps: [{ send: streamed }, { send: streamed }],
  },
  KEY_RPM: { script: (asked) => says(asked), env: { KEY_RPM: '2' }, steps: [{ send: streamed, times: 5 }] },
  'streams that break for a minute': {
    script: (asked, index) => (asked.stream && index < 5 ? cut(asked) : says(asked)),
    steps: [
      { send: streamed, times: 4 },
      { wait: 59_000 },
      { send: streamed },
      { wait: 2_000 },
      { send: streamed },
    ],
  },
  'an upstream that never answers': {
    script: never,
    env: { REQUEST_TIMEOUT: '90' },
    steps: [{ send: streamed }],
  },
  'a token count that does not come': {
    script: never,
    steps: [{ send: hello, path: '/v1/messages/count_tokens' }],
  },
  'a key without access for an hour': {
    script: (asked, index) =>
      index === 0
        ? googleError(404, 'NOT_FOUND', 'models/x is not found for API version v1beta')
        : says(asked),
    env: { API_KEYS: 'key-one,key-two' },
    steps: [
      { send: hello, times: 2 },
      { wait: HOUR - 1_000 },
      { send: hello, times: 2 },
      { wait: 2_000 },
      { send: hello, times: 3 },
    ],
  },
};

/** What the client was told, when Google was asked, and the durations in the log and in `/health`. */
async function play({ script, env = {}, steps }: Scene, set: () => number) {
  const google = scriptedGoogle(script);
  const { clock } = google;
  const start = clock.monotonic();
  // Sets the clock whenever a moment comes that somebody waits for.
  const skip = clock.skip.bind(clock);
  clock.skip = async () => {
    clock.setWall(set());
    await skip();
    clock.setWall(set());
  };
  await using proxy = await google.start({ ...alone, ...env });
  const told: unknown[] = [];
  for (const step of steps) {
    if ('wait' in step) {
      clock.setWall(set());
      await clock.advance(step.wait);
      continue;
    }
    for (let i = 0; i < (step.times ?? 1); i++)
      told.push(await send(google, proxy, step.path ?? '/v1/messages', step.send));
  }
  clock.setWall(set());
  const { uptime_seconds: uptime, breakers, asked_unary: unary } = await (await proxy.send('/health')).json();
  const lines = proxy.lines.filter(({ duration_ms: ms }) => ms !== undefined);
  return {
    told,
    took: clock.monotonic() - start,
    asked: google.asked.map(({ at, key, stream }) => ({ at, key, stream })),
    durations: lines.map(({ duration_ms: ms, first_content_ms: content }) => [ms, content]),
    health: { uptime, breakers, unary },
  };
}

async function send(google: ReturnType<typeof scriptedGoogle>, proxy: TestProxy, path: string, body: object) {
  const response = await google.finish(
    proxy.send(path, body).then(async (head) => ({ head, text: await head.text() })),
  );
  const { head, text } = response;
  return { status: head.status, again: head.headers.get('retry-after'), events: eventNames(text) };
}

const CLOCKS: [string, () => () => number][] = [
  ['back by an hour', () => () => -HOUR],
  ['forward by an hour', () => () => HOUR],
  [
    'back and forward in turn',
    () => {
      let by = HOUR;
      return () => {
        by = -by;
        return by;
      };
    },
  ],
];

describe.each(Object.entries(SCENES))('%s', (_name, scene) => {
  test.each(CLOCKS)('set %s', async (_name, open) => {
    const expected = await play(scene, () => 0);
    expect(await play(scene, open())).toEqual(expected);
    expect(expected.asked.length).toBeGreaterThan(0);
  });
});

test('a quota of the day ends at midnight of the clock that was put right', async () => {
  let over = true;
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ quotaId: 'GenerateRequestsPerDayPerProject' }],
    },
  ];
  const error = { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded', details };
  const google = scriptedGoogle((asked) => (over ? Response.json({ error }, { status: 429 }) : says(asked)));
  await using proxy = await google.start(alone);
  const status = async () => (await send(google, proxy, '/v1/messages', hello)).status;
  expect(await status()).toBe(429);
  over = false;
  // The clock was an hour slow, so midnight is an hour nearer than it seemed.
  const midnight = Date.UTC(2026, 10, 30, 8) - google.clock.wall().getTime();
  google.clock.setWall(HOUR);
  // Nobody waits inside the proxy for a minute.
  await google.clock.advance(midnight - HOUR - 60_000);
  expect([await status(), google.asked.length]).toEqual([429, 1]);
  await google.clock.advance(60_000);
  expect([await status(), google.asked.length]).toEqual([200, 2]);
});
