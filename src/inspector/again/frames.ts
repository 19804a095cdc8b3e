/** What Gemini sent at one attempt, frame by frame, beside the events that were made of it. */

import type { MessageEvent } from '../../anthropic/events.ts';
import { firstCandidate } from '../../gemini/first-candidate.ts';
import { type Frame, FrameDecoder } from '../../gemini/frames.ts';
import type { GenerateContentResponse, ResponsePart } from '../../gemini/wire.ts';
import { openReader } from '../../translate/response/open-reader.ts';
import { AnswerStream } from '../../translate/response/stream.ts';
import type { TurnEvent } from '../../translate/response/turn.ts';
import type { Exchange } from '../parts.ts';
import { detailWords } from '../plain-words.ts';
import type { Frames } from '../shapes.ts';
import type { Opened } from '../texts/opened.ts';
import { PLACES } from '../texts/text.ts';
import type { Again } from './translate-again.ts';

type Read = { frame: Frame; ms: number; bytes: number; exchange: Exchange };

const QUOTED = 40;

const quote = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  return `“${line.length <= QUOTED ? line : `${line.slice(0, QUOTED).toWellFormed()}…`}”`;
};

function partSays(part: ResponsePart): string {
  const signed = part.thoughtSignature === undefined ? '' : ', thoughtSignature';
  if (part.functionCall) return `functionCall ${part.functionCall.name ?? ''}${signed}`.trim();
  if (part.text !== undefined) {
    if (part.text === '' && signed !== '') return 'thoughtSignature';
    return `${part.thought ? 'thought' : 'text'} ${quote(part.text)}${signed}`;
  }
  const [name = 'nothing'] = Object.keys(part);
  return `${name}${signed}`;
}

function chunkSays(chunk: GenerateContentResponse): string {
  const { promptFeedback, usageMetadata } = chunk;
  const candidate = firstCandidate(chunk);
  const said = [
    ...(candidate?.content?.parts ?? []).map(partSays),
    ...(candidate?.finishReason ? [`finishReason ${candidate.finishReason}`] : []),
    ...(promptFeedback ? [`promptFeedback ${promptFeedback.blockReason ?? ''}`.trim()] : []),
  ];
  // Nearly every frame has counts, so they are told only of a frame that has nothing else.
  return said.join(', ') || (usageMetadata ? 'usageMetadata' : 'nothing');
}

function says(frame: Frame): string {
  switch (frame.kind) {
    case 'content':
    case 'usage':
      return chunkSays(frame.chunk);
    case 'error':
      return `error ${[frame.error.code, frame.error.status, frame.error.message].filter(Boolean).join(' ')}`;
    case 'oversized':
      return `too large: ${frame.bound}`;
    default:
      return `${frame.kind} ${quote(frame.text)}`;
  }
}

/** Bytes of the frame as JSON: how many it had on the wire is not known where several came together. */
function sizeOf(frame: Frame): number {
  if (frame.kind === 'content' || frame.kind === 'usage')
    return Buffer.byteLength(JSON.stringify(frame.chunk));
  if (frame.kind === 'error') return Buffer.byteLength(JSON.stringify(frame.error));
  return frame.kind === 'oversized' ? 0 : Buffer.byteLength(frame.text);
}

export function readFrames(opened: Opened, exchanges: readonly Exchange[]): Read[] {
  return exchanges.flatMap((exchange) => {
    const decoder = new FrameDecoder();
    let last = exchange.sentAt;
    const found = opened.reads(exchange).flatMap(({ ms, bytes }) => {
      last = ms;
      const frames = decoder.feed(bytes);
      return frames.map((frame) => ({
        frame,
        ms,
        bytes: frames.length === 1 ? bytes.byteLength : sizeOf(frame),
        exchange,
      }));
    });
    const rest = decoder.end().map((frame) => ({ frame, ms: last, bytes: sizeOf(frame), exchange }));
    return [...found, ...rest];
  });
}

