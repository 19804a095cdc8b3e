/** What a program prints to a terminal, as lines of styled runs. It knows colours and line ends; all else is an error, not a wrong picture. */

export const STYLES = {
  1: 'bold',
  2: 'dim',
  31: 'red',
  32: 'green',
  33: 'yellow',
  36: 'cyan',
} as const;

export type Style = (typeof STYLES)[keyof typeof STYLES];
export type Run = { text: string; styles: readonly Style[] };
export type Line = readonly Run[];

/** What ends each style. */
const ENDS: Readonly<Record<number, readonly Style[]>> = {
  0: Object.values(STYLES),
  22: ['bold', 'dim'],
  39: ['red', 'green', 'yellow', 'cyan'],
};

const ESCAPE = String.fromCharCode(27);
const SEQUENCE = new RegExp(`${ESCAPE}\\[([\\d;]*)m`);

const isStyle = (code: number): code is keyof typeof STYLES => Object.hasOwn(STYLES, code);

function after(styles: readonly Style[], code: number): readonly Style[] {
  if (isStyle(code)) return [...styles, STYLES[code]];
  const ended = ENDS[code];
  if (!ended) throw new Error(`the terminal is told style ${code}, which has no row in this table`);
  return styles.filter((style) => !ended.includes(style));
}

export function styledLines(printed: string): Line[] {
  let styles: readonly Style[] = [];
  return printed
    .replaceAll('\r\n', '\n')
    .trimEnd()
    .split('\n')
    .map((line) =>
      line.split(SEQUENCE).flatMap((piece, index): Run[] => {
        if (index % 2 === 1) {
          styles = piece.split(';').reduce((now, code) => after(now, Number(code)), styles);
          return [];
        }
        if ([...piece].some((character) => character < ' '))
          throw new Error(`the terminal is told ${JSON.stringify(piece)}: only colours can be drawn`);
        return piece === '' ? [] : [{ text: piece, styles }];
      }),
    );
}

/** Where a line of `text` that begins at `start` ends: between words where it can. */
function endOfLine(text: string, start: number, columns: number): number {
  if (text.length - start <= columns) return text.length;
  const space = text.lastIndexOf(' ', start + columns - 1);
  return space > start ? space + 1 : start + columns;
}

/** The lines of at most `columns` characters that `line` becomes. */
export function broken(line: Line, columns: number): Line[] {
  const text = line.map((run) => run.text).join('');
  const lines: Line[] = [];
  let start = 0;
  do {
    const end = endOfLine(text, start, columns);
    lines.push(cut(line, start, end));
    start = end;
  } while (start < text.length);
  return lines;
}

function cut(line: Line, start: number, end: number): Line {
  let place = 0;
  return line.flatMap(({ text, styles }) => {
    const part = text.slice(Math.max(0, start - place), Math.max(0, end - place));
    place += text.length;
    return part === '' ? [] : [{ text: part, styles }];
  });
}
