/** The right events, too often or at the wrong time. */
import { onBody } from './body.ts';
import { editFirstEvent, eventsOf, isEvent, latin1Of, utf8Of } from './events.ts';
import type { Behaviour } from './fault.ts';

/** Nobody can tell a repeated event from a model that said the same again, so it counts as said twice. */
export const repeats: Behaviour = editFirstEvent((event) => (isEvent(event) ? [event, event] : undefined));

/** The last event of a body may lack its blank line, and must not run into the one that is put after it. */
const ended = (event: Uint8Array): Uint8Array[] =>
  latin1Of(event).endsWith('\n') || !isEvent(event) ? [event] : [event, utf8Of('\r\n\r\n')];

/** Event `frame` comes after the next one. */
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

/** Event `frame` comes after all others, and so after the end. */
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
