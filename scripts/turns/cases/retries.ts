/** Several attempts of one answer, and other models in place of the one that was asked for. */
import { callKey } from '../../../src/translate/signatures.ts';
import type { TurnCase, TurnCases } from '../build.ts';
import {
  breaksAfter,
  by,
  chunk,
  end,
  neverAnswers,
  type Reply,
  refuses,
  refusesWith,
  says,
  saysWhole,
  text,
  thought,
  unreachable,
} from '../wire.ts';
import { ASK_TOOLS, THINKING } from './asks.ts';
import { oneCall, seal } from './history.ts';

type Settings = NonNullable<TurnCase['settings']>;

const HYDROGEN = 'gemini-4-hydrogen';
const FLASH = 'gemini-3.8-flash';

const MANY_ATTEMPTS: Settings = { maxTries: { unary: 13, stream: 13 } };
const FALLBACKS: Settings = {
  modelFallbacks: [['gemini-4-argon', 'gemini-4-carbon', 'gemini-4-neon'], [HYDROGEN], [FLASH]],
};
const THREE_ATTEMPTS: Settings = { maxTries: { unary: 3, stream: 3 } };

const hello = says(chunk([text('Hello.')]), end());
const TYPE = 'type.googleapis.com/google.rpc';
const busy = refuses(503, 'UNAVAILABLE', 'This model is currently experiencing high demand.');
const broken = refuses(500, 'INTERNAL', 'An internal error has occurred.');
const busyFor = (seconds: number): Reply => ({
  ...busy,
  headers: { ...busy.headers, 'retry-after': String(seconds) },
});
const missing = refuses(404, 'NOT_FOUND', 'models/gemini-4-argon is not found for API version v1beta.');
const spentForToday = refuses(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [
  {
    '@type': `${TYPE}.QuotaFailure`,
    violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
  },
  { '@type': `${TYPE}.RetryInfo`, retryDelay: '47s' },
]);
const away = unreachable('ConnectionRefused', 'Unable to connect. Is the computer able to access the url?');

const SEVERAL: TurnCases = {
  'retries-several': {
    shows:
      'Five ways to fail before content, one after the other, then an answer: each wait longer than the one before',
    settings: MANY_ATTEMPTS,
    replies: [
      busy,
      broken,
      breaksAfter(),
      refusesWith(502, '<html><title>502</title></html>', { 'content-type': 'text/html' }),
      says(chunk([thought('Half a thou')])),
      hello,
    ],
  },
  'retries-told-to-wait': {
    shows: 'UNAVAILABLE with a Retry-After, twice, then an answer: as long as upstream says',
    settings: MANY_ATTEMPTS,
    replies: [busyFor(4), busyFor(11), hello],
  },
  'retries-spent': {
    shows: 'UNAVAILABLE at each of three attempts: the last one is told',
    settings: THREE_ATTEMPTS,
    replies: [busy, busy, busy],
  },
  'retries-spent-whole': {
    shows: 'The same, asked for whole: a status',
    ask: { stream: false },
    settings: THREE_ATTEMPTS,
    replies: [busy, busy, busy],
  },
  'retries-thoughts': {
    shows:
      'Thoughts that break off, twice, then an answer: nothing was shown, so that all attempts stay one answer',
    ask: THINKING('omitted'),
    settings: MANY_ATTEMPTS,
    replies: [
      breaksAfter(chunk([thought('First.')])),
      breaksAfter(chunk([thought('Second.')])),
      says(chunk([thought('Third.')]), chunk([text('Done.')]), end()),
    ],
  },
  'retries-no-head': {
    shows: 'Silence in place of a head, twice, then an answer: the client hears pings meanwhile',
    settings: MANY_ATTEMPTS,
    replies: [neverAnswers(), neverAnswers(), hello],
  },
};

const OTHER_MODELS: TurnCases = {
  'fallback-model-missing': {
    shows: 'A model that is not there: the next one answers, and a header names it',
    settings: FALLBACKS,
    replies: [missing, by(HYDROGEN, hello)],
  },
  'fallback-whole': {
    shows: 'The same, asked for whole',
    ask: { stream: false },
    settings: FALLBACKS,
    replies: [missing, by(HYDROGEN, says(chunk([text('Hello.')]), end()))],
  },
  'fallback-unary': {
    shows: 'The same where Gemini is asked for whole answers',
    unary: true,
    settings: FALLBACKS,
    replies: [
      { ...missing, whole: true },
      by(
        HYDROGEN,
        saysWhole({
          candidates: [
            { content: { parts: [text('Hello.')], role: 'model' }, finishReason: 'STOP', index: 0 },
          ],
        }),
      ),
    ],
  },
  'fallback-quota-day': {
    shows: 'No quota left for the day, of two models: the third answers',
    settings: FALLBACKS,
    replies: [spentForToday, by(HYDROGEN, spentForToday), by(FLASH, hello)],
  },
  'fallback-keeps-failing': {
    shows: 'UNAVAILABLE at all attempts that there are: one more, of another model',
    settings: { ...FALLBACKS, ...THREE_ATTEMPTS },
    replies: [busy, busy, busy, by(HYDROGEN, hello)],
  },
  'fallback-none-left': {
    shows: 'No model is there: the client is told of the one that it asked for',
    settings: FALLBACKS,
    replies: [missing, by(HYDROGEN, missing), by(FLASH, missing)],
  },
  'fallback-not-for-gemini': {
    shows: 'A Gemini model that the client named itself: no other one answers in its place',
    ask: { model: 'gemini-4-argon' },
    settings: FALLBACKS,
    replies: [missing],
  },
  'fallback-signatures': {
    shows: 'A call signed by one family, answered by another: the signature stays behind',
    ask: { tools: ASK_TOOLS, messages: oneCall() },
    store: { [callKey('toolu_1')]: seal({ on: 'call', toolId: 'toolu_1' }, 'call') },
    settings: FALLBACKS,
    replies: [missing, by(HYDROGEN, missing), by(FLASH, hello)],
  },
};

const NOBODY: TurnCases = {
  'retries-no-way': {
    shows: 'Nothing listens upstream: told after a quarter of a minute, however many attempts there are',
    settings: MANY_ATTEMPTS,
    replies: Array.from({ length: 9 }, () => away),
  },
};

export const RETRIES: TurnCases = { ...SEVERAL, ...OTHER_MODELS, ...NOBODY };
