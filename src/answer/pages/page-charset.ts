/** Decodes a page by what says its encoding: its first bytes, its host, or the page itself. */

/** Characters at the beginning of a page in which it may say its encoding. */
const MOST_LOOKED_AT = 2_048;
const OF_HEADER = /;\s*charset\s*=\s*["']?([\w.:-]{1,40})/i;
const OF_PAGE = /<meta\b[^>]{0,200}?\bcharset\s*=\s*["']?([\w.:-]{1,40})/i;

const MARKS: readonly (readonly [label: string, bytes: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

const byMark = (bytes: Uint8Array): string | undefined =>
  MARKS.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))?.[0];

function byPage(bytes: Uint8Array): string | undefined {
  const beginning = Buffer.from(bytes.subarray(0, MOST_LOOKED_AT)).toString('latin1');
  return OF_PAGE.exec(beginning)?.[1];
}

export function textOfBytes(bytes: Uint8Array, contentType: string, isHtml: boolean): string {
  const label = byMark(bytes) ?? OF_HEADER.exec(contentType)?.[1] ?? (isHtml ? byPage(bytes) : undefined);
  return decoder(label ?? 'utf-8').decode(bytes);
}

/** An encoding that nobody knows is taken for UTF-8, as most pages are. */
function decoder(label: string): TextDecoder {
  try {
    return new TextDecoder(label as 'utf-8');
  } catch {
    return new TextDecoder();
  }
}
