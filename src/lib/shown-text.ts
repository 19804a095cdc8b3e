/**
 * Makes texts of others fit to be shown. If a text were cut before its secrets are hidden, it could end in most of a
 * key, which nothing recognises any more. So texts are passed on whole, and only this function cuts them, at the place
 * where they are written or sent.
 */
import { RecentMap } from './recent-map.ts';
import { hideSecrets } from './secrets.ts';

export type ShownOptions = {
  secrets: readonly string[];
  /** The most bytes of UTF-8 that are shown. */
  limit: number;
  /** Gives the replacement of a character that moves a cursor, ends a line, or changes the direction of writing. */
  control(char: string): string;
};

/** How many characters are searched for secrets, in all encodings: an endless text must not cost endless time. */
const LOOKED_AT = 65_536;
/**
 * How many characters at the end of the searched part are left out, because they may be the beginning of an encoded
 * secret.
 */
const UNSURE = 16_384;

/** The most bytes in UTF-8 of one UTF-16 unit. */
const MOST_BYTES = 3;

// C0 and C1 controls move cursors and end lines; the two Unicode separators end lines in some viewers; the rest turn text around.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

export function shownText(text: string, { secrets, limit, control }: ShownOptions): string {
  const isLong = text.length > LOOKED_AT;
  const hidden = hideSecrets(isLong ? text.slice(0, LOOKED_AT) : text, secrets);
  const sure = isLong ? hidden.slice(0, Math.max(0, hidden.length - UNSURE)) : hidden;
  const clean = sure.toWellFormed().replace(CONTROLS, control);
  // Nearly every text is short enough, whatever its characters are.
  if (!isLong && clean.length * MOST_BYTES <= limit) return clean;
  const bytes = Buffer.from(clean, 'utf8');
  if (!isLong && bytes.length <= limit) return clean;
  const end = `… (${text.length} characters)`;
  const room = Math.max(0, limit - Buffer.byteLength(end));
  // A character that would be cut in two is left out.
  return new TextDecoder().decode(bytes.subarray(0, room), { stream: true }) + end;
}

const MOST_NAMES = 1_000;
const LONGEST_NAME = 2_000;
/** Names by the list of secrets that were hidden in them: another list takes its place where keys change. */
const shownNames = new WeakMap<readonly string[], RecentMap<string, string>>();

/** Hides secrets in names that clients make up, such as that of a model. A few names come again and again. */
export function namesShown(secrets: readonly string[]): (name: string) => string {
  const known = shownNames.get(secrets) ?? new RecentMap<string, string>(MOST_NAMES);
  shownNames.set(secrets, known);
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const shown = shownText(name, { secrets, limit: LONGEST_NAME, control: (char) => char });
    known.set(name, shown);
    return shown;
  };
}

/**
 * `text` without the queries of its URLs. The query of a URL is often a signature that gives anybody access, and other
 * people than the sender read a log.
 */
export const withoutQueries = (text: string): string =>
  // Searching for `://` is much cheaper than matching the pattern.
  !text.includes('://') ? text : text.replace(/(https?:\/\/[^\s?#"'<>]{1,2048}\?)[^\s"'<>]+/gi, '$1…');

/**
 * Text of a client's for an error: the whole text, or only its length. A part of the text might be most of a secret.
 */
export const wholeOrSize = (text: string, most = 200): string =>
  text.length <= most ? text : `(${text.length} characters)`;

export const quoted = (text: string, most = 100): string =>
  text.length <= most ? JSON.stringify(text) : wholeOrSize(text, most);
