/** What happens to keys and to the streams of models, and the words for it. */
import type { FailureClass } from '../gemini/failure-class.ts';
import type { BreakerState } from './breaker.ts';
import type { KeyState, KeyTrouble } from './keys.ts';

/** `key` is a fingerprint; `until` is a date, in milliseconds since the epoch. */
export type KeyEvent =
  /** Whether Google serves the key's requests at all. `why` is undefined where another instance did not say. */
  | { kind: 'key'; key: string; state: KeyState['state']; why?: KeyTrouble }
  /** What keeps a key from a model. `free`: the key has access to the model again. */
  | { kind: 'model'; key: string; model: string; state: 'parked' | 'denied' | 'free'; until: number }
  | {
      kind: 'breaker';
      key: string;
      model: string;
      state: BreakerState;
      until: number;
      /** Openings in a row. */
      openings: number;
      /** The last failure; undefined where only another instance saw it. */
      cause?: FailureClass;
    };

/** While streams of a model keep breaking (`open`), its answers are asked for whole. */
export type StreamsEvent = {
  kind: 'streams';
  model: string;
  state: 'open' | 'closed';
  until: number;
  openings: number;
};

/** The words of the log for an event. */
export function keyEventText(event: KeyEvent | StreamsEvent): string {
  if (event.kind === 'streams') return `streams of ${event.model} ${STREAMS_SAY[event.state]}`;
  const key = `key #${event.key}`;
  switch (event.kind) {
    case 'key':
      return `${key}: ${keyStateText(event)}`;
    case 'model':
      return `${key}: ${MODEL_SAYS[event.state](event.model)}`;
    case 'breaker': {
      const line = `${key}: ${event.model} ${BREAKER_SAYS[event.state]}`;
      if (event.state !== 'open') return line;
      const cause = event.cause === undefined ? '' : ` (${event.cause})`;
      return `${line}; not asked until ${new Date(event.until).toISOString()}${cause}`;
    }
  }
}

const MODEL_SAYS = {
  parked: (model) => `the day's quota for ${model} is used up; not used for it until midnight Pacific`,
  denied: (model) => `has no access to ${model}`,
  free: (model) => `has access to ${model} again`,
} as const satisfies Record<string, (model: string) => string>;

const BREAKER_SAYS = {
  closed: 'works again',
  'half-open': 'is tried with one request',
  open: 'keeps failing',
} as const satisfies Record<BreakerState, string>;

const STREAMS_SAY = {
  open: 'keep breaking: for a while whole answers are asked for',
  closed: 'work again',
} as const satisfies Record<StreamsEvent['state'], string>;

const TROUBLE_SAYS = {
  key: 'refused by Google',
  billing: 'billing: out of credit, at its spending cap, or without billing',
} as const satisfies Record<KeyTrouble, string>;

const STATE_SAYS = {
  refused: 'it is the last, and asked all the same',
  out: 'left out, but for a test every hour',
} as const satisfies Record<Exclude<KeyState['state'], 'in use'>, string>;

function keyStateText({ state, why }: Extract<KeyEvent, { kind: 'key' }>): string {
  if (state === 'in use') return 'works again';
  return `${why === undefined ? 'refused' : TROUBLE_SAYS[why]}; ${STATE_SAYS[state]}`;
}
