/**
 * Every folder in `fixtures/turns` is a test: the client's request goes through the real parts, upstream says what was
 * recorded, and both what Gemini is sent and what the client sees must be what the folder says. `bun run bless` renews
 * that after an intended change. The turn of a bug that is not mended is one test, which fails until it is.
 */
import { describe, expect, test } from 'bun:test';
import type { MessageEvent } from '../src/anthropic/events.ts';
import { modelRow } from '../src/gemini/model-rows.ts';
import { parseKeepingDigits } from '../src/lib/exact-json.ts';
import { isEventStream } from '../src/sim/cassette/forms.ts';
import type { Answer, RecordedRequest } from '../src/sim/cassette/types.ts';
import { validateRequest } from '../src/sim/validator/index.ts';
import { foldEvents } from '../src/translate/response/message.ts';
import { readEvents, withoutKeepAlive } from './support/answers/events.ts';
import { violations } from './support/answers/laws.ts';
import { reslicings } from './support/answers/reslice.ts';
import { knownFailures, turnFixtures, turnReadings } from './support/turn-fixtures.ts';
import { differences } from './support/turns/compare.ts';
import { stillFailing } from './support/turns/known-failure.ts';
import { runTurn, type TurnRun } from './support/turns/run.ts';

const FIXTURES = turnFixtures();

type Row = readonly [name: string, recorded: RecordedRequest];
const rows = (keep: (recorded: RecordedRequest) => boolean = () => true): Row[] =>
  FIXTURES.filter(({ recorded }) => keep(recorded)).map(({ name, recorded }) => [name, recorded]);

const known = knownFailures().map(
  ({ name, recorded }) => [name, recorded.fails?.why ?? '', recorded] as const,
);

/** What today's code makes of a turn. Only one test says whether that is what is expected; the others are about this. */
const runs = new Map<RecordedRequest, Promise<TurnRun>>();
function today(recorded: RecordedRequest): Promise<TurnRun> {
  const run = runs.get(recorded) ?? runTurn(recorded);
  runs.set(recorded, run);
  return run;
}

const isMessage = ({ request }: RecordedRequest) => request.path === '/v1/messages';
const isStreamed = ({ answer }: RecordedRequest) => isEventStream(answer.headers);

/** Without pings, which come with time. */
const seen = ({ headers, bytes, status }: Answer) => ({
  status,
  told: isEventStream(headers) ? withoutKeepAlive(readEvents(bytes)) : new TextDecoder().decode(bytes),
});

const asking = (recorded: RecordedRequest, stream: boolean): RecordedRequest => {
  const body = JSON.stringify({ ...JSON.parse(recorded.request.body), stream });
  return { ...recorded, request: { ...recorded.request, body } };
};

/** A whole answer shows nothing before its end, so there may be another attempt; that gets the last answer again. */
const withOneMore = (recorded: RecordedRequest, attempts: number): RecordedRequest => {
  const asked = recorded.upstream.slice(0, attempts);
  return { ...recorded, upstream: [...asked, ...asked.slice(-1)] };
};

const errorIn = (events: readonly MessageEvent[]) =>
  events.find((event) => event.type === 'error')?.error.message;

/** Turns that are broken, or that somebody has edited. Each is one failing test, and costs the others nothing. */
const unread = turnReadings().flatMap((reading) =>
  'problem' in reading ? [[reading.name, reading.problem] as const] : [],
);

/** An answer of some megabytes would be read about twenty times. */
const RESLICING_MS = 60_000;

describe('a recorded turn', () => {
  test.each(unread)('%s: can be read', (_name, problem) => {
    throw new Error(problem);
  });

  test.each(rows())('%s: is asked and answered as written', async (name, recorded) => {
    const found = differences(recorded, await today(recorded));
    if (found !== '') throw new Error(`fixtures/turns/${name} (bun run bless, if this is meant)\n${found}`);
  });

  test.each(known)('%s: does what is wanted (known to fail: %s)', async (name, why, recorded) => {
    const failing = stillFailing(recorded, await today(recorded));
    if (failing !== undefined) throw new Error(`fixtures/turns/${name}: known to fail: ${why}\n\n${failing}`);
    throw new Error(`fixtures/turns/${name} passes now: take the mark off with "bun run bless ${name}"`);
  });

  test.each(rows((recorded) => isStreamed(recorded) && recorded.answer.end === 'whole'))(
    '%s: its answer keeps the laws',
    async (_name, recorded) => {
      const { answer } = (await today(recorded)).recorded;
      expect(violations(readEvents(answer.bytes))).toEqual([]);
    },
  );

  test.each(rows(isMessage))('%s: Google would not refuse what is sent', async (_name, recorded) => {
    const { upstream } = (await today(recorded)).recorded;
    const asked = upstream.filter(({ request }) => !request.path.endsWith(':countTokens'));
    const refusals = asked.map(({ model, request }) =>
      validateRequest(modelRow(model), JSON.parse(request.body)),
    );
    expect(refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
  });

  test.each(rows(({ upstream }) => upstream.length > 0))(
    '%s: is the same however its bytes are cut',
    async (_name, recorded) => {
      const expected = seen((await today(recorded)).recorded.answer);
      for (const { how, recorded: cut } of reslicings(recorded)) {
        expect({ how, ...seen((await runTurn(cut)).recorded.answer) }).toEqual({ how, ...expected });
      }
    },
    RESLICING_MS,
  );

  const answered = (recorded: RecordedRequest) =>
    isMessage(recorded) && recorded.upstream.length > 0 && recorded.answer.end === 'whole';

  test.each(rows(answered))('%s: as a stream and whole it says the same', async (_name, recorded) => {
    const streamed = (await runTurn(asking(recorded, true))).recorded;
    const stream = streamed.answer;
    const again = withOneMore(asking(recorded, false), streamed.upstream.length);
    const whole = (await runTurn(again)).recorded.answer;
    if (!isEventStream(stream.headers)) {
      expect(whole).toEqual(stream);
      return;
    }
    const told = new TextDecoder().decode(whole.bytes);
    const events = readEvents(stream.bytes);
    const error = errorIn(events);
    // Compared as texts with all digits: as values some different numbers would be equal.
    if (error === undefined) expect(parseKeepingDigits(told)).toEqual(foldEvents(events));
    else expect(JSON.parse(told).error.message).toBe(error);
  });
});
