/** The forms in which a dump of bytes may write numbers. A form is a base, a size and an order of bytes. */
import type { Token } from './dump-lines.ts';
import type { ReadBytes } from './reading.ts';

/** Adds the bytes that the token stands for. Returns false where the token is not of this form. */
export type Form = (token: Token, bytes: ReadBytes) => boolean;

const HEX_BYTES = /^(?:[0-9a-f]{2})+$/i;

const hexBytes: Form = ({ text, start }, bytes) => {
  if (!HEX_BYTES.test(text)) return false;
  for (let at = 0; at < text.length; at += 2)
    bytes.add(Number.parseInt(text.slice(at, at + 2), 16), start + at, 2);
  return true;
};

/** Hexadecimal digits of a machine word whose low byte comes first. */
const WORDS = new Set([4, 8, 16]);

const hexWords: Form = ({ text, start }, bytes) => {
  if (!WORDS.has(text.length) || !HEX_BYTES.test(text)) return false;
  for (let at = text.length - 2; at >= 0; at -= 2)
    bytes.add(Number.parseInt(text.slice(at, at + 2), 16), start + at, 2);
  return true;
};

/** Adds a machine word, low byte first. The place of each byte is the whole token. */
function addWord({ text, start }: Token, value: bigint, size: number, bytes: ReadBytes): true {
  for (let i = 0; i < size; i++) bytes.add(Number((value >> BigInt(8 * i)) & 0xffn), start, text.length);
  return true;
}

const byteIn =
  (pattern: RegExp, base: number): Form =>
  ({ text, start }, bytes) => {
    const value = pattern.test(text) ? Number.parseInt(text, base) : 0x100;
    if (value > 0xff) return false;
    bytes.add(value, start, text.length);
    return true;
  };

/** Reads an octal byte, also in escapes, where leading zeros may be missing or added. */
const octalByte = byteIn(/^[0-3]?[0-7]{2}$/, 8);
const hexByte = byteIn(/^(?:0{6}|00)?[0-9a-f]{1,2}$/i, 16);

const octalWord: Form = (token, bytes) =>
  /^[01][0-7]{5}$/.test(token.text) && addWord(token, BigInt(Number.parseInt(token.text, 8)), 2, bytes);

/** Reads a decimal word of text. Text has no zero byte, so the digits of the number show how many bytes it has. */
const decimalWord: Form = (token, bytes) => {
  const { text } = token;
  if (!/^\d{4,20}$/.test(text)) return false;
  const size = text.length <= 5 ? 2 : text.length <= 10 ? 4 : 8;
  return addWord(token, BigInt(text), size, bytes);
};

/** The names that `od -a` writes for control characters. */
const NAMES: Readonly<Record<string, number>> = { nul: 0, ht: 9, nl: 10, cr: 13, esc: 27, sp: 32, del: 127 };

/** Reads a token of `od -c`, which writes a byte that is no character as a number. */
const character: Form = (token, bytes) => {
  const { text, start } = token;
  const value = text.length === 1 ? text.charCodeAt(0) : NAMES[text];
  if (value === undefined) return octalByte(token, bytes);
  bytes.add(value, start, text.length);
  return true;
};

/** Reads bits, as in `xxd -b`, and bits without gaps. */
const bits: Form = ({ text, start }, bytes) => {
  if (!/^(?:[01]{8})+$/.test(text)) return false;
  for (let at = 0; at < text.length; at += 8)
    bytes.add(Number.parseInt(text.slice(at, at + 8), 2), start + at, 8);
  return true;
};

export const FORMS: readonly Form[] = [
  hexBytes,
  hexWords,
  hexByte,
  octalByte,
  octalWord,
  byteIn(/^\d{1,3}$/, 10),
  decimalWord,
  bits,
  character,
];
