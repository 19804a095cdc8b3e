/** The right events, too often or at the wrong time. */
import { onBody } from './body.ts';
import {
  chunkOf,
  editFirstEvent,
  eventsOf,
  isEvent,
  latin1Of,
  speaks,
  utf8Of,
  writeChunk,
} from './events.ts';
import type { Behaviour } from './fault.ts';

/** Google counts on from event to event, so one that repeats its counts as well has said nothing new. */
export const repeats: Behaviour = editFirstEvent((event) =>
  chunkOf(event)?.usageMetadata?.candidatesTokenCount === undefined || !isEvent(event)
    ? undefined
    : [event, event],
);

/** Without counts, as Vertex sends all events but the last, it may as well be the same words said twice. */
export const repeatsUncounted: Behaviour = editFirstEvent((event) => {
  const { usageMetadata: _counts, ...chunk } = chunkOf(event) ?? {};
  if (!isEvent(event) || !speaks(event) || chunk.candidates?.[0]?.finishReason) return undefined;
  const uncounted = writeChunk(chunk, event);
  return [uncounted, uncounted];
});

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
