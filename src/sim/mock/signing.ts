/**
 * Makes the mock's thought signatures. Each contains its own proof, so that another process recognises it: a digest of
 * the part that it came with, filler made from the conversation, and a checksum over both and the model family.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import { canonicalJson } from '../../lib/json.ts';

const HEADER = Buffer.from([0x12, 0x01]);
const DIGEST_BYTES = 16;
/** The length of the filler, so that signatures are as long as short real ones. */
const FILLER_BYTES = 224;
const LENGTH = HEADER.length + DIGEST_BYTES + FILLER_BYTES + DIGEST_BYTES;

/** The part to which a signature belongs: a part of an answer, or of a history. */
export type SignedPart = {
  text?: string;
  functionCall?: { name?: string; args?: unknown };
  toolCall?: unknown;
  toolResponse?: unknown;
};

const sha256 = (data: string | Uint8Array): Buffer =>
  Buffer.from(new Bun.CryptoHasher('sha256').update(data).digest());

function placeDigest(part: SignedPart): Buffer {
  const call = part.functionCall;
  const hosted = part.toolCall ?? part.toolResponse;
  const other = hosted === undefined ? `text\n${part.text ?? ''}` : `hosted\n${canonicalJson(hosted)}`;
  const place = call ? `call\n${call.name}\n${canonicalJson(call.args ?? {})}` : other;
  return sha256(place).subarray(0, DIGEST_BYTES);
}

function filler(seed: string): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < FILLER_BYTES; i++) blocks.push(sha256(`${i}\n${seed}`));
  return Buffer.concat(blocks).subarray(0, FILLER_BYTES);
}

const tag = (body: Uint8Array, model: GeminiModel): Buffer =>
  sha256(Buffer.concat([Buffer.from(`mock:${model.family}:`), body])).subarray(0, DIGEST_BYTES);

/**
 * Makes a signature. The same part in the same conversation gets the same signature. `seed` identifies the
 * conversation.
 */
export function issueSignature(model: GeminiModel, part: SignedPart, seed: string): string {
  const body = Buffer.concat([HEADER, placeDigest(part), filler(seed)]);
  return Buffer.concat([body, tag(body, model)]).toString('base64');
}

/** True for a complete and unchanged signature that this mock gave out for a model of the same family. */
export function isIssued(signature: string, model: GeminiModel): boolean {
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.length !== LENGTH) return false;
  const body = bytes.subarray(0, LENGTH - DIGEST_BYTES);
  return bytes.subarray(LENGTH - DIGEST_BYTES).equals(tag(body, model));
}

/** True where the signature came with a part that says the same as `part`. */
export function isInPlace(signature: string, part: SignedPart): boolean {
  const digest = Buffer.from(signature, 'base64').subarray(HEADER.length, HEADER.length + DIGEST_BYTES);
  return digest.equals(placeDigest(part));
}
