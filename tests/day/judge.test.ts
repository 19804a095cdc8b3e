/** The judge of the day can fail: it notices every way to lose, double or change something. */
import { describe, expect, test } from 'bun:test';
import { type DayOptions, playDay } from './day.ts';
import { askedAgain, secretsTold, unsettled, untold } from './day-laws.ts';
import type { Send } from './google.ts';
import { judge, problemsOf } from './judge.ts';
import { meddled, tampered } from './meddling.ts';
import { BIG, DAY_START, EARLY_TROUBLES, KEYS, type Phase } from './script.ts';

const HOUR: readonly Phase[] = [
  { name: 'an hour', from: 0, lasts: 60, asks: 60, early: { share: 0.2, kinds: EARLY_TROUBLES } },
];

const playHour = (options: Partial<DayOptions> = {}) =>
  playDay({ seed: 7, script: HOUR, sessions: 10, ...options });

const isPiece = /"text":"\[r\d+\.\d+ piece 2 /;
/** Picks events of a stream by their content. */
const on =
  (pattern: RegExp, change: (event: string) => readonly string[]) =>
  (event: string): readonly string[] =>
    pattern.test(event) ? change(event) : [event];

const error =
  'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"oh"},"request_id":"req_1"}\n\n';

const SPOILED: readonly (readonly [what: string, options: Partial<DayOptions>, problem: RegExp])[] = [
  // As Google sends it. The proxy leaves out a chunk that is repeated exactly, so this one is written in another way.
  [
    'a piece comes twice',
    {
      tamper: tampered(isPiece, (step) => [
        step,
        { ...step, text: step.text.replace('"index":0', '"index": 0') },
      ]),
    },
    /the text is not the one said/,
  ],
  ['a piece gets lost', { tamper: tampered(isPiece, () => []) }, /the text is not the one said/],
  [
    "a piece of another's answer",
    { tamper: tampered(isPiece, (step) => [{ ...step, text: step.text.replace(/r\d+\./, 'r9999.') }]) },
    /the text is not the one said/,
  ],
  [
    'a call with other arguments',
    {
      tamper: tampered(/functionCall/, (step) => [
        { ...step, text: step.text.replace('"note":"', '"note":"x') },
      ]),
    },
    /the calls are not those made/,
  ],
  [
    'tokens that were not counted',
    {
      tamper: tampered(/usageMetadata/, (step) => [
        { ...step, text: step.text.replace(/"candidatesTokenCount":\d+/, '"candidatesTokenCount":3') },
      ]),
    },
    /output tokens/,
  ],
  // As the client gets it.
  ['a swallowed delta', { meddle: meddled(on(/piece 2 /, () => [])) }, /the text is not the one said/],
  [
    'a doubled delta',
    { meddle: meddled(on(/piece 2 /, (event) => [event, event])) },
    /the text is not the one said/,
  ],
  ['no message_stop', { meddle: meddled(on(/^event: message_stop/, () => [])) }, /exactly one ending/],
  [
    'no ending at all',
    { meddle: meddled(on(/^event: message_/, (event) => (event.includes('message_start') ? [event] : []))) },
    /no message|neither/,
  ],
  [
    'a second message_start',
    { meddle: meddled(on(/^event: message_start/, (event) => [event, event])) },
    /one message_start/,
  ],
  [
    'an error after the end',
    { meddle: meddled(on(/^event: message_stop/, (event) => [event, error])) },
    /silence after the end|an answer and an error/,
  ],
  [
    'half an event',
    { meddle: meddled(on(/^event: message_stop/, (event) => [event.slice(0, 30)])) },
    /in the middle of an event/,
  ],
  [
    'silence without a ping',
    {
      meddle: meddled(async (event, clock) => {
        if (event.includes('piece 2 ')) await clock.sleep(15_000);
        return [event];
      }),
    },
    /silent for 1\d{4} ms/,
  ],
  [
    'a head that comes late',
    {
      meddle: (door, clock) => async (request) => {
        const response = await door(request);
        await clock.sleep(9_000);
        return response;
      },
    },
    /no head for/,
  ],
  [
    'a status that does not fit',
    {
      meddle: () => async () =>
        Response.json(
          { type: 'error', error: { type: 'overloaded_error', message: 'oh' }, request_id: 'req_1' },
          { status: 500, headers: { 'request-id': 'req_1' } },
        ),
    },
    /status 500 with overloaded_error/,
  ],
  [
    'an error without an envelope',
    { meddle: () => async () => Response.json({}, { status: 500 }) },
    /not an error body/,
  ],
  ['no answer ever', { meddle: () => () => new Promise(() => {}) }, /it never ended/],
];

describe('the judge of the day', () => {
  test('finds nothing in an hour that went well', async () => {
    const day = await playHour();
    const verdicts = judge(day.asked, day.sends);
    expect(problemsOf(verdicts)).toEqual([]);
    expect(untold(day, verdicts)).toEqual([]);
  });

  test.each(SPOILED)('sees %s', async (_what, options, problem) => {
    const day = await playHour(options);
    const problems = problemsOf(judge(day.asked, day.sends));
    expect(problems.filter((line) => problem.test(line)).length).toBeGreaterThan(3);
  });

  test('sees a request that the log does not tell of, and one whose sends it does not', async () => {
    const day = await playHour();
    const verdicts = judge(day.asked, day.sends);
    const withoutFirst = day.lines.filter(({ path }) => path !== undefined).slice(1);
    expect(untold({ ...day, lines: withoutFirst }, verdicts)).toHaveLength(2);
    const counted = day.lines.map((line) => ({ ...line, retries: undefined }));
    expect(untold({ ...day, lines: counted }, verdicts).length).toBeGreaterThan(3);
    expect(secretsTold({ log: [`{"key":"${KEYS.capped}"}`] })).toHaveLength(1);
  });

  test('sees a session that changes its key', async () => {
    const day = await playHour();
    const verdicts = judge(day.asked, day.sends).map((verdict, index) => ({
      ...verdict,
      sends: verdict.sends.map((send) => ({
        ...send,
        key: index % 2 ? ('steady' as const) : ('capped' as const),
      })),
    }));
    expect(unsettled(verdicts, ['an hour']).length).toBeGreaterThan(3);
  });

  test.each(['key refused', 'day quota', 'minute quota', 'no access'] as const)(
    'sees a key that is asked again in spite of %s',
    (outcome) => {
      const first: Send = {
        nonce: 'r1',
        attempt: 1,
        key: 'capped',
        model: BIG,
        at: DAY_START,
        outcome,
        headAt: DAY_START + 150,
        freeAt: DAY_START + 30_000,
        closedAt: DAY_START + 150,
      };
      const again = { ...first, at: DAY_START + 10_000 };
      const together = { ...first, at: DAY_START + 100 };
      expect(askedAgain({ sends: [first, together] })).toEqual([]);
      expect(askedAgain({ sends: [first, again] })).toHaveLength(1);
    },
  );
});
