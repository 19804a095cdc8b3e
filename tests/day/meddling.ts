/** Ways to spoil a day on purpose, on either side of the proxy, to prove that the judge notices each. */
import type { Door } from './clients.ts';
import type { DayClock } from './day-clock.ts';
import type { Move } from './google-stream.ts';

const encoder = new TextEncoder();

/** Each event of a stream is replaced by what `change` makes of it. `clock` lets time pass. */
type ChangeEvent = (event: string, clock: DayClock) => readonly string[] | Promise<readonly string[]>;

/** The proxy, with `change` between it and its clients. */
export function meddled(change: ChangeEvent): (door: Door, clock: DayClock) => Door {
  return (door, clock) => async (request) => {
    const response = await door(request);
    const { status, headers, body } = response;
    if (!body || !headers.get('content-type')?.startsWith('text/event-stream')) return response;
    return new Response(changed(body, change, clock), { status, headers });
  };
}

function changed(
  body: ReadableStream<Uint8Array>,
  change: ChangeEvent,
  clock: DayClock,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const utf8 = new TextDecoder();
  let rest = '';
  return new ReadableStream({
    // Without a chunk nobody would pull again.
    async pull(controller) {
      for (let sent = false; !sent; ) {
        const { value, done } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        const events = (rest + utf8.decode(value, { stream: true })).split(/(?<=\n\n)/);
        rest = events.at(-1)?.endsWith('\n\n') ? '' : (events.pop() ?? '');
        for (const event of events)
          for (const made of await change(event, clock)) {
            controller.enqueue(encoder.encode(made));
            sent = true;
          }
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Replaces the text that `pattern` finds in Google's pieces. */
export const tampered =
  (pattern: RegExp, change: (step: Move & { text: string }) => readonly Move[]) =>
  (step: Move): readonly Move[] =>
    'text' in step && pattern.test(step.text) ? change(step) : [step];
