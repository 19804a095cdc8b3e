/**
 * Translates Gemini's frames to TurnEvents, for streams and whole answers alike. One reader reads one attempt. Anything
 * that cannot be an answer (an error object, a broken end, a call of an unknown tool) is thrown as an UpstreamError, so
 * that another attempt can be made while the client has seen nothing.
 */
import { UpstreamError } from '../../gemini/errors.ts';
import { isFirst } from '../../gemini/first-candidate.ts';
import type { Bound, Frame } from '../../gemini/frames.ts';
import { tokenCounts } from '../../gemini/token-counts.ts';
import type { GenerateContentResponse, RequestPart } from '../../gemini/wire.ts';
import { isObject } from '../../lib/json.ts';
import { WholeCharacters, wellFormed } from '../../lib/well-formed.ts';
import type { Warn } from '../warnings.ts';
import { AnswerCalls, type AnswerCallsOptions, type ReadEvent } from './answer-calls.ts';
import { GeminiCalls } from './gemini-calls.ts';
import { type HostedPartName, hostedPart, hostedParts, isCode } from './hosted/hosted-parts.ts';
import { mediaInWords } from './shown-media.ts';
import { meaningOf } from './stop-reason.ts';
import type { Finish, TextAuthor, TurnEvent } from './turn.ts';
import { UsageSum } from './usage-sum.ts';

const UNSPECIFIED = /_UNSPECIFIED$/;
const MARKUP = /^\s*</;
/** The most sources of an answer that are told in the log. */
const MOST_SOURCES = 20;
const BROKEN_BOUNDS = {
  length: 'an event over 16 MB',
  depth: 'an event whose objects and lists lie more than 200 deep in each other',
  values: 'an event of more than 30,000 values',
  answer: 'an answer over 64 MB',
} as const satisfies Record<Bound, string>;

export class PartsReader {
  readonly #warn: Warn;
  readonly #pieces = new GeminiCalls();
  readonly #words = new WholeCharacters();
  readonly #thoughts = new WholeCharacters();
  readonly #calls: AnswerCalls;
  readonly #usage = new UsageSum();
  readonly #mayGoOn: () => boolean;
  readonly #hostedParts: readonly HostedPartName[];
  #finish: Finish | undefined;
  /** The sources that were told. */
  readonly #told = new Set<string>();
  #sawText = false;
  /** The token that came last, and the one with which the rest is asked for now. */
  #token: string | undefined;
  #rest: string | undefined;
  /** True once the present request has brought something of the answer. Without that the next would bring nothing either. */
  #isGettingOn = false;

  constructor(options: AnswerCallsOptions) {
    this.#warn = options.warn;
    this.#calls = new AnswerCalls(options);
    this.#mayGoOn = options.mayGoOn;
    this.#hostedParts = hostedParts(options.plan);
  }

  /** The token with which the rest of the answer is asked for, once a body has ended that was not the last one. */
  get rest(): string | undefined {
    return this.#rest;
  }

  read(frame: Frame): TurnEvent[] {
    this.#rest = undefined;
    switch (frame.kind) {
      case 'content':
      case 'usage':
        for (const repair of frame.repairs ?? []) this.#warn('frame-repaired', 'answer', repair);
        return this.#calls.through(this.#chunk(frame.chunk));
      case 'error':
        throw new UpstreamError(
          'stream',
          frame.error.message ?? `upstream error ${frame.error.status ?? ''}`.trim(),
          {
            status: frame.error.code,
            google: frame.error,
          },
        );
      case 'malformed':
        throw new UpstreamError('malformed', brokenEvent(frame.text));
      case 'oversized':
        // Another attempt costs the whole prompt and much reading time once more, so only one is made for this failure.
        throw new UpstreamError('unusable', `upstream sent ${BROKEN_BOUNDS[frame.bound]}`);
      case 'truncated':
        throw new UpstreamError('truncated', 'the upstream answer ended in the middle of an event');
      case 'unknown':
        this.#warn('upstream-unknown', 'answer', `event ignored: ${frame.text}`);
        return [];
    }
  }

