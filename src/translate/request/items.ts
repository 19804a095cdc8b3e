/** What a message's blocks become before turns are put in order: one small vocabulary for both roles. */
import type { Blob, RequestPart } from '../../gemini/wire.ts';
import type { RequestContext } from '../context.ts';
import type { Warn } from '../warnings.ts';

export type TextPart = { text: string };
/** By its bytes, or by the URL that Google is to read. */
export type InlinePart = { inlineData: Blob };
export type LinkedPart = { fileData: { mimeType?: string; fileUri: string } };
export type MediaPart = InlinePart | LinkedPart;
/** Text and media, in order. */
export type ContentPart = TextPart | MediaPart;

export const isMedia = (part: ContentPart): part is MediaPart => !('text' in part);
export const isInline = (part: MediaPart): part is InlinePart => 'inlineData' in part;

export type CallItem = { kind: 'call'; id: string; name: string; input: unknown; path: string };
export type ResultItem = { kind: 'result'; id: string; failed: boolean; parts: ContentPart[]; path: string };

export type Item =
  | { kind: 'content'; part: ContentPart }
  | CallItem
  | ResultItem
  /** A thinking block: its words are not sent back, but it may carry a signature. */
  | { kind: 'thinking'; carried: string };

/** Where a block stands, and whom to tell about it. */
export type BlockPlace = {
  readonly path: string;
  readonly warn: Warn;
  readonly ctx: Pick<RequestContext, 'model' | 'media'>;
};

/** A call that waits for its response in the next content. */
export type OpenCall = { id: string; name: string; wireId: string | undefined; path: string };

/** The parts of one model turn with the calls among them. */
export type ModelTurn = { parts: RequestPart[]; calls: OpenCall[] };

export const content = (part: ContentPart): Item => ({ kind: 'content', part });
export const text = (value: string): Item[] => (value === '' ? [] : [content({ text: value })]);
