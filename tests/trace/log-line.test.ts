import { describe, expect, test } from 'bun:test';
import { createLogger, type LogFormat, type LogLevel } from '../../src/lib/log.ts';
import type { TraceFact } from '../../src/trace/events.ts';
import { requestLog } from '../../src/trace/log-line.ts';
import { ASKED, attempt, CHOSEN, failure, RECEIVED, story } from '../support/story.ts';

type Timed = readonly [ms: number, fact: TraceFact];

async function logOf(
  format: LogFormat,
  events: readonly Timed[],
  level: LogLevel = 'info',
): Promise<string[]> {
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  const logger = await createLogger({ level, format, write, secrets: ['canary-key'] });
  const hear = requestLog(logger)('req_1');
  for (const event of story(events)) hear(event);
  return text.trimEnd().split('\n');
}

/** Without the time of day. */
const shown = async (events: readonly Timed[], level?: LogLevel) =>
  (await logOf('pretty', events, level)).map((line) => line.replace(/^\[[\d:]+\] /, ''));

const fields = async (events: readonly Timed[], level?: LogLevel) =>
  (await logOf('json', events, level)).map((line) => JSON.parse(line));

const USAGE: TraceFact = { type: 'usage', in: 1_900, cached: 19_800, out: 312, thinking: 40 };
const ANSWERED: readonly Timed[] = [
  [3_000, { type: 'first-content' }],
  [4_200, USAGE],
  [4_200, { type: 'stopped', reason: 'tool_use' }],
  [4_200, { type: 'end', status: 200, clientLeft: false }],
];
const RETRY: TraceFact = { type: 'step', step: 'retry', cost: 'retry', retriesLeft: 11 };