  /** To be called when the body has ended. Throws where the answer has no finishReason, or no content. */
  end(): TurnEvent[] {
    if (!this.#finish)
      throw new UpstreamError('truncated', 'the upstream answer ended without a finishReason');
    if (this.#goesOn(this.#finish)) return [];
    const events = this.#calls.through(this.#heldBack(this.#finish));
    for (const event of this.#calls.end(this.#finish)) events.push(event);
    this.#checkUsable(this.#finish);
    events.push({ type: 'finish', finish: this.#finish });
    return events;
  }

  /**
   * True where the answer goes on in another request. Everything that is open stays open then: half a character, a call
   * in pieces, what is held back.
   */
  #goesOn(finish: Finish): boolean {
    const isCut = finish.kind === 'finished' && finish.reason === 'CONTINUATION';
    if (!isCut || this.#token === undefined || !this.#isGettingOn || !this.#mayGoOn()) return false;
    this.#rest = this.#token;
    this.#token = undefined;
    this.#finish = undefined;
    this.#isGettingOn = false;
    this.#usage.nextRequest();
    return true;
  }

  /**
   * The events that were held back to the end. At a normal end an open call is complete without its last part; at any
   * other end the call was broken off.
   */
  #heldBack(finish: Finish): ReadEvent[] {
    const rest: ReadEvent[] = [];
    this.#endText(rest);
    const { openName } = this.#pieces;
    if (finish.kind === 'finished' && finish.reason === 'STOP') {
      for (const call of this.#pieces.close()) rest.push({ type: 'gemini-call', call });
    } else if (openName !== undefined) {
      this.#warn('content-changed', 'answer', `unfinished call of ${openName} left out`);
    }
    return rest;
  }

  #checkUsable(finish: Finish): void {
    if (finish.kind !== 'finished') return;
    const meaning = meaningOf(finish.reason);
    const detail = finish.message ? `: ${finish.message}` : '';
    const because = (why: string) => `${why} (${finish.reason})${detail}`;
    if (meaning.kind === 'account')
      throw new UpstreamError('stream', because(meaning.why), { status: 403, means: 'key' });
    // Gemini 3 delivers the call together with UNEXPECTED_TOOL_CALL. That call is treated like any other.
    const delivered = finish.reason === 'UNEXPECTED_TOOL_CALL' && this.#calls.count > 0;
    if (meaning.kind === 'unusable' && !delivered && !this.#calls.recovered)
      throw new UpstreamError('unusable', because(meaning.why));
    const empty = this.#calls.count === 0 && !this.#sawText;
    if (empty && meaning.kind === 'complete' && meaning.stopReason === 'end_turn')
      throw new UpstreamError('unusable', because('the model gave an empty answer'));
  }

  #chunk(chunk: GenerateContentResponse): ReadEvent[] {
    const events: ReadEvent[] = [];
    // Counts come before parts: a stop sequence in the parts ends the answer, and its last counts must be known by
    // then.
    const usage = tokenCounts(chunk.usageMetadata);
    if (usage) events.push({ type: 'usage', usage: this.#usage.add(usage) });
    this.#promptFeedback(this.#object('promptFeedback', chunk.promptFeedback));
    for (const candidate of this.#objects('candidates', chunk.candidates)) {
      if (isFirst(candidate)) this.#candidate(candidate, events);
      else {
        const { index } = candidate;
        this.#warn('content-changed', 'answer', `candidate ${index} left out: only one is asked for`);
      }
    }
    return events;
  }

  #promptFeedback(feedback: Fields): void {
    const reason = this.#name('blockReason', feedback['blockReason']);
    const message = textOf(feedback['blockReasonMessage']);
    if (message === '' && reason === undefined) return;
    this.#finish = { kind: 'blocked', reason: reason ?? 'OTHER', ...(message ? { message } : {}) };
  }

  #candidate(candidate: Fields, events: ReadEvent[]): void {
    const { parts } = this.#object('content', candidate['content']);
    for (const part of this.#objects('parts', parts)) {
      const before = events.length;
      this.#part(part, events);
      this.#isGettingOn ||= part['text'] !== '' && (events.length > before || isBegun(part));
    }
    this.#token = this.#tokenIn(candidate['continuationToken']) ?? this.#token;
    this.#sources(this.#object('citationMetadata', candidate['citationMetadata']));
    const reason = this.#name('finishReason', candidate['finishReason']);
    // Reading goes on after a finishReason: with code execution a second one follows (recordings section 4).
    if (reason === undefined) return;
    const message = textOf(candidate['finishMessage']);
    this.#finish = { kind: 'finished', reason, ...(message ? { message } : {}) };
  }

  /**
   * Google names where words come from that the model has recited. Their block is out by then, and the source is not of
   * the whole block: so no citation is told. Vertex AI has another name for the list.
   */
  #sources({ citationSources, citations }: Fields): void {
    for (const source of this.#objects('citationSources', citationSources ?? citations)) {
      const from = textOf(source['uri']) || textOf(source['title']) || 'no address';
      if (this.#told.has(from) || this.#told.size >= MOST_SOURCES) continue;
      this.#told.add(from);
      const place = `bytes ${Number(source['startIndex']) || 0} to ${Number(source['endIndex']) || 0}`;
      this.#warn('content-changed', 'answer', `Gemini names a source of the text (${place}): ${from}`);
    }
  }

  #part(part: Fields, events: ReadEvent[]): void {
    const { text, functionCall, functionResponse } = part;
    const signature = this.#signature(part['thoughtSignature']);
    const hosted = hostedPart(part, this.#hostedParts, signature);
    if (isThere(functionCall)) this.#call(functionCall, signature, events);
    else if (isObject(functionResponse))
      events.push({ type: 'gemini-result', ...resultOf(functionResponse) });
    else if (hosted) this.#hosted(hosted, events);
    else if (typeof text === 'string' && part['thought']) this.#thought(text, signature, events);
    else if (typeof text === 'string') this.#text(text, signature, events);
    else if (isObject(part['executableCode'])) {
      const { language, code } = part['executableCode'];
      this.#codeAsText(`${textOf(language).toLowerCase()}\n${textOf(code)}`, signature, events);
    } else if (isObject(part['codeExecutionResult'])) {
      const { outcome, output } = part['codeExecutionResult'];
      const failed = outcome === 'OUTCOME_OK' ? '' : `${textOf(outcome)}\n`;
      this.#codeAsText(`\n${failed}${textOf(output)}`, signature, events, 'tool');
    } else if (signature && Object.keys(part).length === 1) this.#text('', signature, events);
    else this.#media(part, signature, events);
  }

  #call(part: unknown, signature: string | undefined, events: ReadEvent[]): void {
    this.#endText(events);
    for (const call of this.#pieces.read(part, signature)) events.push({ type: 'gemini-call', call });
  }

  #hosted(part: RequestPart, events: ReadEvent[]): void {
    this.#endText(events);
    // An answer may consist of code that was run, and of what the code printed.
    this.#sawText ||= isCode(part);
    events.push({ type: 'hosted', part });
  }

  #thought(piece: string, signature: string | undefined, events: ReadEvent[]): void {
    if (signature) this.#warn('signature', 'answer', 'signature on a thought left out');
    const text = this.#thoughts.push(piece);
    if (text !== '') events.push({ type: 'thinking', text });
  }

  #text(piece: string, signature: string | undefined, events: ReadEvent[], by?: TextAuthor): void {
    if (piece === '' && !signature) return;
    this.#endThoughts(events);
    const text = this.#words.push(piece);
    if (text !== '') this.#sawText = true;
    if (signature) events.push({ type: 'text', text, signature });
    else if (text !== '') events.push({ type: 'text', text, ...(by ? { by } : {}) });
  }

  #codeAsText(code: string, signature: string | undefined, events: ReadEvent[], by?: TextAuthor): void {
    if (signature)
      this.#warn('signature', 'answer', 'signature on a code part left out: it is shown as text');
    this.#text(`\n\`\`\`${code}\n\`\`\`\n`, undefined, events, by);
  }

