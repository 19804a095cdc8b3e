/** Bytes as the tools of a shell print them. Compared with coreutils 9, xxd of vim 9 and util-linux 2.40 by hand. */

const hex = (byte: number, width = 2) => byte.toString(16).padStart(width, '0');
const octal = (byte: number, width: number) => byte.toString(8).padStart(width, '0');
const printable = (byte: number) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

function rows(bytes: Uint8Array, width = 16): [offset: number, row: number[]][] {
  const count = Math.ceil(bytes.length / width);
  return Array.from({ length: count }, (_, i) => [i * width, [...bytes.slice(i * width, (i + 1) * width)]]);
}

const lines = (bytes: Uint8Array, line: (offset: number, row: number[]) => string, width = 16) =>
  rows(bytes, width)
    .map(([offset, row]) => line(offset, row))
    .join('\n');

const groups = (row: readonly number[], size: number) =>
  Array.from({ length: Math.ceil(row.length / size) }, (_, i) => row.slice(i * size, (i + 1) * size));

const characters = (row: readonly number[]) => row.map(printable).join('');
const bigWords = (row: readonly number[]) => groups(row, 2).map((pair) => pair.map((b) => hex(b)).join(''));
const words = (row: readonly number[]) => groups(row, 2).map(([low = 0, high = 0]) => high * 256 + low);

const cColumn = (byte: number) => {
  const named: Record<number, string> = { 10: '\\n', 9: '\\t', 13: '\\r', 0: '\\0' };
  return (named[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : octal(byte, 3))).padStart(
    4,
  );
};

const wrapped = (text: string, width: number) =>
  text.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\n') ?? '';
export const numbered = (text: string, mark = '\t') =>
  text
    .split('\n')
    .map((line, i) => `${String(i + 1).padStart(6)}${mark}${line}`)
    .join('\n');

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

export const DUMPS: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  base64: (bytes) => wrapped(base64(bytes), 76),
  'base64 -w 20': (bytes) => wrapped(base64(bytes), 20),
  'base64 -w 7': (bytes) => wrapped(base64(bytes), 7),
  'base64, with the numbers of a reader': (bytes) => numbered(wrapped(base64(bytes), 64)),
  'base64, with arrows': (bytes) => numbered(wrapped(base64(bytes), 30), '→'),
  'base64 as grep -n shows it': (bytes) =>
    wrapped(base64(bytes), 40)
      .split('\n')
      .map((line, i) => `${i + 1}:${line}`)
      .join('\n'),
  'base64 twice': (bytes) => wrapped(base64(Buffer.from(wrapped(base64(bytes), 76))), 76),
  'a URL-safe base64': (bytes) => Buffer.from(bytes).toString('base64url'),
  xxd: (bytes) =>
    lines(bytes, (at, row) => `${hex(at, 8)}: ${bigWords(row).join(' ').padEnd(39)}  ${characters(row)}`),
  'xxd, with the numbers of a reader': (bytes) => numbered(DUMPS['xxd']?.(bytes) ?? ''),
  'xxd -g 1 -u': (bytes) =>
    lines(
      bytes,
      (at, row) =>
        `${hex(at, 8)}: ${row
          .map((b) => hex(b).toUpperCase())
          .join(' ')
          .padEnd(47)}  ${characters(row)}`,
    ),
  'xxd -p': (bytes) => wrapped(Buffer.from(bytes).toString('hex'), 60),
  'xxd -b': (bytes) =>
    lines(
      bytes,
      (at, row) =>
        `${hex(at, 8)}: ${row
          .map((b) => b.toString(2).padStart(8, '0'))
          .join(' ')
          .padEnd(53)}  ${characters(row)}`,
      6,
    ),
  'xxd -i': (bytes) => lines(bytes, (_, row) => `  ${row.map((b) => `0x${hex(b)}`).join(', ')},`, 12),
  hexdump: (bytes) =>
    lines(
      bytes,
      (at, row) =>
        `${hex(at, 7)} ${words(row)
          .map((word) => hex(word, 4))
          .join(' ')}`,
    ),
  'hexdump -C': (bytes) =>
    lines(bytes, (at, row) => {
      const [left = [], right = []] = groups(row, 8).map((half) => half.map((b) => hex(b)));
      return `${hex(at, 8)}  ${`${left.join(' ')}  ${right.join(' ')}`.padEnd(48)}  |${characters(row)}|`;
    }),
  od: (bytes) =>
    lines(
      bytes,
      (at, row) =>
        `${octal(at, 7)} ${words(row)
          .map((word) => octal(word, 6))
          .join(' ')}`,
    ),
  'od -b': (bytes) => lines(bytes, (at, row) => `${octal(at, 7)} ${row.map((b) => octal(b, 3)).join(' ')}`),
  'od -c': (bytes) => lines(bytes, (at, row) => octal(at, 7) + row.map(cColumn).join('')),
  'od -An -tx1': (bytes) => lines(bytes, (_, row) => ` ${row.map((b) => hex(b)).join(' ')}`),
  'od -A x -t x1z': (bytes) =>
    lines(
      bytes,
      (at, row) =>
        `${hex(at, 6)} ${row
          .map((b) => hex(b))
          .join(' ')
          .padEnd(47)}  >${characters(row)}<`,
    ),
  'od -t u1': (bytes) =>
    lines(bytes, (at, row) => octal(at, 7) + row.map((b) => String(b).padStart(4)).join('')),
  'a buffer in JSON': (bytes) => JSON.stringify(Buffer.from(bytes)),
  'a list over lines': (bytes) => JSON.stringify([...bytes], null, 2),
  'a buffer as Node shows it': (bytes) => `<Buffer ${[...bytes].map((b) => hex(b)).join(' ')}>`,
  'escapes of a string': (bytes) => [...bytes].map((b) => `\\x${hex(b)}`).join(''),
};
