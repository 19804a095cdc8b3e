/** Faults that send the right events too often or at the wrong time. */
import { onBody } from './body.ts';
import { editFirstEvent, eventsOf, isEvent, latin1Of, utf8Of } from './events.ts';
import type { Behaviour } from './fault.ts';

/** Sends an event twice. Nobody can tell this from a model that said the same again, so the text counts twice. */
export const repeats: Behaviour = editFirstEvent((event) => (isEvent(event) ? [event, event] : undefined));

/**
 * An event with a blank line at its end. The last event of a body may lack this line, and must not run into the event
 * that is put after it.
 */
const ended = (event: Uint8Array): Uint8Array[] =>
  latin1Of(event).endsWith('\n') || !isEvent(event) ? [event] : [event, utf8Of('\r\n\r\n')];

/** Sends event `frame` after the next event. */
export const swaps: Behaviour = onBody(async function* (reads, strike) {
  const { frame = 1 } = strike.settings;
  let index = 0;
  let held: Uint8Array | undefined;
  for await (const event of eventsOf(reads)) {
    if (++index === frame) held = event;
    else {
      yield* held ? ended(event) : [event];
      if (!held) continue;
      strike.struck({ frame });
      yield held;
      held = undefined;
    }
  }
  if (held) yield held;
});

/** Sends event `frame` after all other events, and so after the end of the answer. */
export const delaysEvent: Behaviour = onBody(async function* (reads, strike) {
  const { frame = 1 } = strike.settings;
  let index = 0;
  let held: Uint8Array | undefined;
  for await (const event of eventsOf(reads)) {
    if (++index === frame) held = event;
    else yield* held ? ended(event) : [event];
  }
  if (!held) return;
  if (index > frame) strike.struck({ frame });
  yield held;
});
