/** The right events, too often or at the wrong time. */
import { onBody } from './body.ts';
import { editEvents, eventsOf, isEvent } from './events.ts';
import type { Behaviour } from './fault.ts';

export const repeats: Behaviour = editEvents((event) => (isEvent(event) ? [event, event] : undefined));

/** Event `frame` comes after the next one. */
export const swaps: Behaviour = onBody(async function* (reads, strike) {
  const { frame = 1 } = strike.settings;
  let index = 0;
  let held: Uint8Array | undefined;
  for await (const event of eventsOf(reads)) {
    if (++index === frame) held = event;
    else {
      yield event;
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
    else yield event;
  }
  if (!held) return;
  if (index > frame) strike.struck({ frame });
  yield held;
});
