/**
 * Decodes UTF-8 and says where it is wrong. Other decoders replace wrong bytes without a word, so the content would
 * differ from what was sent.
 */
import { isUtf8 } from 'node:buffer';

const BYTE_ORDER_MARK = '\uFEFF';

/** The text without its byte-order mark, or the offset of the first byte that belongs to no character. */
export function readUtf8(bytes: Uint8Array): string | number {
  if (!isUtf8(bytes)) return firstBad(bytes);
  // This is twice as fast as a TextDecoder.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function firstBad(bytes: Uint8Array): number {
  let at = 0;
  for (let length = lengthAt(bytes, at); length > 0; length = lengthAt(bytes, at)) at += length;
  return at;
}

const within = (byte: number | undefined, [least, most]: readonly [number, number]): boolean =>
  byte !== undefined && byte >= least && byte <= most;

const ANY = [0x80, 0xbf] as const;
/**
 * The second bytes that are allowed after certain first bytes. Other second bytes would make overlong forms,
 * surrogates, or characters beyond Unicode.
 */
const SECOND: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};

/**
 * The number of bytes of the character at `at`; 0 where no character begins there, or where the bytes end within the
 * character.
 */
function lengthAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0xff;
  if (lead < 0x80) return 1;
  const length = [0xc2, 0xe0, 0xf0, 0xf5].filter((least) => lead >= least).length + 1;
  if (length === 1 || length === 5 || !within(bytes[at + 1], SECOND[lead] ?? ANY)) return 0;
  for (let next = 2; next < length; next++) if (!within(bytes[at + next], ANY)) return 0;
  return length;
}
