/** Checks media parts: their types must be types that Gemini reads. */
import type { GeminiModel } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { invalidArgument } from './refusal.ts';
import type { ApiBlob, ApiPart, ApiRequest } from './request.ts';

type ApiFile = NonNullable<ApiPart['fileData']>;

/** The types of images that Gemini reads. GIF is not among them: that is documented, and a well-known 400. */
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/jpg', 'image/webp', 'image/heic', 'image/heif']);
const APPLICATIONS = new Set([
  'pdf',
  'json',
  'xml',
  'rtf',
  'javascript',
  'x-javascript',
  'typescript',
  'x-python',
]);

function isRead(mimeType: string): boolean {
  const [kind, subtype = ''] = mimeType.split(';')[0]?.trim().toLowerCase().split('/') ?? [];
  if (kind === 'image') return IMAGES.has(`${kind}/${subtype}`);
  if (kind === 'application') return APPLICATIONS.has(subtype);
  return subtype !== '' && (kind === 'text' || kind === 'audio' || kind === 'video');
}

const NO_IMAGE =
  'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting';

function checkBlob(blob: ApiBlob): GoogleError | undefined {
  const mimeType = blob.mimeType ?? '';
  if (!isRead(mimeType)) return invalidArgument(`Unsupported MIME type: ${mimeType}`);
  if ((blob.data ?? '') !== '') return undefined;
  return invalidArgument(mimeType === 'application/pdf' ? 'The document has no pages.' : NO_IMAGE);
}

/**
 * Matches files of the Files API, which Google itself stores. In the mock, host names that nobody can own stand for
 * URLs that Google cannot read.
 */
const GOOGLES_OWN = /^(?:gs:|https:\/\/generativelanguage\.googleapis\.com\/)/;
const NOBODYS_HOST = /\.(?:invalid|local|localhost|internal)$/;

function checkFile(model: GeminiModel, { fileUri = '', mimeType }: ApiFile): GoogleError | undefined {
  if (mimeType !== undefined && !isRead(mimeType))
    return invalidArgument(`Unsupported MIME type: ${mimeType}`);
  if (GOOGLES_OWN.test(fileUri)) return undefined;
  const url = URL.parse(fileUri);
  // This refusal is documented for all models except the 2.0 family, and was recorded for 2.5.
  if (model.signatures === 'none' || url?.protocol !== 'https:')
    return invalidArgument(`Invalid or unsupported file uri: ${fileUri}`);
  return NOBODYS_HOST.test(url.hostname)
    ? invalidArgument('Cannot fetch content from the provided URL.')
    : undefined;
}

export function checkMedia(model: GeminiModel, request: ApiRequest): GoogleError | undefined {
  for (const content of request.contents ?? []) {
    for (const part of content.parts ?? []) {
      const inResponse = part.functionResponse?.parts ?? [];
      if (inResponse.length > 0 && !model.mediaInResponses) {
        return invalidArgument('Multimodal function responses are not supported for this model.');
      }
      const blobs = [part.inlineData, ...inResponse.map((item) => item.inlineData)];
      const refusals = [
        ...blobs.map((blob) => blob && checkBlob(blob)),
        part.fileData && checkFile(model, part.fileData),
      ];
      const refusal = refusals.find((found) => found !== undefined);
      if (refusal) return refusal;
    }
  }
  return undefined;
}
