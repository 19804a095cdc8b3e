/**
 * The inner vocabulary of an answer: what the model did, in words of neither side. `parts` makes these from Gemini's
 * chunks, and `writer` makes Anthropic's events from them.
 */
import type { UsageMetadata } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';

/** A page that a search found. */
export type Source = { url: string; title: string };

export type TurnEvent =
  /** Visible text. A signature belongs to exactly this piece; a signed piece may be empty. */
  | { type: 'text'; text: string; signature?: string; by?: TextAuthor }
  /**
   * What the model searched the web for, and all that it found (undefined where the search failed). It comes before the
   * text that rests on it.
   */
  | { type: 'search'; query: string; sources: readonly Source[] | undefined }
  /** Visible text that rests on these pages. It is a whole block of its own. */
  | { type: 'cited'; text: string; sources: readonly Source[] }
  /** A summary of thoughts. Google never signs these. */
  | { type: 'thinking'; text: string }
  /**
   * A complete call under the client's name for the tool. For a tool that the client did not declare: a name that the
   * client can answer.
   */
  | { type: 'call'; name: string; args: JsonObject; signature?: string }
  /** Token counts from the beginning of the answer; the last ones are right. */
  | { type: 'usage'; usage: UsageMetadata }
  /** The end of the answer. It comes once, as the last event. */
  | { type: 'finish'; finish: Finish };

/**
 * Who made the text; by default the model. The text of Google's tools, and our words for media, cost no tokens of the
 * answer.
 */
export type TextAuthor = 'tool';

export type Finish =
  /** Gemini's finishReason, and its text where it gave one. */
  | { kind: 'finished'; reason: string; message?: string }
  /** The prompt was refused, with `promptFeedback.blockReason`. */
  | { kind: 'blocked'; reason: string; message?: string }
  /** The proxy cut the text at a stop sequence of the client's. */
  | { kind: 'stop-sequence'; sequence: string }
  /** The proxy cut the answer at the client's `max_tokens`. */
  | { kind: 'token-limit' };

/** Whether the client sees this as the answer itself. After such content no other attempt can be made. */
export function isContent(event: TurnEvent): boolean {
  if (event.type === 'text') return event.text !== '';
  return event.type !== 'thinking' && event.type !== 'usage';
}
