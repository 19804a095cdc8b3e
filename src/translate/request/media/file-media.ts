/** Uploaded files that a request names by id: finds them, and says which file may stand in which block. */
import { MessagesError } from '../../../anthropic/errors.ts';
import type { Message } from '../../../anthropic/request.ts';
import { MAX_REQUEST_BYTES } from '../../../gemini/limits.ts';
import type { GeminiModel } from '../../../gemini/models.ts';
import { readUtf8 } from '../../../lib/utf8.ts';
import type { FoundFile } from '../../context.ts';
import { summaryPlace } from '../../edits/summary.ts';
import type { BlockPlace } from '../items.ts';
import { refuse } from '../refusals/refuse.ts';
import { isUnreadType } from './inline-media.ts';
import type { MediaPlace } from './media-places.ts';
import { mediaTypeOf, mediaTypeOfBase64 } from './media-type.ts';

/** The ids in the order of the history, each as often as it is named. `places` are the media of the same messages. */
export function fileIds(messages: readonly Message[], places: readonly MediaPlace[]): string[] {
  const ids = places.flatMap(({ block }) => (block.source.type === 'file' ? [block.source.file_id] : []));
  const first = summaryPlace(messages)?.index ?? 0;
  messages.forEach(({ content }, index) => {
    if (typeof content === 'string' || index < first) return;
    for (const block of content) if (block.type === 'container_upload') ids.push(block.file_id);
  });
  return ids;
}

const MB = 1024 * 1024;

/** A file as it can be shown to the model. */
export type ShownFile =
  | { kind: 'text'; text: string; name: string }
  | { kind: 'image' | 'pdf'; mimeType: string; data: string; name: string }
  /** It is too large for a request. */
  | { kind: 'text' | 'image' | 'pdf'; mimeType: string; name: string };

/** What bytes of a type are; undefined for bytes that Gemini cannot be shown. */
function kindOf(mimeType: string): 'image' | 'pdf' | undefined {
  if (mimeType === 'application/pdf') return 'pdf';
  return mimeType.startsWith('image/') ? 'image' : undefined;
}

/**
 * The text of a file; undefined for a picture, a PDF, and for bytes that are no text. Clients declare the types of texts
 * in too many ways to trust any, so the bytes decide.
 */
export function textOfFile(mimeType: string, bytes: Uint8Array): string | undefined {
  if (kindOf(mediaTypeOf(bytes) ?? mimeType) !== undefined || bytes.includes(0)) return undefined;
  const text = readUtf8(bytes);
  return typeof text === 'string' ? text : undefined;
}

const KIND_NAMES: Readonly<Record<ShownFile['kind'], string>> = {
  text: 'text',
  image: 'a picture',
  pdf: 'a PDF',
};

function shown(file: Exclude<FoundFile, { problem: string }>): ShownFile | undefined {
  const { name } = file;
  if ('text' in file) return { kind: 'text', text: file.text, name };
  if ('size' in file) {
    const kind = file.isText ? 'text' : kindOf(file.mimeType);
    return kind && { kind, mimeType: file.isText ? 'text/plain' : file.mimeType, name };
  }
  const mimeType = mediaTypeOfBase64(file.data) ?? file.mimeType;
  const kind = kindOf(mimeType);
  return kind && { kind, mimeType, data: file.data, name };
}

/** What is too large for a request goes to Google as a file of its own, where there are such files. */
function refuseLarge(
  { size, mimeType }: { size: number; mimeType: string },
  field: string,
  model: GeminiModel,
): void {
  const large = `The file has ${size} bytes, and a request may have ${MAX_REQUEST_BYTES / MB} MB, in base64`;
  if (model.host)
    refuse(
      `${field}: ${large}. Vertex AI has no Files API: use a smaller file, or put it into Cloud Storage and name it by its gs:// URL`,
    );
  if (isUnreadType(mimeType))
    refuse(`${field}: ${large}. ${mimeType} must be converted within it: send it as PNG or JPEG instead`);
}

/**
 * The file of an id. `field` is the path of that id, and `allowed` what its block may hold. Throws a 404 where there is
 * no such file, and a 400 where the file cannot stand there.
 */
export function fileAt(
  id: string,
  field: string,
  allowed: readonly ShownFile['kind'][],
  { ctx }: Pick<BlockPlace, 'ctx'>,
): ShownFile {
  const found = ctx.media.files.get(id) ?? { problem: `File not found: ${id}`, isMissing: true };
  if ('problem' in found) {
    if (found.isMissing) throw new MessagesError('not_found_error', `${field}: ${found.problem}`);
    refuse(`${field}: ${found.problem}`);
  }
  if ('size' in found) refuseLarge(found, field, ctx.model);
  const file = shown(found);
  if (file && allowed.includes(file.kind)) return file;
  const is = file
    ? `is ${KIND_NAMES[file.kind]}`
    : `(${found.mimeType}) is neither a picture, nor a PDF, nor text in UTF-8`;
  refuse(
    `${field}: The file ${is}; this block takes ${allowed.map((kind) => KIND_NAMES[kind]).join(' or ')}`,
  );
}