describe('on a terminal', () => {
  test('an ordinary answer is one line: model → model, status, tokens, duration', async () => {
    expect(await shown([[0, RECEIVED], [1, ASKED], [2, attempt(1)], ...ANSWERED])).toEqual([
      'INFO: big-1 → model-a  200 tool_use  21.7k in (19.8k cached), 312 out  4.2 s',
    ]);
  });

  test('from the second request of a session on, its line has the share of all its prompts that came from the cache', async () => {
    const lines: string[] = [];
    const logger = await createLogger({
      level: 'info',
      format: 'pretty',
      write: (line) => void lines.push(line),
      secrets: [],
    });
    const log = requestLog(logger);
    const turn = (session: string, fresh: number, cached: number) => {
      const hear = log('req_1');
      const usage: TraceFact = { type: 'usage', in: fresh, cached, out: 1, thinking: 0 };
      for (const event of story([
        [0, RECEIVED],
        [1, { ...ASKED, session } as TraceFact],
        [2, attempt(1)],
        [3, usage],
        [4, { type: 'end', status: 200, clientLeft: false }],
      ]))
        hear(event);
    };
    turn('a', 1_000, 0);
    turn('a', 100, 900);
    turn('b', 500, 500);
    turn('a', 0, 1_000);
    const shares = lines.map((line) => /cache \d+ %/.exec(line)?.[0]);
    expect(shares).toEqual([undefined, 'cache 45 %', undefined, 'cache 63 %']);
  });

  test('what was written to a cache is told beside what came from it', async () => {
    const usage: TraceFact = { ...USAGE, written: 1_800 } as TraceFact;
    const answered = ANSWERED.map((timed): Timed => (timed[1] === USAGE ? [timed[0], usage] : timed));
    const told: Timed[] = [[0, RECEIVED], [1, ASKED], [2, attempt(1)], ...answered];
    expect((await shown(told))[0]).toContain('21.7k in (19.8k cached, 1.8k written), 312 out');
    expect((await fields(told))[0]).toMatchObject({ tokens_in: 1_900, tokens_cache_written: 1_800 });
  });

  const CHECKED = { type: 'checked', model: 'small-1', calls: 3, cached: 0 } as const;

  test('verdicts on actions are told with what they cost', async () => {
    const paid: TraceFact = { ...CHECKED, flagged: 1, unknown: 1, requests: 3, in: 1_800, out: 61 };
    const [line] = await shown([[0, RECEIVED], [1, ASKED], [2, attempt(1)], [4_000, paid], ...ANSWERED]);
    expect(line).toEndWith('4.2 s  (3 actions checked, 1 flagged, 1 without a verdict, 1.8k in, 61 out)');
    const free: TraceFact = { ...CHECKED, calls: 1, flagged: 0, unknown: 0, requests: 0, in: 0, out: 0 };
    const [other] = await shown([[0, RECEIVED], [1, ASKED], [2, attempt(1)], [4_000, free], ...ANSWERED]);
    expect(other).toEndWith('4.2 s  (1 action checked)');
  });

  test('actions that could not be judged are told when that happens, with the cause', async () => {
    const problem = { class: 'overloaded', message: 'The model is overloaded.' };
    const failed: TraceFact = { ...CHECKED, flagged: 0, unknown: 2, requests: 1, in: 0, out: 0, problem };
    expect(
      await shown([
        [0, RECEIVED],
        [1, ASKED],
        [2, attempt(1)],
        [4_000, failed],
      ]),
    ).toEqual([
      'WARN: big-1 → model-a  small-1 could not say whether 2 of its actions may run (overloaded)',
      '    The model is overloaded.',
    ]);
  });

  test('the first failure is told when it happens, with its cause and what comes next', async () => {
    const begun: Timed[] = [
      [0, RECEIVED],
      [1, ASKED],
      [2, attempt(1)],
      [900, failure()],
    ];
    const backoff: TraceFact = { type: 'wait', for: 'backoff', until: 1_300 };
    expect(await shown([...begun, [900, RETRY], [900, backoff]])).toEqual([
      'WARN: big-1 → model-a with key #3f9c  503 overloaded: tried again in 400 ms',
      '    The model is overloaded.',
    ]);
  });

  test('a later failure is told at the end only', async () => {
    const lines = await shown([
      [0, RECEIVED],
      [1, ASKED],
      [2, attempt(1)],
      [900, failure()],
      [900, RETRY],
      [1_300, attempt(2)],
      [1_800, failure()],
      [1_800, RETRY],
      [2_200, attempt(3)],
      ...ANSWERED,
    ]);
    expect(lines.filter((line) => line.includes('tried again'))).toHaveLength(1);
    expect(lines.at(-1)).toBe('    Answered after 4.2 s. 2 attempts failed after 1.4 s: 2 × 503 overloaded.');
  });

  const told: TraceFact = {
    type: 'error',
    error: 'overloaded_error',
    class: 'overloaded',
    message: 'Try again later.',
    blame: 'request',
  };
  const giveUp: TraceFact = { type: 'step', step: 'give-up', cost: 'nothing', retriesLeft: 0 };

  test('an error says what happened', async () => {
    expect(
      await shown([
        [0, RECEIVED],
        [1, ASKED],
        [2, attempt(1)],
        [900, failure()],
        [900, giveUp],
        [900, told],
        [900, { type: 'end', status: 529, clientLeft: false }],
      ]),
    ).toEqual(['WARN: big-1 → model-a  529 overloaded_error  900 ms', '    Try again later.']);
  });

  test('an error after attempts enough says what was tried', async () => {
    const lines = await shown([
      [0, RECEIVED],
      [1, ASKED],
      [2, attempt(1)],
      [900, failure()],
      [900, RETRY],
      [1_300, attempt(2)],
      [2_300, failure()],
      [2_300, giveUp],
      [2_300, told],
      [2_300, { type: 'end', status: 529, clientLeft: false }],
    ]);
    expect(lines.slice(-3)).toEqual([
      'WARN: big-1 → model-a  529 overloaded_error  2.3 s',
      '    Try again later.',
      '    Failed after 2.3 s. 2 attempts failed after 1.9 s: 2 × 503 overloaded.',
    ]);
  });

  test('an error after a part of the answer has no status of its own', async () => {
    const lines = await shown([[0, RECEIVED], [1, ASKED], [2, attempt(1)], [3, told], ...ANSWERED.slice(-1)]);
    expect(lines[0]).toBe('WARN: big-1 → model-a  200 then overloaded_error  4.2 s');
  });

  test('another model is told of once, beside the failure', async () => {
    const lines = await shown([
      [0, RECEIVED],
      [1, ASKED],
      [2, attempt(1)],
      [900, failure()],
      [900, { type: 'step', step: 'other-model', cost: 'retry', retriesLeft: 1 }],
      [900, { type: 'model-replaced', from: 'model-a', to: 'model-b', because: 'overloaded' }],
    ]);
    expect(lines).toEqual([
      'WARN: big-1 → model-a with key #3f9c  503 overloaded: model-b is asked in its place',
      '    The model is overloaded.',
    ]);
  });

  test('warnings are counted, and how to read them is said', async () => {
    const warning: TraceFact = { type: 'warning', code: 'c', path: 'p', detail: 'd', routine: false };
    const lines = await shown([[0, RECEIVED], [1, ASKED], [1, warning], [2, attempt(1)], ...ANSWERED]);
    expect(lines).toEqual([expect.stringMatching(/4\.2 s {2}1 warning \(LOG_LEVEL=debug\)$/)]);
  });

  test('a long wait for a key is told when it begins, and why', async () => {
    const wait: TraceFact = { type: 'wait', for: 'key', key: 'a41c', limit: 'KEY_RPM 20', until: 12_600 };
    expect(
      await shown([
        [0, RECEIVED],
        [0, ASKED],
        [0, CHOSEN],
        [0, wait],
      ]),
    ).toEqual(['INFO: big-1 → model-a  waits up to 12.6 s for key #a41c: 20 requests a minute (KEY_RPM)']);
  });

  test('a wait for a key after a failure is told beside it', async () => {
    const lines = await shown([
      [0, RECEIVED],
      [1, ASKED],
      [2, attempt(1)],
      [900, failure()],
      [900, { type: 'step', step: 'wait-for-key', cost: 'retry', retriesLeft: 1 }],
      [900, { type: 'wait', for: 'key', key: 'a41c', limit: 'quota', until: 9_900 }],
    ]);
    expect(lines).toEqual([
      'WARN: big-1 → model-a with key #3f9c  503 overloaded: waits up to 9.0 s for key #a41c: out of quota',
      '    The model is overloaded.',
    ]);
  });

  test('a request that asks no model is named by its path', async () => {
    const received: TraceFact = { ...RECEIVED, method: 'GET', path: '/v1/models' } as TraceFact;
    expect(
      await shown([
        [0, received],
        [3, { type: 'end', status: 200, clientLeft: false }],
      ]),
    ).toEqual(['INFO: GET /v1/models  200  3 ms']);
  });

  test('a message that may quote the answer is not shown, and no secret is', async () => {
    const quoting: TraceFact = { ...failure(), message: 'quoted words', quotesAnswer: true } as TraceFact;
    const secret: TraceFact = { ...failure(), message: 'canary-key is bad' } as TraceFact;
    for (const failed of [quoting, secret]) {
      const text = (
        await shown([
          [0, RECEIVED],
          [0, ASKED],
          [0, attempt(1)],
          [1, failed],
          [1, RETRY],
        ])
      ).join();
      expect(text).not.toMatch(/quoted words|canary-key/);
    }
  });
});

