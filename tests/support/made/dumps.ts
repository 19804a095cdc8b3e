/** Bytes as shell tools print them. Compared by hand with coreutils 9, xxd of vim 9 and util-linux 2.40. */

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

const upperHex = (row: readonly number[]) => row.map((b) => hex(b).toUpperCase());

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
  'od -d': (bytes) =>
    lines(
      bytes,
      (at, row) =>
        `${octal(at, 7)} ${words(row)
          .map((word) => String(word).padStart(5))
          .join(' ')}`,
    ),
  'od -t u4': (bytes) =>
    lines(bytes, (at, row) => {
      const numbers = groups(row, 4).map((four) => String(four.reduceRight((sum, b) => sum * 256 + b, 0)));
      return `${octal(at, 7)} ${numbers.map((number) => number.padStart(10)).join(' ')}`;
    }),
  'od -t c -t x1': (bytes) =>
    lines(
      bytes,
      (at, row) =>
        `${octal(at, 7)}${row.map(cColumn).join('')}\n       ${row.map((b) => `  ${hex(b)}`).join('')}`,
    ),
  'Format-Hex of Windows PowerShell': (bytes) =>
    lines(
      bytes,
      (at, row) => `${hex(at, 8).toUpperCase()}   ${upperHex(row).join(' ').padEnd(47)}  ${characters(row)}`,
    ),
  'Format-Hex of PowerShell 7': (bytes) =>
    lines(
      bytes,
      (at, row) => `${hex(at, 16).toUpperCase()} ${upperHex(row).join(' ').padEnd(47)} ${characters(row)}`,
    ),
  'certutil -dump': (bytes) =>
    lines(bytes, (at, row) => {
      const [left = [], right = []] = groups(row, 8).map((half) => half.map((b) => hex(b)).join(' '));
      return `    ${hex(at, 4)}  ${`${left}  ${right}`.padEnd(50)} ${characters(row)}`;
    }),
  'a debugger': (bytes) =>
    lines(bytes, (at, row) => `0x7ffff7a0${hex(at, 4)}:\t${row.map((b) => `0x${hex(b)}`).join('\t')}`, 8),
  'texts of numbers': (bytes) => `[${[...bytes].map((b) => `'0x${b.toString(16)}'`).join(', ')}]`,
  'escapes in base 8': (bytes) => [...bytes].map((b) => `\\${octal(b, 3)}`).join(''),
  'escapes of long numbers': (bytes) => [...bytes].map((b) => `\\U${hex(b, 8)}`).join(''),
  'escapes in braces': (bytes) => [...bytes].map((b) => `\\u{${hex(b)}}`).join(''),
  'escapes of HTML': (bytes) => [...bytes].map((b) => `&#${b};`).join(''),
  'escapes of HTML in base 16': (bytes) => [...bytes].map((b) => `&#x${hex(b)};`).join(''),
  'base64 of two bytes a character': (bytes) =>
    base64(Buffer.from(Buffer.from(bytes).toString('latin1'), 'utf16le')),
  'hexadecimal of two bytes a character': (bytes) =>
    Buffer.from(Buffer.from(bytes).toString('latin1'), 'utf16le').toString('hex'),
  'a buffer in JSON': (bytes) => JSON.stringify(Buffer.from(bytes)),
  'a list over lines': (bytes) => JSON.stringify([...bytes], null, 2),
  'a buffer as Node shows it': (bytes) => `<Buffer ${[...bytes].map((b) => hex(b)).join(' ')}>`,
  'escapes of a string': (bytes) => [...bytes].map((b) => `\\x${hex(b)}`).join(''),
};

/** A text as it stands on a screen: in colours, cut into lines at the edge, in frames. It is not encoded. */
export const SHOWN: Readonly<Record<string, (text: string) => string>> = {
  'a colour for each letter': (text) => [...text].map((char) => `\u001b[1;32m${char}\u001b[0m`).join(''),
  'a colour before each word': (text) => text.replace(/[\w-]+/g, '\u001b[32m$&\u001b[m\u001b[K'),
  'a colour in the midst': (text) => text.replace(/[a-z]{5}/, '\u001b[01;31m\u001b[K$&\u001b[m\u001b[K'),
};

/** Cut into pieces; only somebody who knows the secret can tell where a piece ends. */
export const IN_PIECES: Readonly<Record<string, (text: string) => string>> = {
  'lines cut at the edge': (text) => wrapped(text, 20),
  'lines cut and shifted': (text) => wrapped(text, 24).replaceAll('\n', '\n    '),
  'a frame': (text) =>
    wrapped(text, 24)
      .split('\n')
      .map((line) => `│ ${line.padEnd(24)} │`)
      .join('\n'),
  'a list of letters': (text) => JSON.stringify([...text]),
  'a letter a line': (text) => [...text].join('\n'),
  'a letter apart': (text) => [...text].join(' '),
  'nothing of width between': (text) => [...text].join('\u200b'),
  'texts put together': (text) =>
    wrapped(text, 10)
      .split('\n')
      .map((line) => JSON.stringify(line))
      .join(' + '),
};
