/** Puts Google's response heads around the mock's bodies. */
import type { GoogleError } from '../../gemini/wire.ts';
import { googleBody } from './google-json.ts';

const COMMON = {
  vary: 'Origin, X-Origin, Referer',
  server: 'scaffolding on HTTPServer2',
  'x-xss-protection': '0',
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
};
const STREAM_HEAD = { ...COMMON, 'content-type': 'text/event-stream', 'content-disposition': 'attachment' };
const JSON_HEAD = { ...COMMON, 'content-type': 'application/json; charset=UTF-8' };

export function streamReply(body: ReadableStream<Uint8Array>): Response {
  return new Response(body, { headers: STREAM_HEAD });
}

export function jsonReply(value: unknown): Response {
  return new Response(googleBody(value), { headers: JSON_HEAD });
}

/** The response with an error. Also for a stream the error is bare JSON, under the content type of the stream. */
export function errorReply(error: GoogleError, asStream: boolean): Response {
  const { code = 500, message, status, details } = error;
  const body = { error: { code, message, status, ...(details ? { details } : {}) } };
  return new Response(googleBody(body), { status: code, headers: asStream ? STREAM_HEAD : JSON_HEAD });
}

export function modelNotFound(id: string, version: string, method: string): GoogleError {
  return {
    code: 404,
    message: `models/${id} is not found for API version ${version}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
    status: 'NOT_FOUND',
  };
}
