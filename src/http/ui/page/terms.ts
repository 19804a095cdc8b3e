/** The words of the page that not everybody knows, and what they mean: as titles where they stand, and all of them in the help. */
import { html } from 'htm/preact';

const TERMS = {
  models: [
    'Asked → answered',
    'The model that the client has named, and the one of Google that answers for it',
  ],
  end: ['End', 'Why the answer has ended, or the status of an error'],
  bar: [
    'Bar',
    'Where the time went, on one scale for all requests: grey until Gemini begins, blue while it thinks and writes, hatched while something is waited for, red for attempts that failed',
  ],
  first: ['First s', 'Seconds until the first thought, text or call has come'],
  total: ['Total s', 'Seconds from the request until its answer has ended'],
  in: ['In', 'Tokens of the prompt, with those from the cache'],
  cached: [
    'Cached',
    'The part of the prompt that Google still had from an earlier request: that part is read faster, and costs a fraction',
  ],
  out: ['Out', 'Tokens of the answer, with those of thinking'],
  dollars: ['$', 'What it costs by Google’s list of prices, with attempts that failed'],
  thread: [
    'Thread',
    'The requests of one session together; those of a subagent stand under the request whose answer has begun it',
  ],
  caller: ['Caller', 'What a request is for: the main conversation, a subagent, a title, …'],
  key: [
    'Key',
    'A key of Google’s, named by a short code that is made from it. Nobody can find the key by that code',
  ],
  worksAgain: [
    'Works again',
    'When the key may be used again, or is tested or tried again, where only that can tell whether it works',
  ],
  leftOut: [
    'Left out',
    'While a model keeps failing with a key, none of its requests go there, but for a trial now and then. The log and the metrics say: its breaker is open',
  ],
  frame: ['Frame', 'A piece of Gemini’s stream, as it came'],
  event: ['Event', 'A piece of the stream that the client gets'],
} as const satisfies Record<string, readonly [word: string, meaning: string]>;

export type TermName = keyof typeof TERMS;

export const ALL_TERMS: readonly (readonly [word: string, meaning: string])[] = Object.values(TERMS);

/** A word of the page, with its meaning. `children`: the word as it stands here, where that is another form of it. */
export const Term = ({ of, children }: { of: TermName; children?: unknown }) =>
  html`<abbr title=${TERMS[of][1]}>${children ?? TERMS[of][0]}</abbr>`;
