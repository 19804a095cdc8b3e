/**
 * The turn events: what the model did, in words of neither side. `parts` makes them from Gemini's chunks, and `writer`
 * makes Anthropic's events from them.
 */
import type { SourceCitation } from '../../anthropic/answer-citations.ts';
import type { AnswerCompaction } from '../../anthropic/message.ts';
import type { ServerToolName, ServerToolResult } from '../../anthropic/server-answers.ts';
import type { RequestPart, UsageMetadata } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { CallVerdict } from '../safeguards/verdicts.ts';

/** A page that a search found. */
export type Source = { url: string; title: string };

/** A file that code has made. `data` is base64. */
export type MadeFile = { mimeType: string; data: string };

export type TurnEvent =
  /** Visible text. A signature belongs to exactly this piece; a signed piece may be empty. */
  | { type: 'text'; text: string; signature?: string; by?: TextAuthor }
  /** A part about a tool that Google runs, as Google sent it. It is read before it reaches the client. */
  | { type: 'hosted'; part: RequestPart }
  /**
   * A call of a tool that the client does not run. `ref` is its name in this answer. `id`: the client's id for it, where
   * it had to be known before.
   */
  | {
      type: 'server-call';
      ref: string;
      name: ServerToolName;
      input: JsonObject;
      id?: string;
      signature?: string;
    }
  /**
   * What such a call gave. It comes before the text that is based on it. `echo`: Google's parts of the call and its
   * result, which go back with the history. `files`: what the call has made; the result names them once they are kept.
   */
  | {
      type: 'server-result';
      ref: string;
      result: ServerToolResult;
      echo?: readonly RequestPart[];
      files?: readonly MadeFile[];
    }
  /** Visible text that is based on these pages. It becomes a block of its own. */
  | { type: 'cited'; text: string; sources: readonly Source[] }
  /**
   * The text that follows is based on these places in what the client has sent, up to the next such event. Without any, it
   * is based on none.
   */
  | { type: 'citing'; citations: readonly SourceCitation[] }
  /** A summary of thoughts. Google never signs these. */
  | { type: 'thinking'; text: string }
  /**
   * A complete call under the client's name for the tool. For a tool that the client did not declare: a name that the
   * client can answer.
   */
  | { type: 'call'; name: string; args: JsonObject; signature?: string }
  /**
   * A summary of the conversation, which comes before the answer, or alone in place of the answer. Without a `block` no
   * summary could be made, and the answer is empty.
   */
  | { type: 'compaction'; block: AnswerCompaction | undefined; usage: UsageMetadata; isAlone: boolean }
  /** Verdicts on all calls of the answer, in their order. */
  | { type: 'judged'; verdicts: readonly CallVerdict[] }
  /**
   * Token counts from the beginning of the answer. Only the last counts of an answer are right. `requests`: those of each
   * request, where the proxy has made several for the answer; the last is that of the conversation as it is now.
   */
  | { type: 'usage'; usage: UsageMetadata; requests?: readonly UsageMetadata[] }
  /** The end of the answer. It comes once, as the last event. */
  | { type: 'finish'; finish: Finish };

/**
 * The author of a text, where it is not the model. The text of Google's tools, and our words for media, count as no
 * tokens of the answer.
 */
export type TextAuthor = 'tool';

export type Finish =
  /** Gemini's finishReason, and Gemini's message where it gave one. */
  | { kind: 'finished'; reason: string; message?: string }
  /** Gemini refused the prompt, and said why in `promptFeedback.blockReason`. */
  | { kind: 'blocked'; reason: string; message?: string }
  /** The proxy cut the text at a stop sequence of the client's. */
  | { kind: 'stop-sequence'; sequence: string }
  /** The answer is a summary of the conversation, and nothing else. */
  | { kind: 'compacted' }
  /** The proxy has run as many of its own tools as one answer may have. The client can go on. */
  | { kind: 'paused' }
  /** The proxy cut the answer at the client's `max_tokens`. */
  | { kind: 'token-limit' };

/**
 * True where the client sees this event as a part of the answer itself. After such content no other attempt can be
 * made.
 */
export function isContent(event: TurnEvent): boolean {
  if (event.type === 'text') return event.text !== '';
  return event.type !== 'thinking' && event.type !== 'usage';
}
