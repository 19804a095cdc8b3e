/**
 * Translates images and documents, given as bytes, by URL, or as uploaded files. Media by URL are sent to Google as that URL, or as bytes
 * that were fetched before translation (translation has no network).
 */
import type { BlockOf, DocumentBlock, ImageBlock } from '../../../anthropic/content.ts';
import { isStorageObject } from '../../../gemini/vertex.ts';
import type { BlockPlace, ContentPart, MediaPart } from '../items.ts';
import { refuse } from '../refusals/refuse.ts';
import { tagged } from '../text.ts';
import { fileAt, type ShownFile } from './file-media.ts';
import { partOfBytes, readBase64 } from './inline-media.ts';
import { marked, markOfFile } from './moved-media.ts';
import { bytesInstead, readByGoogle, sentUrl, typeByEnding, urlProblem } from './url-media.ts';

const PDF = 'application/pdf';
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

function whyNotByUrl(url: string, { ctx }: BlockPlace): string {
  const { model, media } = ctx;
  if (!media.byGoogle) return 'media by URL is switched off in the proxy (URL_FETCH)';
  return readByGoogle(url) ? `${model.id} reads no media by URL` : 'Gemini reads no GIF by URL';
}

/** Makes the part for bytes. `field` is the path of the bytes or of their URL. */
function bytesPart(
  bytes: { declared: string; data: string },
  field: string,
  { path, warn, ctx }: BlockPlace,
): MediaPart {
  const part = partOfBytes(bytes, ctx.media, { path, warn });
  return 'problem' in part ? refuse(`${field}: ${part.problem}`) : part;
}

/** Makes the part for a URL. `field` is the path of the URL. */
function urlPart(kind: 'image' | 'document', url: string, field: string, place: BlockPlace): ContentPart {
  const { model, media } = place.ctx;
  if (model.host && media.byGoogle && isStorageObject(url)) return linkedPart(kind, url, url, place);
  const sent = sentUrl(url);
  const fetched = media.fetched.get(sent);
  const problem = urlProblem(url) ?? (fetched && 'problem' in fetched ? fetched.problem : undefined);
  if (problem !== undefined) refuse(`${field}: ${bytesInstead(problem)}`);
  if (fetched && 'data' in fetched)
    return bytesPart({ declared: fetched.mimeType, data: fetched.data }, field, place);
  if (!media.byGoogle || !model.readsUrls || !readByGoogle(url))
    refuse(`${field}: ${bytesInstead(whyNotByUrl(url, place))}`);
  return linkedPart(kind, url, sent, place);
}

/** Vertex AI wants a type; of pictures it only looks whether it is one of a picture. */
function linkedPart(kind: 'image' | 'document', url: string, sent: string, { ctx }: BlockPlace): ContentPart {
  const unknown = ctx.model.host ? 'image/jpeg' : undefined;
  const mimeType = typeByEnding(url) ?? (kind === 'document' ? PDF : unknown);
  return { fileData: { ...(mimeType ? { mimeType } : {}), fileUri: sent } };
}

type FileBytes = Exclude<ShownFile, { text: string }>;

const fileBytes = (id: string, file: FileBytes, field: string, place: BlockPlace): MediaPart =>
  'data' in file
    ? bytesPart({ declared: file.mimeType, data: file.data }, field, place)
    : marked(file.mimeType, markOfFile(id));

/** Makes the part for an uploaded file. `field` is the path of its id. */
function filePart(
  id: string,
  field: string,
  allowed: readonly ShownFile['kind'][],
  place: BlockPlace,
): ContentPart {
  const file = fileAt(id, field, allowed, place);
  if ('text' in file) return { text: file.text };
  return fileBytes(id, file, field, place);
}

/** A file that code in a container could open. The model is shown the file itself, with its name. */
export function uploadParts({ file_id }: BlockOf<'container_upload'>, place: BlockPlace): ContentPart[] {
  const field = `${place.path}.container_upload.file_id`;
  const file = fileAt(file_id, field, ['text', 'image', 'pdf'], place);
  const head = `<title>${file.name}</title>`;
  if ('text' in file) return [{ text: tagged('document', [head, file.text]) }];
  return [{ text: tagged('document', [head]) }, fileBytes(file_id, file, field, place)];
}

export function imageParts(block: ImageBlock, place: BlockPlace): ContentPart[] {
  const { source } = block;
  if (source.type === 'file')
    return [filePart(source.file_id, `${place.path}.image.source.file.file_id`, ['image'], place)];
  if (source.type === 'url') return [urlPart('image', source.url, `${place.path}.image.source.url`, place)];
  if (!IMAGE_TYPES.includes(source.media_type)) {
    const types = IMAGE_TYPES.map((type) => `'${type}'`).join(', ');
    refuse(`${place.path}.image.source.base64.media_type: Input should be one of ${types}`);
  }
  const field = `${place.path}.image.source.base64.data`;
  const data = readBase64(source.data);
  if (data === undefined) refuse(`${field}: could not process image`);
  return [bytesPart({ declared: source.media_type, data }, field, place)];
}

function contentParts(
  source: Extract<DocumentBlock['source'], { type: 'content' }>,
  place: BlockPlace,
): ContentPart[] {
  if (typeof source.content === 'string') return [{ text: source.content }];
  return source.content.flatMap((block, index) => {
    if (block.type === 'text') return [{ text: block.text }];
    return imageParts(block, { ...place, path: `${place.path}.document.source.content.${index}` });
  });
}

function sourceParts(block: DocumentBlock, place: BlockPlace): ContentPart[] {
  const { source } = block;
  switch (source.type) {
    case 'base64': {
      if (source.media_type !== PDF) {
        refuse(`${place.path}.document.source.base64.media_type: Input should be 'application/pdf'`);
      }
      const field = `${place.path}.document.source.base64.data`;
      const data = readBase64(source.data);
      if (data === undefined) refuse(`${field}: The PDF specified was not valid.`);
      return [bytesPart({ declared: PDF, data }, field, place)];
    }
    case 'text':
      return [{ text: source.data }];
    case 'content':
      return contentParts(source, place);
    case 'url':
      return [urlPart('document', source.url, `${place.path}.document.source.url`, place)];
    case 'file':
      return [filePart(source.file_id, `${place.path}.document.source.file.file_id`, ['pdf', 'text'], place)];
  }
}

/** The number that the model cites a block by; nothing for a block that it does not have to cite. */
function numberLines(block: object, { numbers }: BlockPlace): string[] {
  const number = numbers.get(block);
  return number === undefined ? [] : [`<number>${number}</number>`];
}

export function documentParts(block: DocumentBlock, place: BlockPlace): ContentPart[] {
  const title = block.title ? `<title>${block.title}</title>` : '';
  const head = [...numberLines(block, place), title, block.context ?? ''].filter(Boolean);
  const parts = sourceParts(block, place);
  const only = parts[0];
  if (parts.length === 1 && only && 'text' in only)
    return [{ text: tagged('document', [...head, only.text]) }];
  return head.length > 0 ? [{ text: tagged('document', head) }, ...parts] : parts;
}

export function searchResultText(block: BlockOf<'search_result'>, place: BlockPlace): string {
  return tagged('search_result', [
    ...numberLines(block, place),
    `<source>${block.source}</source>`,
    `<title>${block.title}</title>`,
    ...block.content.map((part) => part.text),
  ]);
}
