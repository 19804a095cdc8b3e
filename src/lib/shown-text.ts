/**
 * Makes the texts of others fit to be shown. A text that is cut before its secrets are hidden may end in most of a key,
 * which nothing recognises any more. So texts are handed on whole, and only this function cuts them, where they are
 * written or told.
 */
import { hideSecrets } from './secrets.ts';

export type ShownOptions = {
  secrets: readonly string[];
  /** The most bytes of UTF-8 that are shown. */
  limit: number;
  /** Stands in place of a character that moves a cursor, ends a line, or turns the direction of writing. */
  control(char: string): string;
};

/** How many characters are searched for secrets, in all encodings: an endless text must not cost endless time. */
const LOOKED_AT = 65_536;
/**
 * How many characters at the end of the searched part are left out: they may be the beginning of a secret in some
 * encoding.
 */
const UNSURE = 16_384;

/** Bytes of UTF-8 that one UTF-16 unit is at most. */
const MOST_BYTES = 3;

// C0 and C1 controls move cursors and end lines; the two Unicode separators end lines in some viewers; the rest turn text around.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

export function shownText(text: string, { secrets, limit, control }: ShownOptions): string {
  const isLong = text.length > LOOKED_AT;
  const hidden = hideSecrets(isLong ? text.slice(0, LOOKED_AT) : text, secrets);
  const sure = isLong ? hidden.slice(0, Math.max(0, hidden.length - UNSURE)) : hidden;
  const clean = sure.toWellFormed().replace(CONTROLS, control);
  // Nearly every text: it fits, whatever its characters are.
  if (!isLong && clean.length * MOST_BYTES <= limit) return clean;
  const bytes = Buffer.from(clean, 'utf8');
  if (!isLong && bytes.length <= limit) return clean;
  const end = `… (${text.length} characters)`;
  const room = Math.max(0, limit - Buffer.byteLength(end));
  // A character that would be cut in two is left out.
  return new TextDecoder().decode(bytes.subarray(0, room), { stream: true }) + end;
}

/** The query of a URL is often a signature that opens it to anybody, and other people than the sender read a log. */
export const withoutQueries = (text: string): string =>
  // Looking for these is much cheaper than for the whole.
  !text.includes('://') ? text : text.replace(/(https?:\/\/[^\s?#"'<>]{1,2048}\?)[^\s"'<>]+/gi, '$1…');

/** A client's word in an error: the whole word, or only its length. A part of it might be most of a secret. */
export const wholeOrSize = (text: string, most = 200): string =>
  text.length <= most ? text : `(${text.length} characters)`;

export const quoted = (text: string, most = 100): string =>
  text.length <= most ? JSON.stringify(text) : wholeOrSize(text, most);
