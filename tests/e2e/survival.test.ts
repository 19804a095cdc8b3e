/**
 * The real Claude Code with a Google in trouble: it must finish its task with no tool run twice and no word said twice,
 * or be told at once what is wrong. It does not run as in a sandbox, so three refusals for overload in a row end its
 * turn.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { nextPacificMidnight } from '../../src/keys/quota-day.ts';
import { installClaudeCode, requireE2e } from '../support/clients/claude-code.ts';
import { AWAY, CASES, KEYS, STORM, TOLD_AWAY } from '../support/survival/cases.ts';
import { type Survival, surviveAll } from '../support/survival/run.ts';
import { COUNTED, LOG, NOTE, SAYINGS } from '../support/survival/task.ts';

const VERSION = '2.1.330';
const BIG = 'gemini-4-argon';
const SMALL = 'gemini-4-hydrogen';
/** Limits for all cases together; two run at a time. */
const ALL_MS = 560_000;
/** Seconds, including the start of the client. With ten retries of its own it would take minutes. */
const AT_ONCE = 15;

const installed = await installClaudeCode(VERSION);
if (!installed.ok && requireE2e) throw new Error(`Claude Code ${VERSION}: ${installed.reason}`);
if (!installed.ok) console.warn(`skipped: survival of Claude Code ${VERSION} (${installed.reason})`);

const column = (run: Survival, name: string) => run.requests.map((line) => line[name]);
const sum = (run: Survival, name: string) =>
  column(run, name).reduce<number>((total, value) => total + Number(value ?? 0), 0);

const timesSaid = ({ said }: Survival, saying: string) => said.join('\n').split(saying).length - 1;

/** The task was done once, and completely. */
function expectDone(run: Survival): void {
  const { claude, end, files, tools } = run;
  expect({ exit: claude.exitCode, stderr: claude.stderr, told: end['result'] }).toEqual({
    exit: 0,
    stderr: '',
    told: SAYINGS.report,
  });
  expect(end['is_error']).toBe(false);
  expect(files).toEqual({ [NOTE.file]: NOTE.text, [LOG.file]: LOG.text });
  expect(tools.slice(-2)).toEqual(['Write', 'Bash']);
  expect(timesSaid(run, SAYINGS.note)).toBe(1);
  expect(timesSaid(run, SAYINGS.report)).toBe(1);
}

/** For the client everything went well. */
function expectUnseen(run: Survival): void {
  expectDone(run);
  expect(column(run, 'status')).toEqual([200, 200, 200]);
  expect(column(run, 'error')).toEqual([undefined, undefined, undefined]);
  expect(run.said).toEqual([SAYINGS.note, SAYINGS.log, SAYINGS.report]);
}

/** The turn ended with its last request, and the client shows `told`. */
function expectTold(run: Survival, status: number, told: readonly RegExp[]): void {
  const refused = column(run, 'status').filter((found) => found !== 200);
  const { claude, end, seconds } = run;
  expect({ exit: claude.exitCode, error: end['is_error'], refused }).toEqual({
    exit: 1,
    error: true,
    refused: [status],
  });
  for (const text of told) expect(String(end['result'])).toMatch(text);
  expect(seconds).toBeLessThan(AT_ONCE);
}

/** What the client is told about overload: with an opus model three in a row end its turn. */
function longestRow(run: Survival): number {
  const rows = column(run, 'error')
    .map((error) => (error === 'overloaded_error' ? 'x' : ' '))
    .join('');
  return Math.max(...rows.split(' ').map((row) => row.length));
}

