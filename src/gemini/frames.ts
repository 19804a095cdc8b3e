/**
 * Turns the bytes of Gemini's answers into classified frames. Well-formed bodies are `data: {json}` CRLF CRLF.
 * Everything else that was seen or reported is read as well and named in `repairs`: error objects without framing,
 * arrays, events glued together or broken in two, other line ends, a missing last blank line. The decoder never throws
 * on upstream data, and gives the same frames however the bytes are sliced. Sources: wire sections 2 and 5, recordings
 * section 1.
 */
import { isObject, tryParseJson } from '../lib/json.ts';
import { jsonShape, withoutStrayCommas } from '../lib/json-text.ts';
import { SseDecoder, type SseItem } from '../lib/sse-decoder.ts';
import { errorIn } from './error-object.ts';
import { keepDigitsOfCalls } from './exact-arguments.ts';
import { MAX_ANSWER, MAX_DEPTH, MAX_EVENT, MAX_VALUES } from './limits.ts';
import { ObjectScanner } from './object-scanner.ts';
import type { GenerateContentResponse, GoogleError } from './wire.ts';

/**
 * One piece of an answer's body. `malformed` and `truncated` frames keep their text; the text of an `oversized` frame
 * is dropped.
 */
export type Frame =
  /** The chunk has candidates or prompt feedback, with or without usage. */
  | { kind: 'content'; chunk: GenerateContentResponse; repairs?: readonly Repair[] }
  /** The chunk has only usage or bookkeeping. */
  | { kind: 'usage'; chunk: GenerateContentResponse; repairs?: readonly Repair[] }
  /** The body contains an error object, in whatever form. */
  | { kind: 'error'; error: GoogleError; repairs?: readonly Repair[] }
  /** The data of a complete event is not JSON. */
  | { kind: 'malformed'; text: string }
  /** The body ended in the middle of an event. */
  | { kind: 'truncated'; text: string }
  /** The body breaks a bound (`limits.ts`). This frame comes as soon as that is known, and the text is not kept. */
  | { kind: 'oversized'; bound: Bound }
  /** The JSON has a shape that we do not know, or it is an end mark such as `[DONE]`. */
  | { kind: 'unknown'; text: string };

export type Bound =
  /** An event, a line, or an object over several lines is longer than `MAX_EVENT`. */
  | 'length'
  /** An event is nested deeper than `MAX_DEPTH`. */
  | 'depth'
  /** An event has more values than `MAX_VALUES`. */
  | 'values'
  /** All events together are longer than `MAX_ANSWER`. */
  | 'answer';

export type Repair =
  | 'byte-order-mark'
  | 'no-final-blank-line'
  /** An object came outside of any event, though the body has events. */
  | 'bare-json'
  /** Several objects, or an array of them, came in one event. */
  | 'joined-events'
  /** One object came over several events or lines. */
  | 'broken-event'
  /** Commas with nothing between them were removed. */
  | 'stray-comma';

const SENTINEL = '[DONE]';
const BOOKKEEPING = ['usageMetadata', 'modelVersion', 'responseId', 'createTime', 'candidates', 'turnToken'];

/** The frames of a whole body, which came in `pieces`. */
export function framesIn(pieces: readonly Uint8Array[]): Frame[] {
  const decoder = new FrameDecoder();
  return [...pieces.flatMap((bytes) => decoder.feed(bytes)), ...decoder.end()];
}

