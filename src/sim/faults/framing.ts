/** The same events, framed in other ways. */
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
/** The two highest bits of all bytes of a character but the first. */
const CONTINUATION = 0b10;
const MIXED = ['\r\n', '\n', '\r'];

/** `endAt` decides about the n-th line end of the event. */
const editLineEnds = (endAt: (index: number) => string): Behaviour =>
  editEvents((event) => {
    let index = 0;
    return isEvent(event) ? [fromLatin1(latin1Of(event).replace(LINE_END, () => endAt(index++)))] : undefined;
  });

export const endsLinesWith = (end: string): Behaviour => editLineEnds(() => end);

/** LF, CRLF and CR by turns, but no LF right after a CR: the two would be one line end. */
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

/** Relays send such lines to keep a connection open, with fields that Gemini never sends. */
export const addsComments: Behaviour = editEvents((event) =>
  isEvent(event)
    ? [utf8Of(': keep-alive\r\n\r\nevent: message\r\nid: 1\r\nretry: 1000\r\n'), event]
    : undefined,
);

/** Line breaks between tokens of the JSON: when the lines are joined again, the JSON is the same. */
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

/** An event and the next one on the same line. */
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
  // Not inside a character: two events cannot share it.
  while ((event[middle] ?? 0) >> 6 === CONTINUATION) middle++;
  return [fromLatin1(`${text.slice(0, middle)}\r\n\r\n`), fromLatin1(`data: ${text.slice(middle)}\r\n\r\n`)];
};

export const breaksEvent: Behaviour = editFirstEvent(breakInTwo);

/** An end as other vendors write it. */
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
