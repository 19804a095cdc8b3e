/**
 * Refuses what Google would refuse, in Google's own words. Google's JSON parser comes first, then the list checks, then
 * the rules for the conversation, the tools and the model. Sources: the v1beta description, recorded refusals, and the
 * wire facts of 2026-11 (sections 3, 4, 6, 8).
 */
import type { GeminiModel } from '../../gemini/models.ts';
import { MAX_PAYLOAD_BYTES } from '../../gemini/payload.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { checkParts, checkRoles, checkTurns } from './contents.ts';
import { checkGeneration } from './generation.ts';
import { checkMedia } from './media.ts';
import { parseMessage } from './parse.ts';
import { badRequest, invalidArgument, listed } from './refusal.ts';
import type { ApiRequest } from './request.ts';
import { checkSignatures, type KnownSignature } from './signatures.ts';
import { checkDeclarations, checkTools } from './tools.ts';

export type ValidateOptions = {
  /** Says whether a signature was given out. Without this function any base64 is accepted. */
  knownSignature?: KnownSignature;
  /** The size of the body in bytes. Where it is not given, it is measured from the value. */
  bytes?: number;
  /** True where the request is only counted, so the order of turns and their signatures do not matter. */
  counting?: boolean;
};

export type ReadRequest = { ok: true; request: ApiRequest } | { ok: false; error: GoogleError };

/** Parses and checks the body of generateContent. In `request` every name is written in one way. */
export function readRequest(model: GeminiModel, body: unknown, options: ValidateOptions = {}): ReadRequest {
  const bytes = options.bytes ?? Buffer.byteLength(JSON.stringify(body) ?? '');
  if (bytes > MAX_PAYLOAD_BYTES) {
    return {
      ok: false,
      error: invalidArgument(`Request payload size exceeds the limit: ${MAX_PAYLOAD_BYTES} bytes.`),
    };
  }
  const parsed = parseMessage('GenerateContentRequest', body);
  if (parsed.violations.length > 0) return { ok: false, error: badRequest(parsed.violations) };
  const request = parsed.value as ApiRequest;
  const error = checkRequest(model, request, options);
  return error ? { ok: false, error } : { ok: true, request };
}

function checkRequest(
  model: GeminiModel,
  request: ApiRequest,
  options: ValidateOptions,
): GoogleError | undefined {
  const lines = [...checkParts(request), ...checkDeclarations(request)];
  if (lines.length > 0) return listed(lines);
  const refusal =
    checkRoles(request) ??
    checkTools(model, request) ??
    checkGeneration(model, request) ??
    checkMedia(model, request);
  if (refusal || options.counting) return refusal;
  return checkTurns(request) ?? checkSignatures(model, request, options.knownSignature);
}

/** Google's refusal of a generateContent `body` for `model`; undefined where Google would answer. */
export function validateRequest(
  model: GeminiModel,
  body: unknown,
  options: ValidateOptions = {},
): GoogleError | undefined {
  const read = readRequest(model, body, options);
  return read.ok ? undefined : read.error;
}