describe('as JSON', () => {
  test('the line has the names that queries have', async () => {
    const [line] = await fields([
      [0, RECEIVED],
      [1, ASKED],
      [2, attempt(1)],
      [5, { type: 'warning', code: 'value-clamped', path: 'max_tokens', detail: '…', routine: true }],
      ...ANSWERED,
    ]);
    expect(line).toEqual({
      level: 'info',
      time: expect.any(String),
      request_id: 'req_1',
      method: 'POST',
      path: '/v1/messages',
      status: 200,
      duration_ms: 4_200,
      caller: 'main',
      model: 'big-1',
      gemini_model: 'model-a',
      key: '#3f9c',
      stream: true,
      first_content_ms: 3_000,
      tokens_in: 1_900,
      tokens_cached: 19_800,
      tokens_out: 312,
      session_cached_percent: 91,
      stop_reason: 'tool_use',
      msg: 'POST /v1/messages 200',
    });
  });

  test('the share of the session that came from the cache has its name, from its first request on', async () => {
    const asked = { ...ASKED, session: 's' } as TraceFact;
    const [line] = await fields([[0, RECEIVED], [1, asked], [2, attempt(1)], ...ANSWERED]);
    expect(line).toMatchObject({ session_cached_percent: 91 });
  });

  test.each([
    ['a probe', { isProbe: true }, undefined, 200, 'debug'],
    ['a probe that is told an error', { isProbe: true }, 'api_error', 503, 'warn'],
    ['a mistake of ours', {}, 'api_error', 500, 'error'],
    ['a client that is to come back', {}, 'overloaded_error', 529, 'warn'],
    ['a client that left', {}, undefined, 499, 'info'],
  ] as const)('the level of %s', async (_what, more, error, status, level) => {
    const told: Timed[] = error ? [[1, { type: 'error', error, message: 'm', blame: 'others' }]] : [];
    const lines = await fields(
      [
        [0, { ...RECEIVED, ...more } as TraceFact],
        ...told,
        [2, { type: 'end', status, clientLeft: status === 499 }],
      ],
      'debug',
    );
    expect(lines.at(-1)).toMatchObject({ level, status });
  });

  test('of a million warnings a hundred are told one by one', async () => {
    const warning: TraceFact = { type: 'warning', code: 'c', path: 'p', detail: 'd', routine: false };
    const many = Array.from({ length: 1_000 }, (): Timed => [1, warning]);
    const lines = await fields([[0, RECEIVED], ...many, ...ANSWERED], 'debug');
    expect(lines.filter(({ code }) => code !== undefined)).toHaveLength(100);
    expect(lines.at(-1)).toMatchObject({ warnings: 1_000 });
  });

  test('warnings that are routine are not counted', async () => {
    const warning = (routine: boolean): TraceFact => ({
      type: 'warning',
      code: 'c',
      path: 'p',
      detail: 'd',
      routine,
    });
    const lines = await fields([[0, RECEIVED], [0, warning(true)], [0, warning(false)], ...ANSWERED]);
    expect(lines.at(-1)).toMatchObject({ warnings: 1 });
  });
});
