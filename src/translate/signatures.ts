/**
 * Thought signatures on their way through a client that does not know them. Google gives a signature with a part and
 * wants it back on that same part (wire section 4). There are two ways to keep it: an envelope in the `signature` of a
 * thinking block, which Claude Code sends back in place, and a store whose keys are made from what the client is
 * certain to send back.
 *
 * An envelope reads `g1:<family>:<key>:<place>:<checksum>:<signature>`. `place` says which part it belongs to:
 * `call/<tool id>`; `text/<start>-<end>` (characters of its text block; an empty range stands for an empty part there);
 * or `none`: the thinking block is ours, and the model gave no signature with it.
 */
import type { ContentBlock } from '../anthropic/content.ts';
import type { Message } from '../anthropic/request.ts';
import type { ModelFamily } from '../gemini/models.ts';
import type { RequestPart } from '../gemini/wire.ts';
import { contentHash, shortHash } from '../lib/hash.ts';
import { canonicalJson } from '../lib/json.ts';
import { MadeOf, oncePer } from '../lib/lasting.ts';

/** The model family and key that made a signature. No other family or key can read it. */
export type SignatureOrigin = { readonly family: ModelFamily; readonly keyFingerprint: string };

export type SignaturePlace =
  | { on: 'call'; toolId: string }
  | { on: 'text'; start: number; end: number }
  | { on: 'none' };

export type Envelope = SignatureOrigin & { place: SignaturePlace; signature: string };

/** The envelopes found in the store, by key; several for one key are separated by a newline. */
export type SignatureLookup = ReadonlyMap<string, string>;

const VERSION = 'g1';
const CHECKSUM_LENGTH = 8;
const LIST_SEPARATOR = '\n';

function placeText(place: SignaturePlace): string {
  if (place.on === 'call') return `call/${place.toolId}`;
  return place.on === 'text' ? `text/${place.start}-${place.end}` : 'none';
}

function parsePlace(text: string): SignaturePlace | undefined {
  if (text === 'none') return { on: 'none' };
  const call = /^call\/(.+)$/.exec(text);
  if (call?.[1]) return { on: 'call', toolId: call[1] };
  const range = /^text\/(\d+)-(\d+)$/.exec(text);
  return range ? { on: 'text', start: Number(range[1]), end: Number(range[2]) } : undefined;
}

const checksum = (body: string) => shortHash(body, CHECKSUM_LENGTH);

export function sealEnvelope(envelope: Envelope): string {
  const head = `${VERSION}:${envelope.family}:${envelope.keyFingerprint}:${placeText(envelope.place)}`;
  return `${head}:${checksum(`${head}:${envelope.signature}`)}:${envelope.signature}`;
}

/** The envelope in `text`; undefined for a foreign signature, and for an envelope that was changed. */
export function openEnvelope(text: string): Envelope | undefined {
  const [version, family, keyFingerprint, place, sum, signature, ...rest] = text.split(':');
  if (version !== VERSION || signature === undefined || rest.length > 0) return undefined;
  const head = [version, family, keyFingerprint, place].join(':');
  if (sum !== checksum(`${head}:${signature}`)) return undefined;
  const parsed = parsePlace(place ?? '');
  if (!parsed || !family || !keyFingerprint) return undefined;
  return { family: family as ModelFamily, keyFingerprint, place: parsed, signature };
}

export const joinEnvelopes = (envelopes: readonly string[]): string => envelopes.join(LIST_SEPARATOR);
export const splitEnvelopes = (stored: string): string[] => stored.split(LIST_SEPARATOR);

export const sameOrigin = (a: SignatureOrigin, b: SignatureOrigin): boolean =>
  a.family === b.family && a.keyFingerprint === b.keyFingerprint;

// ── keys: by what the client sends back ───────────────────────────────────────────────────────────────────────

/** The key under which a call's signature is stored: made from the id that we gave the call. */
export const callKey = (toolId: string): string => `call:${toolId}`;

/** The key under which Google's own parts of a call are stored, where the client does not answer the call. */
export const partsKey = (toolId: string): string => `parts:${toolId}`;

/** Parts as one text that an envelope can hold. Their signatures are in them, since they never go back without these. */
export const sealParts = (parts: readonly RequestPart[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64');

export const openParts = (sealed: string): RequestPart[] =>
  JSON.parse(Buffer.from(sealed, 'base64').toString()) as RequestPart[];

/** The other key of a call, made from its name and arguments: for a client that gave the call another id. */
export const callContentKey = (name: string, input: unknown): string =>
  `args:${contentHash(`${name}\n${canonicalJson(input)}`)}`;

/**
 * The keys of a text block. One is made from the text and the turn that it answers, and one from the text alone (the
 * same words may end many answers). White space at the ends does not count, since clients cut it.
 */
export const textKeys = (context: string, text: string): [exact: string, loose: string] => {
  const hash = contentHash(text.trim());
  return [`text:${context}:${hash}`, `text:${hash}`];
};

/**
 * A hash of what an answer to `messages` answers: the results just given (their ids are unique), or else the last words
 * of the user.
 */
export function answeredTurn(messages: readonly Message[]): string {
  const last = messages.findLast((message) => message.role === 'user');
  return last ? turnHash(last) : '';
}

/** The hash of one message of the user's. */
export const turnHash = oncePer(({ content }: Message): string => {
  if (typeof content === 'string') return contentHash(content.trim());
  const ids: string[] = [];
  let words = '';
  for (const block of content) {
    if (block.type === 'tool_result') ids.push(block.tool_use_id);
    if (block.type === 'text') words = block.text.trim();
  }
  return contentHash(ids.length > 0 ? ids.join(' ') : words);
});

/**
 * The keys by which the signature of one block is found: the exact key, or else a key made from the content alone.
 * `loose` is a function, because hashing arguments costs time, and few blocks need it.
 */
export type SignatureKeys = { readonly exact: string; loose(): string };

function blockKeys(block: ContentBlock, context: string): SignatureKeys[] {
  if (block.type === 'text') {
    const [exact, loose] = textKeys(context, block.text);
    return [{ exact, loose: () => loose }];
  }
  if (block.type === 'server_tool_use') {
    // Google's own parts, or else the signature of a function that this process has answered.
    return [{ exact: partsKey(block.id), loose: () => callKey(block.id) }];
  }
  if (block.type !== 'tool_use') return [];
  let loose: string | undefined;
  return [
    {
      exact: callKey(block.id),
      loose: () => {
        loose ??= callContentKey(block.name, block.input);
        return loose;
      },
    },
  ];
}

/**
 * The keys for a message that came in an earlier request. The context is kept with them: nearly always the message
 * follows the same message again.
 */
const known = new MadeOf<Message, { context: string; keys: readonly SignatureKeys[] }>();

function messageKeys(message: Message, context: string): readonly SignatureKeys[] {
  const before = known.get(message);
  if (before?.context === context) return before.keys;
  const { content } = message;
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
  const keys = blocks.flatMap((block) => blockKeys(block, context));
  known.set(message, { context, keys });
  return keys;
}

/**
 * The keys of every block of the assistant's that may be signed. They are looked up before translation, which stays
 * pure.
 */
export function signatureKeys(messages: readonly Message[]): SignatureKeys[] {
  const keys: SignatureKeys[] = [];
  let context = '';
  for (const message of messages) {
    if (message.role === 'user') context = turnHash(message);
    if (message.role !== 'assistant') continue;
    for (const one of messageKeys(message, context)) keys.push(one);
  }
  return keys;
}
