/**
 * The inner vocabulary of an answer: what the model did, in neither side's words. `parts` makes these from Gemini's
 * chunks, `writer` makes Anthropic's events from them.
 */
import type { UsageMetadata } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';

/** A page that a search found. */
export type Source = { url: string; title: string };

export type TurnEvent =
  /** Visible text. The signature belongs to exactly this piece; a signed piece may be empty. */
  | { type: 'text'; text: string; signature?: string; by?: TextAuthor }
  /** What the model searched the web for, and all that it found; undefined where it could not. Before the text that rests on it. */
  | { type: 'search'; query: string; sources: readonly Source[] | undefined }
  /** Visible text that rests on these pages. It is a block of its own, and whole. */
  | { type: 'cited'; text: string; sources: readonly Source[] }
  /** A thought summary. Google never signs these. */
  | { type: 'thinking'; text: string }
  /** A complete call, under the client's name of its tool; or, of a tool that it did not declare, under one that it can answer. */
  | { type: 'call'; name: string; args: JsonObject; signature?: string }
  /** Cumulative token counts; the last one counts. */
  | { type: 'usage'; usage: UsageMetadata }
  /** The end of the answer; always last, once. */
  | { type: 'finish'; finish: Finish };

/** Default: the model. A tool of Google's, or words of ours in the place of media: they cost no tokens of the answer. */
export type TextAuthor = 'tool';

export type Finish =
  /** Gemini's finishReason, and its text where it gave one. */
  | { kind: 'finished'; reason: string; message?: string }
  /** The prompt was refused: `promptFeedback.blockReason`. */
  | { kind: 'blocked'; reason: string; message?: string }
  /** We cut the text at a stop sequence of the client's. */
  | { kind: 'stop-sequence'; sequence: string }
  /** We cut the answer at the client's `max_tokens`. */
  | { kind: 'token-limit' };

/** Content that the client sees as the answer itself. After one of these a try cannot be taken back. */
export function isContent(event: TurnEvent): boolean {
  if (event.type === 'text') return event.text !== '';
  return event.type !== 'thinking' && event.type !== 'usage';
}