describe.skipIf(!installed.ok)(`Claude Code ${VERSION} survives`, () => {
  let runs: Record<keyof typeof CASES, Survival>;

  beforeAll(async () => {
    runs = await surviveAll(installed.ok ? installed.path : '', CASES);
  }, ALL_MS);

  describe('an expired key', () => {
    test('beside a good one: unseen, and the key is not asked again', () => {
      expectUnseen(runs.expiredAmongTwo);
      const keys = runs.expiredAmongTwo.asked.map(({ key }) => key);
      expect(keys).toEqual([KEYS.expired, KEYS.good, KEYS.good, KEYS.good]);
      expect(sum(runs.expiredAmongTwo, 'failovers')).toBe(1);
    });

    test('alone: the turn ends at once and says what to do', () => {
      expectTold(runs.expiredAlone, 401, [/API key expired/, /GEMINI_API_KEY|API_KEYS/]);
      expect(runs.expiredAlone.asked).toHaveLength(1);
    });
  });

  test('a quota of the minute: the proxy does the waiting', () => {
    expectUnseen(runs.minute);
    expect(runs.minute.asked).toHaveLength(4);
    expect(Number(column(runs.minute, 'duration_ms')[1])).toBeGreaterThanOrEqual(1_400);
  });

  describe('a quota of the day', () => {
    test.each(['day', 'dayInTheMiddle'] as const)('%s: the turn ends at once and says until when', (name) => {
      const run = runs[name];
      expectTold(run, 429, [/quota/i, /API_KEYS/]);
      const times = String(run.end['result']).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
      expect(times.map(Date.parse)).toContain(nextPacificMidnight(new Date()).getTime());
    });

    test('of one model: unseen, the next one goes on', () => {
      expectUnseen(runs.dayOfOneModel);
      const models = runs.dayOfOneModel.asked.map(({ model }) => model);
      expect(models).toEqual([BIG, BIG, SMALL, SMALL]);
    });

    test('what was done before it stays done, once', () => {
      expect(runs.dayInTheMiddle.files).toEqual({ [NOTE.file]: NOTE.text });
      expect(runs.dayInTheMiddle.tools).toEqual(['Write']);
    });
  });

  describe('credit that is gone', () => {
    test.each(['depleted', 'depletedInTheMiddle'] as const)(
      '%s: the turn ends at once, by its name',
      (name) => {
        expectTold(runs[name], 402, [/credits are depleted/, /billing/]);
        expect(runs[name].asked).toHaveLength(name === 'depleted' ? 1 : 2);
      },
    );

    test.each(['depletedInTheStream', 'depletedInTheText'] as const)(
      '%s: one more request, and the turn ends',
      (name) => {
        const run = runs[name];
        expectTold(run, 402, [/credits are depleted/, /billing/]);
        expect(column(run, 'error').filter((error) => error !== undefined)).toEqual([
          'billing_error',
          'billing_error',
        ]);
      },
    );
  });

  test('a firewall that turns the request away: told at once, and not as the key’s fault', () => {
    expectTold(runs.blocked, 403, [/HTTP 403/, /nothing of the Gemini key/]);
    expect(runs.blocked.asked).toHaveLength(1);
  });

  test('a wrong address: told at once, with the setting, and not as the model’s fault', () => {
    expectTold(runs.wrongAddress, 424, [/HTTP 404/, /GOOGLE_GEMINI_BASE_URL/]);
    expect(String(runs.wrongAddress.end['result'])).not.toMatch(/model|temporary/i);
    expect(runs.wrongAddress.asked).toHaveLength(1);
  });

  describe('a storm of 503', () => {
    test('that outlasts the attempts of the proxy: the client goes on trying', () => {
      const run = runs.shortStorm;
      expectDone(run);
      expect(column(run, 'status')).toContain(529);
      expect(sum(run, 'retries')).toBeGreaterThan(0);
      expect(run.asked).toHaveLength(STORM.short + 3);
    });

    test('that opens a breaker', () => {
      expectDone(runs.longStorm);
      expect(runs.longStorm.asked).toHaveLength(STORM.long + 3);
      const messages = runs.longStorm.log.map(({ msg }) => String(msg));
      expect(messages.filter((message) => /keeps failing/.test(message))).not.toEqual([]);
    });

    test.each(['shortStorm', 'longStorm'] as const)(
      '%s: the client never hears of it three times',
      (name) => {
        expect(longestRow(runs[name])).toBeLessThan(3);
      },
    );
  });

  test('a network that is away for some seconds: unseen, and no other model answers', () => {
    expectUnseen(runs.away);
    expect(sum(runs.away, 'retries')).toBe(AWAY);
    expect(new Set(column(runs.away, 'gemini_model')).size).toBe(1);
  });

  test('a network that is away for longer: the client is told, and goes on asking', () => {
    expectDone(runs.awayTold);
    const told = runs.awayTold.requests.filter(({ status }) => status !== 200);
    expect(told.map(({ status, error }) => `${status} ${error}`)).toEqual(
      Array(TOLD_AWAY).fill('503 api_error'),
    );
    expect(runs.awayTold.said).toEqual([SAYINGS.note, SAYINGS.log, SAYINGS.report]);
  });

  describe('a cut stream', () => {
    test.each(['cutAtOnce', 'cutAfterThoughts'] as const)('%s: unseen', (name) => {
      expectUnseen(runs[name]);
      expect(sum(runs[name], 'retries')).toBe(1);
    });

    test.each(['cutInText', 'cutInCall'] as const)('%s: the client asks once more', (name) => {
      const run = runs[name];
      expectDone(run);
      expect(run.said).toEqual([SAYINGS.note, SAYINGS.log, SAYINGS.report]);
      expect(column(run, 'error').filter(Boolean)).toEqual(['overloaded_error']);
      expect(run.requests).toHaveLength(4);
    });

    test('after a whole call: it is run, and not asked for again', () => {
      const run = runs.cutAfterCall;
      expectDone(run);
      expect(timesSaid(run, SAYINGS.log)).toBe(1);
      expect(run.requests).toHaveLength(3);
    });
  });

  describe('a context overflow', () => {
    test.each(['overflow', 'overflowOfSummary'] as const)('%s: it compacts and goes on', (name) => {
      const run = runs[name];
      expectDone(run);
      expect(timesSaid(run, COUNTED)).toBe(1);
      const answered = run.requests.filter(({ status }) => status === 200).map(({ caller }) => caller);
      expect(answered).toContain('compaction');
      expect(new Set(column(run, 'status'))).toEqual(new Set([200, 400]));
    });
  });

  describe('a call that Gemini wrote badly', () => {
    test('and that can be read: it is run, and nothing is asked again', () => {
      const run = runs.readableCall;
      expectDone(run);
      expect(column(run, 'status')).toEqual([200, 200, 200]);
      expect(run.asked).toHaveLength(3);
    });

    test('and that cannot: unseen', () => {
      expectUnseen(runs.unreadableCall);
      expect(runs.unreadableCall.asked).toHaveLength(4);
      expect(sum(runs.unreadableCall, 'retries')).toBe(1);
    });
  });
});