export class FrameDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #limit: number;
  readonly #sse: SseDecoder;
  readonly #scanner = new ObjectScanner();
  /** How many bytes the answer may still have. */
  #left: number;
  #sawEvent = false;
  #markReported = false;

  constructor(limit = MAX_EVENT, answerLimit = MAX_ANSWER) {
    this.#limit = limit;
    this.#left = answerLimit;
    this.#sse = new SseDecoder(limit);
  }

  /** True where an event has begun and not ended. (A comment is no event.) */
  get open(): boolean {
    return this.#sse.open || this.#scanner.open;
  }

  feed(bytes: Uint8Array): Frame[] {
    if (this.#left < 0) return [];
    this.#left -= bytes.length;
    const frames = this.#frames(this.#sse.feed(this.#utf8.decode(bytes, { stream: true })));
    if (this.#left < 0) this.#oversized('answer', frames);
    return frames;
  }

  /** To be called when the body has ended. An open event is then complete without its blank line, or is truncated. */
  end(): Frame[] {
    const frames = this.#frames([...this.#sse.feed(this.#utf8.decode()), ...this.#sse.end()]);
    if (this.#scanner.open) frames.push({ kind: 'truncated', text: this.#scanner.take() });
    return frames;
  }

  #frames(items: readonly SseItem[]): Frame[] {
    const frames: Frame[] = [];
    for (const item of items) {
      if (item.type === 'stray') this.#stray(item.line, frames);
      else if (item.type === 'oversized') this.#oversized('length', frames);
      else this.#event(item.data.join(''), item.data.length > 1, item.complete, frames);
    }
    return frames;
  }

  #event(data: string, manyLines: boolean, complete: boolean, frames: Frame[]): void {
    this.#sawEvent = true;
    if (data === '') return;
    const repairs = this.#markRepair();
    if (!complete) repairs.push('no-final-blank-line');
    const whole = readObject(data);
    if (typeof whole === 'string') this.#oversized(whole, frames);
    else if (whole) {
      this.#giveUpOpenObject(frames);
      classify(whole, data, repairs, frames);
    } else if (data === SENTINEL) {
      frames.push({ kind: 'unknown', text: data });
    } else {
      if (this.#scanner.open || manyLines) repairs.push('broken-event');
      this.#scan(data, repairs, complete ? 'malformed' : 'truncated', frames);
    }
  }

  #stray(line: string, frames: Frame[]): void {
    const repairs = this.#markRepair();
    if (this.#sawEvent) repairs.push('bare-json');
    this.#scan(line, repairs, 'malformed', frames);
  }

  #oversized(bound: Bound, frames: Frame[]): void {
    this.#scanner.take();
    frames.push({ kind: 'oversized', bound });
  }

  /** Drops the open object: a complete object follows, so the open one will never be finished. */
  #giveUpOpenObject(frames: Frame[]): void {
    if (this.#scanner.open) frames.push({ kind: 'malformed', text: this.#scanner.take() });
  }

  #scan(text: string, repairs: Repair[], junkKind: 'malformed' | 'truncated', frames: Frame[]): void {
    const found: { object: boolean; text: string }[] = [];
    this.#scanner.push(
      text,
      (object) => found.push({ object: true, text: object }),
      (junk) => found.push({ object: false, text: junk }),
    );
    if (found.filter(({ object }) => object).length > 1) repairs.push('joined-events');
    for (const piece of found) {
      if (piece.object) this.#parseObject(piece.text, repairs, frames);
      else frames.push({ kind: junkKind, text: piece.text });
    }
    if (this.#scanner.size > this.#limit) this.#oversized('length', frames);
  }

  #parseObject(text: string, repairs: readonly Repair[], frames: Frame[]): void {
    const whole = readObject(text);
    const found = whole ?? readObject(withoutStrayCommas(text));
    if (typeof found === 'string') this.#oversized(found, frames);
    else if (found) classify(found, text, whole ? repairs : [...repairs, 'stray-comma'], frames);
    else frames.push({ kind: 'malformed', text });
  }

  #markRepair(): Repair[] {
    if (!this.#sse.sawByteOrderMark || this.#markReported) return [];
    this.#markReported = true;
    return ['byte-order-mark'];
  }
}

/** A shorter text is checked directly, without a call. Nearly all events are this short. */
const SMALL = 4_096;

const BOUNDS = { depth: MAX_DEPTH, values: MAX_VALUES } as const;

/** The object in `text`, or the bound that `text` breaks; undefined where it is no object. */
function readObject(text: string): Record<string, unknown> | Bound | undefined {
  const hasCall = text.includes('"functionCall"');
  const shape = hasCall || text.length > SMALL ? jsonShape(text, BOUNDS) : undefined;
  if (shape && shape.depth > MAX_DEPTH) return 'depth';
  if (shape && shape.values > MAX_VALUES) return 'values';
  const value = tryParseJson(text);
  if (!isObject(value)) return undefined;
  if (hasCall && !shape?.exact) keepDigitsOfCalls(value, text);
  return value;
}

/** The frames for one object. An object may hold both an answer and an error: the answer is then read first. */
function classify(
  value: Record<string, unknown>,
  text: string,
  repairs: readonly Repair[],
  frames: Frame[],
): void {
  const told = repairs.length > 0 ? { repairs } : {};
  const error = errorIn(value);
  const chunk = value as GenerateContentResponse;
  const before = frames.length;
  if (hasItems(value['candidates']) || isObject(value['promptFeedback'])) {
    frames.push({ kind: 'content', chunk, ...told });
  } else if (!error && BOOKKEEPING.some((key) => key in value)) {
    frames.push({ kind: 'usage', chunk, ...told });
  }
  if (error) frames.push({ kind: 'error', error, ...told });
  if (frames.length === before) frames.push({ kind: 'unknown', text });
}

const hasItems = (value: unknown) => Array.isArray(value) && value.length > 0;
