/**
 * Finds the name of a person in the path of a home folder, and the name of a machine that shares such folders. The text
 * must be unescaped, so that several backslashes in a row are one.
 */
import type { Span } from '../lib/readings/reading.ts';
import type { Unescaped } from '../lib/readings/unescaped.ts';

/** Matches where a word may begin. Right before the word there may be the letter of an escape such as `\n`. */
const START = String.raw`(?:^|[^\w./~-]|\\[bfnrt])`;

/** Matches a character that a name may have, however the path is quoted. */
const LETTER = String.raw`[^/\\ \t\r\n"'\x60:;,<>()|&?*$]`;
const NAME = `${LETTER}+`;
/** Matches names on Windows, which may have blanks. A shell may put a backslash before each blank. */
const BLANK_NAME = String.raw`${LETTER}+(?:\\? ${LETTER}+){1,3}`;
/** Matches a name on Windows. Whether the name goes on after a blank can be seen only from what follows. */
const WINDOWS_NAME = String.raw`${BLANK_NAME}(?=[/\\])|${NAME}`;

/** Paths of homes on each system, and on each bridge from one system to another. */
const POSIX_HOMES = [
  '/home/',
  '/Users/',
  '/(?:var|usr|export)/home/',
  String.raw`//wsl(?:\$|\.localhost)/[\w.-]+/home/`,
].join('|');
const WINDOWS_HOMES = [
  String.raw`[A-Za-z]:\\(?:Users|Documents and Settings)\\`,
  '(?:file:///)?[A-Za-z]:/Users/',
  // WSL, Cygwin, Git Bash.
  '(?:/mnt|/cygdrive)?/[A-Za-z]/Users/',
].join('|');

const PATTERNS: readonly RegExp[] = [
  new RegExp(`(${START}(?:${POSIX_HOMES}))(${NAME})`, 'g'),
  new RegExp(`(${START}(?:${WINDOWS_HOMES}))(${WINDOWS_NAME})`, 'g'),
  // The name goes on until the quotation mark that ends the text.
  new RegExp(String.raw`((["'\x60])(?:${WINDOWS_HOMES}))(${BLANK_NAME})(?=\2)`, 'g'),
  // Claude Code's folder for a project is named after the project's path, with dashes in place of slashes.
  /([/\\](?:-(?:home|Users|mnt-[a-z]-Users|[a-z]-Users)-|[A-Za-z]--Users-))([A-Za-z0-9_.]+)/g,
];

export function findHomes(plain: Unescaped): Span[] {
  const named = PATTERNS.flatMap((pattern) =>
    [...plain.text.matchAll(pattern)].map((match) => ({
      start: match.index + (match[1] ?? '').length,
      length: (match.at(-1) ?? '').length,
    })),
  );
  return [...named, ...findShares(plain)];
}

const SHARE = new RegExp(String.raw`(?:(?<![\w\\:.])|(?<=\\[bfnrt]))\\((?:${LETTER}|\$)+)\\(${NAME})`, 'g');
const WSL = /^wsl(?:\$|\.localhost)$/i;
const HOMES = /^(?:home|users)$/i;
const HOMES_BEHIND = /\\(?:home|Users)/iy;
const FOLDER = new RegExp(String.raw`\\(${WINDOWS_NAME})`, 'y');

/** Finds `\\host\share`, and the name after it if the share holds homes. */
function findShares({ text, lengthAt }: Unescaped): Span[] {
  return [...text.matchAll(SHARE)].flatMap(({ 1: host = '', 2: share = '', index }) => {
    const shareAt = index + 1 + host.length + 1;
    // A share begins with twice as many backslashes as there are between its folders, however often the text was
    // quoted.
    if (lengthAt(index) !== 2 * lengthAt(shareAt - 1)) return [];
    if (isLineEnd(host, share, lengthAt(shareAt - 1))) return [];
    const end = shareAt + share.length;
    const machine = [{ start: index + 1, length: host.length }];
    if (HOMES.test(share)) return [...machine, ...folderAt(text, end)];
    HOMES_BEHIND.lastIndex = end;
    const homes = HOMES_BEHIND.exec(text)?.[0];
    const named = homes === undefined ? [] : folderAt(text, end + homes.length);
    return WSL.test(host) ? named : [...machine, { start: shareAt, length: share.length }, ...named];
  });
}

/** True for a word after a backslash at the end of a line, as in TeX: it looks exactly like a share. */
const isLineEnd = (host: string, share: string, backslashes: number): boolean =>
  /^[bfnrt]/.test(share) && (backslashes === 1 || !/[\d.$-]/.test(host));

function folderAt(text: string, at: number): Span[] {
  FOLDER.lastIndex = at;
  const name = FOLDER.exec(text)?.[1];
  return name === undefined ? [] : [{ start: at + 1, length: name.length }];
}