/** `content_block_start 1 text`, `text_delta, 1`. */
function eventText(event: MessageEvent): string {
  switch (event.type) {
    case 'content_block_start':
      return `content_block_start ${event.index} ${event.content_block.type}`;
    case 'content_block_delta':
      return `${event.delta.type}, ${event.index}`;
    case 'content_block_stop':
      return `content_block_stop ${event.index}`;
    case 'message_delta':
      return `message_delta ${event.delta.stop_reason ?? ''}`.trim();
    default:
      return event.type;
  }
}

/** Makes the events of an answer once more. After a failure it makes no more: the client got none, or the error. */
class EventMaker {
  readonly #stream: AnswerStream;
  readonly #reader: ReturnType<typeof openReader>;
  #opening: string[] | undefined;
  #hasFailed = false;

  constructor({ plan, ctx }: Again, mayGoOn: boolean) {
    const warn = () => {};
    let ids = 0;
    this.#reader = openReader({ plan, warn, mayAskAgain: () => false, mayGoOn: () => mayGoOn });
    this.#stream = new AnswerStream({
      plan: () => plan,
      messageId: 'msg_again',
      origin: () => ctx.origin,
      newToolId: () => `toolu_again${ids++}`,
      tellsIterations: false,
      keepFile: () => undefined,
      cacheWritten: () => undefined,
      newServerToolId: () => `srvtoolu_again${ids++}`,
      remember() {},
      shown: (text) => text,
      warn,
    });
    this.#opening = this.#stream.start().map(eventText);
  }

  ofFrame(frame: Frame): string[] {
    return this.#made(() => this.#reader.read(frame));
  }

  ofEnd(): string[] {
    return this.#made(() => this.#reader.end());
  }

  #made(read: () => TurnEvent[]): string[] {
    if (this.#hasFailed || this.#stream.finished) return [];
    try {
      const some = read();
      if (some.length === 0) return [];
      const events = this.#stream.push(some).map(eventText);
      const opening = this.#opening ?? [];
      this.#opening = undefined;
      return [...opening, ...events];
    } catch {
      // What went wrong stands in the time line; here only the frame is shown that it came with.
      this.#hasFailed = true;
      return [];
    }
  }
}

const exchangesOf = ({ request }: Opened, attempt: number): Exchange[] =>
  request.exchanges.filter((one) => one.attempt === attempt);

/** `again`: the translation of the request; undefined where no events can be made again. */
export function framesOf(opened: Opened, attempt: number, again: Again | undefined): Frames {
  const exchanges = exchangesOf(opened, attempt);
  const reads = readFrames(opened, exchanges);
  const maker = again && new EventMaker(again, exchanges.length > 1);
  const frames = reads.map(({ frame, ms, bytes, exchange }, index) => {
    const made = maker?.ofFrame(frame) ?? [];
    const isLast = reads[index + 1]?.exchange !== exchange;
    const events = isLast ? [...made, ...(maker?.ofEnd() ?? [])] : made;
    const found = 'repairs' in frame ? (frame.repairs ?? []) : [];
    const repairs = found.map((repair) => `Repaired: ${detailWords('frame-repaired', repair)}`);
    const number = index + 1;
    return { number, ms, bytes, says: says(frame), repairs, events, at: PLACES.frame(attempt, number) };
  });
  return {
    attempt,
    bytes: exchanges.reduce((sum, { answer }) => sum + answer.length, 0),
    frames,
    eventCount: frames.reduce((sum, { events }) => sum + events.length, 0),
  };
}

/** The text of a frame. */
export function frameText(opened: Opened, attempt: number, number: number): string | undefined {
  const frame = readFrames(opened, exchangesOf(opened, attempt))[number - 1]?.frame;
  if (!frame) return undefined;
  if (frame.kind === 'content' || frame.kind === 'usage') return JSON.stringify(frame.chunk, undefined, 2);
  if (frame.kind === 'error') return JSON.stringify(frame.error, undefined, 2);
  return frame.kind === 'oversized' ? `too large: ${frame.bound}` : frame.text;
}
