/** What Google does in each of the survival tests. */
import { cutAt, depletedAfter, lostCall, page, REFUSALS, type Trouble } from './google.ts';
import type { SurvivalCase } from './run.ts';
import { APPEND, COUNT_PROMPT, PROMPT, SAYINGS } from './task.ts';

export const KEYS = { expired: 'AIza-canary-expired-0001', good: 'AIza-canary-good-000001' };

/** How many attempts fail in each storm. The short one ends before a breaker opens; the long one does not. */
export const STORM = { short: 4, long: 6 };

/** Attempts that find no way to Google: enough to open a breaker, if the model were blamed. */
export const AWAY = 5;

/** How often the client is told so: more often than it bears overload. */
export const TOLD_AWAY = 4;

const noWay = () => Promise.reject(Object.assign(new Error('Unable to connect'), { code: 'ECONNREFUSED' }));

/** Bytes of a conversation (three counts are more than that), and of the rest that the summary covers. */
const WINDOW = { roomy: 65_000, tight: 55_000 };

type Act = Parameters<Trouble>[1];

/** Only the session's own request with that number. */
const at =
  (nth: number, act: (answer: Act) => Promise<Response>): Trouble =>
  (asked, answer) =>
    asked.caller === 'main' && asked.nth === nth ? act(answer) : undefined;

const storm =
  (attempts: number): Trouble =>
  ({ caller, nth }) =>
    caller === 'main' && nth <= attempts ? REFUSALS.overloaded() : undefined;

/** For any caller: a request for a summary is as long as the conversation. */
const window =
  (bytes: number, refuse: () => Promise<Response>): Trouble =>
  ({ body }) =>
    JSON.stringify(JSON.parse(body).contents).length > bytes ? refuse() : undefined;

const writtenCall = `call:default_api:Bash{command:<ctrl46>${APPEND.command}<ctrl46>,description:<ctrl46>${APPEND.description}<ctrl46>}`;

const twoPrompts = [COUNT_PROMPT, PROMPT];

export const CASES = {
  // First, because it takes longest.
  longStorm: { trouble: storm(STORM.long) },
  expiredAmongTwo: {
    env: { API_KEYS: `${KEYS.expired},${KEYS.good}` },
    trouble: ({ key }) => (key === KEYS.expired ? REFUSALS.expiredKey() : undefined),
  },
  expiredAlone: { trouble: () => REFUSALS.expiredKey() },
  minute: { trouble: at(2, () => REFUSALS.minute(1.4)) },
  day: { trouble: () => REFUSALS.day() },
  dayInTheMiddle: { trouble: ({ nth }) => (nth > 1 ? REFUSALS.day() : undefined) },
  dayOfOneModel: {
    trouble: ({ nth, model }) => (nth > 1 && model === 'gemini-4-argon' ? REFUSALS.day() : undefined),
  },
  depleted: { trouble: () => REFUSALS.depleted() },
  depletedInTheMiddle: { trouble: ({ nth }) => (nth > 1 ? REFUSALS.depleted() : undefined) },
  depletedInTheStream: {
    trouble: ({ nth }, answer) =>
      nth === 1 ? depletedAfter('"thought": true', answer) : REFUSALS.depleted(),
  },
  depletedInTheText: {
    trouble: ({ nth }, answer) =>
      nth < 3
        ? undefined
        : nth === 3
          ? depletedAfter(SAYINGS.report.slice(0, 8), answer)
          : REFUSALS.depleted(),
  },
  blocked: { trouble: () => page(403) },
  wrongAddress: { trouble: () => page(404) },
  // Few attempts by the proxy, so that the client's own begin.
  shortStorm: { env: { MAX_STREAMING_RETRIES: '2' }, trouble: storm(STORM.short) },
  away: {
    trouble: ({ caller, nth }) => (caller === 'main' && nth > 1 && nth <= 1 + AWAY ? noWay() : undefined),
  },
  // As after 15 s, but without waiting.
  awayTold: {
    env: { MAX_STREAMING_RETRIES: '0' },
    trouble: ({ caller, nth }) =>
      caller === 'main' && nth > 1 && nth <= 1 + TOLD_AWAY ? noWay() : undefined,
  },
  cutAtOnce: { trouble: at(2, (answer) => cutAt('data:', answer, 'inside the event')) },
  cutAfterThoughts: { trouble: at(1, (answer) => cutAt('"thought": true', answer, 'after the event')) },
  cutInText: { trouble: at(3, (answer) => cutAt(SAYINGS.report.slice(0, 8), answer, 'after the event')) },
  cutInCall: { trouble: at(2, (answer) => cutAt('"functionCall": {"name"', answer, 'inside the event')) },
  cutAfterCall: { trouble: at(2, (answer) => cutAt('"functionCall"', answer, 'after the event')) },
  overflow: { prompts: twoPrompts, trouble: window(WINDOW.roomy, REFUSALS.tooLong) },
  overflowOfSummary: { prompts: twoPrompts, trouble: window(WINDOW.tight, REFUSALS.tooLongUncounted) },
  readableCall: { trouble: at(2, () => lostCall(writtenCall)) },
  unreadableCall: { trouble: at(2, () => lostCall('call:default_api:Bash{command: (')) },
} satisfies Record<string, SurvivalCase>;
