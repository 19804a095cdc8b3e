/**
 * Media that are too large to stand in the request. A mark stands in their place, as a URL would, until Google has the
 * bytes as a file of its own. Which media are moved is decided here; who uploads them is not known here.
 */
import type { GenerateContentRequest, RequestPart } from '../../../gemini/wire.ts';
import type { InlinePart, LinkedPart, MediaPart } from '../items.ts';

/** No address that a client could name begins like this: such URLs are refused. */
const MARK = 'proxy-media:';

/** The mark of an uploaded file, by its id. */
export const markOfFile = (id: string): string => `${MARK}file/${id}`;

export const isMark = (uri: string): boolean => uri.startsWith(MARK);
export const idOfMark = (mark: string): string => mark.slice(markOfFile('').length);

export const marked = (mimeType: string, mark: string): LinkedPart => ({
  fileData: { mimeType, fileUri: mark },
});

export type MarkedMedium = { mark: string; mimeType: string };

/** The media of a request that stand apart from it, each once. */
export function movedIn({ contents }: GenerateContentRequest): MarkedMedium[] {
  const found = new Map<string, MarkedMedium>();
  for (const { parts } of contents)
    for (const { fileData } of parts) {
      const { fileUri: mark = '', mimeType = '' } = fileData ?? {};
      if (isMark(mark)) found.set(mark, { mark, mimeType });
    }
  return [...found.values()];
}

/** The request with what has come of each mark. `placed` has an entry for every mark. */
export function withPlaced(
  request: GenerateContentRequest,
  placed: ReadonlyMap<string, MediaPart>,
): GenerateContentRequest {
  const place = (part: RequestPart): RequestPart => {
    const { fileData, ...rest } = part;
    const instead = fileData && placed.get(fileData.fileUri);
    return instead ? { ...rest, ...instead } : part;
  };
  const contents = request.contents.map((content) => ({ ...content, parts: content.parts.map(place) }));
  return { ...request, contents };
}

/**
 * Where a request is too large, and its media are a smaller share of it than this, its text alone is longer than the
 * window of any model.
 */
const WORTHWHILE = 1 / 10;
/** Bytes that a mark, and what stands around it, take at most. */
const MARK_BYTES = 300;

/** For each medium in base64 the number of places where it stands. */
function mediaOf({ contents }: GenerateContentRequest): Map<string, number> {
  const uses = new Map<string, number>();
  const count = ({ data }: { data: string }) => uses.set(data, (uses.get(data) ?? 0) + 1);
  for (const { parts } of contents)
    for (const { inlineData, functionResponse } of parts) {
      if (inlineData) count(inlineData);
      for (const part of functionResponse?.parts ?? []) count(part.inlineData);
    }
  return uses;
}

/** The bytes of the request's JSON, without its media. */
function bytesBeside(request: GenerateContentRequest): number {
  const bare = <T extends { data: string }>(blob: T): T => ({ ...blob, data: '' });
  const contents = request.contents.map((content) => ({
    ...content,
    parts: content.parts.map(({ inlineData, functionResponse, ...rest }) => ({
      ...rest,
      ...(inlineData ? { inlineData: bare(inlineData) } : {}),
      ...(functionResponse
        ? {
            functionResponse: {
              ...functionResponse,
              ...(functionResponse.parts
                ? { parts: functionResponse.parts.map((part) => ({ inlineData: bare(part.inlineData) })) }
                : {}),
            },
          }
        : {}),
    })),
  }));
  return Buffer.byteLength(JSON.stringify({ ...request, contents }));
}

/**
 * The media, in base64, that must be moved for the request to have `most` bytes: the largest first, and no more than is
 * needed. Each has its mark; `before` is the number of marks that the request has already.
 */
export function mediaToMove(
  request: GenerateContentRequest,
  most: number,
  before: number,
): ReadonlyMap<string, string> {
  const moved = new Map<string, string>();
  const media = [...mediaOf(request)].map(([data, uses]) => ({ data, uses, bytes: data.length * uses }));
  const inMedia = media.reduce((sum, { bytes }) => sum + bytes, 0);
  if (inMedia < most * WORTHWHILE) return moved;
  let excess = bytesBeside(request) + inMedia - most;
  for (const { data, uses, bytes } of media.sort((a, b) => b.bytes - a.bytes)) {
    const saved = bytes - MARK_BYTES * uses;
    if (excess <= 0 || saved <= 0) break;
    moved.set(data, `${MARK}${before + moved.size}`);
    excess -= saved;
  }
  // Where all of it would not be enough, none of it need be uploaded.
  return excess > 0 ? new Map() : moved;
}

/** The part for bytes: the bytes themselves, or the mark of bytes that were moved. */
export function placedPart(part: InlinePart, moved: ReadonlyMap<string, string>): MediaPart {
  const mark = moved.get(part.inlineData.data);
  return mark === undefined ? part : marked(part.inlineData.mimeType, mark);
}
