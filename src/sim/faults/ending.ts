/** Faults of streams that end too early, or stall. */
import { googleBody, googleEvent } from '../mock/google-json.ts';
import { onBody, pause, type Reads } from './body.ts';
import { resetError } from './connection.ts';
import { utf8Of } from './events.ts';
import type { Behaviour, Strike } from './fault.ts';
import { afterText, asSet, atEnd, HERE, midCharacter, midEvent, type Place, strikeAt } from './place.ts';
import { googleErrorFor } from './status.ts';

// biome-ignore lint/correctness/useYield: breaks instead of going on
async function* breaks(): Reads {
  throw resetError();
}

// biome-ignore lint/correctness/useYield: only waits
async function* waits(strike: Strike): Reads {
  await pause(strike.settings.for ?? Infinity, strike);
}

const errorOf = (strike: Strike) => ({ error: googleErrorFor(strike.settings.code ?? 503) });

/** Yields an error object without framing, over many lines, and without a blank line at its end. */
async function* saysBareError(strike: Strike): Reads {
  yield utf8Of(googleBody(errorOf(strike)));
}

async function* saysErrorEvent(strike: Strike): Reads {
  yield utf8Of(googleEvent(errorOf(strike)));
}

/** Ends the body cleanly, as servers do that close a connection to end it, or relays that hide a broken one. */
export const cuts: Behaviour = onBody(async function* (reads, strike) {
  let here = false;
  for await (const item of asSet(reads, strike)) {
    if (item === HERE) here = true;
    else if (!here) yield item;
    else if (item.byteLength > 0) {
      // The strike is known only now: a cut after the last byte cuts nothing.
      strike.struck();
      return;
    }
  }
});
export const resets: Behaviour = strikeAt(asSet, breaks, 'ends');
/** Sends all bytes, but no last chunk: the runtime reports a broken connection. */
export const losesLastChunk: Behaviour = strikeAt(atEnd, breaks, 'ends');
export const failsBare: Behaviour = strikeAt(asSet, saysBareError, 'ends');
export const failsInEvent: Behaviour = strikeAt(asSet, saysErrorEvent, 'ends');

const stallsAt = (place: Place): Behaviour => strikeAt(place, waits, 'rest follows');

export const stalls = stallsAt(asSet);
export const stallsMidEvent = stallsAt(midEvent);
export const stallsMidCharacter = stallsAt(midCharacter);
export const stallsAfterText = stallsAt(afterText);
/** Sends the whole answer, and does not close the connection. */
export const staysOpen = stallsAt(atEnd);
