/** Faults that frame the same events in other ways. */
import { onBody } from './body.ts';
import {
  chunkOf,
  type Edit,
  editEvents,
  editFirstEvent,
  eventsOf,
  fromLatin1,
  isEvent,
  latin1Of,
  utf8Of,
} from './events.ts';
import type { Behaviour } from './fault.ts';

const LINE_END = /\r\n|\n|\r/g;
const ENDS_OF_LINES = /[\r\n]*$/;
/** The two highest bits of a character's second byte and of its further bytes. */
const CONTINUATION = 0b10;
const MIXED = ['\r\n', '\n', '\r'];

/** Changes the line ends of an event. `endAt` decides which line end comes at the n-th place. */
const editLineEnds = (endAt: (index: number) => string): Behaviour =>
  editEvents((event) => {
    let index = 0;
    return isEvent(event) ? [fromLatin1(latin1Of(event).replace(LINE_END, () => endAt(index++)))] : undefined;
  });

export const endsLinesWith = (end: string): Behaviour => editLineEnds(() => end);

/** Uses LF, CRLF and CR in turn, but never LF right after CR: the two would be one line end. */
function mixed(text: string): string {
  let index = 0;
  let before = { end: '', at: -1 };
  return text.replace(LINE_END, (end: string, at: number) => {
    const wanted = MIXED[index++ % MIXED.length] ?? '\n';
    const joins = before.at === at && before.end === '\r' && wanted.startsWith('\n');
    before = { end: joins ? '\r' : wanted, at: at + end.length };
    return before.end;
  });
}

export const mixesLineEnds: Behaviour = editEvents((event) =>
  isEvent(event) ? [fromLatin1(mixed(latin1Of(event)))] : undefined,
);

export const beginsWithMark: Behaviour = onBody(async function* (reads, strike) {
  strike.struck();
  yield utf8Of('\uFEFF');
  yield* reads;
});

/** Adds comments and unknown fields. Relays send such lines to keep a connection open; Gemini never sends them. */
export const addsComments: Behaviour = editEvents((event) =>
  isEvent(event)
    ? [utf8Of(': keep-alive\r\n\r\nevent: message\r\nid: 1\r\nretry: 1000\r\n'), event]
    : undefined,
);

/** Puts line breaks between tokens of the JSON: when the lines are joined again, the JSON is the same. */
export const breaksLines: Behaviour = editEvents((event) => {
  const chunk = isEvent(event) ? chunkOf(event) : undefined;
  if (!chunk) return undefined;
  const lines = JSON.stringify(chunk, null, 1).split('\n');
  return [utf8Of(`${lines.map((line) => `data: ${line}\r\n`).join('')}\r\n`)];
});

export const dropsBlankLine: Behaviour = onBody(async function* (reads, strike) {
  let held = '';
  for await (const read of reads) {
    const text = held + latin1Of(read);
    const end = ENDS_OF_LINES.exec(text)?.index ?? text.length;
    held = text.slice(end);
    yield fromLatin1(text.slice(0, end));
  }
  if (held !== '') strike.struck();
});

const withoutEnd = (event: Uint8Array) => latin1Of(event).replace(ENDS_OF_LINES, '');

/** Puts an event and the next event on one line. */
export const gluesEvents: Behaviour = onBody(async function* (reads, strike) {
  const { frame = 1 } = strike.settings;
  let index = 0;
  let held: Uint8Array | undefined;
  for await (const event of eventsOf(reads)) {
    index++;
    if (index === frame && isEvent(event)) held = event;
    else if (held) {
      strike.struck({ frame });
      yield fromLatin1(withoutEnd(held) + latin1Of(event));
      held = undefined;
    } else yield event;
  }
  if (held) yield held;
});

const breakInTwo: Edit = (event) => {
  if (!isEvent(event)) return undefined;
  const text = withoutEnd(event);
  let middle = Math.floor(text.length / 2);
  // The place must not be inside a character, because two events cannot share one.
  while ((event[middle] ?? 0) >> 6 === CONTINUATION) middle++;
  return [fromLatin1(`${text.slice(0, middle)}\r\n\r\n`), fromLatin1(`data: ${text.slice(middle)}\r\n\r\n`)];
};

export const breaksEvent: Behaviour = editFirstEvent(breakInTwo);

/** Adds an end mark as other vendors write it. */
export const addsSentinel: Behaviour = onBody(async function* (reads, strike) {
  let last: Uint8Array | undefined;
  for await (const event of eventsOf(reads)) {
    last = event;
    yield event;
  }
  if (!last || !isEvent(last)) return;
  strike.struck();
  const ended = /[\r\n]$/.test(latin1Of(last));
  yield utf8Of(`${ended ? '' : '\r\n\r\n'}data: [DONE]\r\n\r\n`);
});
