/** Items are what the blocks of a message become before turns are put in order. They are the same for both roles. */
import type { Blob, RequestPart } from '../../gemini/wire.ts';
import type { RequestContext } from '../context.ts';
import type { Cleared } from '../edits/cleared.ts';
import type { Warn } from '../warnings.ts';

export type TextPart = { text: string };
/** Media as bytes; and media by a URL that Google is to read. */
export type InlinePart = { inlineData: Blob };
export type LinkedPart = { fileData: { mimeType?: string; fileUri: string } };
export type MediaPart = InlinePart | LinkedPart;
/** Text and media, in order. */
export type ContentPart = TextPart | MediaPart;

export const isMedia = (part: ContentPart): part is MediaPart => !('text' in part);
export const isInline = (part: MediaPart): part is InlinePart => 'inlineData' in part;

export type CallItem = {
  kind: 'call';
  id: string;
  name: string;
  input: unknown;
  /** The arguments are not sent, but a signature is still found by them. */
  inputCleared: boolean;
  path: string;
};
export type ResultItem = { kind: 'result'; id: string; failed: boolean; parts: ContentPart[]; path: string };

/** A call that the client did not answer, or its result. `text` tells it in words. */
export type ServedItem = { kind: 'served'; what: 'call' | 'result'; id: string; text: string };

export type Item =
  | { kind: 'content'; part: ContentPart }
  | CallItem
  | ServedItem
  | ResultItem
  /** A thinking block. Its words are not sent back, but it may carry a signature. */
  | { kind: 'thinking'; carried: string };

/** Where a block stands, and how to warn about it. */
export type BlockPlace = {
  readonly path: string;
  readonly warn: Warn;
  readonly ctx: Pick<RequestContext, 'model' | 'media'>;
  readonly cleared: Cleared;
  /** The numbers of the documents and search results that may be cited, by their blocks. */
  readonly numbers: ReadonlyMap<object, number>;
  /** True for a tool (by its name) that is a function to Gemini, and that this process answers. */
  isServed(name: string): boolean;
};

/** A call whose response must come in the next content. */
export type OpenCall = { id: string; name: string; wireId: string | undefined; path: string };

/** The parts of one turn of the model, with the calls among them. */
export type ModelTurn = { parts: RequestPart[]; calls: OpenCall[] };

export const content = (part: ContentPart): Item => ({ kind: 'content', part });
export const text = (value: string): Item[] => (value === '' ? [] : [content({ text: value })]);