  /**
   * Reads a part with media. An answer that consists only of a picture is complete: another attempt would not be
   * better.
   */
  #media(part: Fields, signature: string | undefined, events: ReadEvent[]): void {
    const words = part['thought'] ? undefined : mediaInWords(part);
    if (words === undefined) {
      this.#leaveOut(`part left out: ${Object.keys(part).join(', ') || 'empty'}`);
      return;
    }
    if (signature) this.#warn('signature', 'answer', 'signature on media left out: they are told in words');
    this.#warn('content-changed', 'answer', 'media of the answer are told in words');
    this.#text(words, undefined, events, 'tool');
  }

  #endThoughts(events: ReadEvent[]): void {
    const text = this.#thoughts.flush();
    if (text !== '') events.push({ type: 'thinking', text });
  }

  /** Ends the text: if its last character is half a character, the second half will not come any more. */
  #endText(events: ReadEvent[]): void {
    this.#endThoughts(events);
    const text = this.#words.flush();
    if (text === '') return;
    this.#sawText = true;
    events.push({ type: 'text', text });
  }

  // ── fields may have any type: gateways write answers as well ────────────────────────────────────────────────

  #objects(name: string, value: unknown): readonly Fields[] {
    if (!isThere(value)) return NO_OBJECTS;
    if (!Array.isArray(value)) this.#leaveOut(`${name} left out: no list`);
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    if (items.every(isObject)) return items;
    const objects = items.filter(isObject);
    const others = items.filter(isThere).length - objects.length;
    if (others > 0) this.#leaveOut(`${others} of ${name} left out: no objects`);
    return objects;
  }

  #object(name: string, value: unknown): Fields {
    if (isObject(value)) return value;
    if (isThere(value)) this.#leaveOut(`${name} left out: no object`);
    return NOTHING;
  }

  /** A value of one of Google's enums. */
  #name(field: string, value: unknown): string | undefined {
    const name = textOf(value);
    if (typeof value === 'string') return name === '' || UNSPECIFIED.test(name) ? undefined : name;
    if (isThere(value)) this.#leaveOut(`${field} left out: no text`);
    return undefined;
  }

  #tokenIn(value: unknown): string | undefined {
    if (typeof value === 'string') return value || undefined;
    if (isThere(value)) this.#leaveOut('continuationToken left out: no text');
    return undefined;
  }

  #signature(value: unknown): string | undefined {
    if (typeof value === 'string' && value.isWellFormed()) return value || undefined;
    if (isThere(value)) this.#warn('signature', 'answer', 'signature left out: no text');
    return undefined;
  }

  #leaveOut(detail: string): void {
    this.#warn('upstream-unknown', 'answer', detail);
  }
}

/** The message for a broken event. It is not cut: the code that shows it hides secrets first and cuts then. */
const brokenEvent = (text: string): string =>
  MARKUP.test(text)
    ? 'upstream sent a page in place of an answer; check GOOGLE_GEMINI_BASE_URL, and any proxy or sign-in page before it'
    : `upstream sent a broken event: ${text}`;

/** True for a part of which nothing may have come out yet: half a character, a piece of a call. */
const isBegun = ({ text, functionCall }: Fields): boolean =>
  typeof text === 'string' || isThere(functionCall);

type Fields = Record<string, unknown>;

const NOTHING: Fields = {};
const NO_OBJECTS: readonly Fields[] = [];

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

const textOf = (value: unknown): string => (typeof value === 'string' ? wellFormed(value) : '');

const resultOf = ({ id, name }: Fields) => ({ id: textOf(id) || undefined, name: textOf(name) || undefined });
