/**
 * A terminal as an SVG: text stays text. The terminal brings its own background, so that the text can be read whatever page it stands on;
 * the colours follow the reader's, light or dark.
 */
import type { Line, Run } from './styled-lines.ts';

const SIZE = 13;
/** The width of a character in most fonts of equal widths, at that size. `textLength` fits others to it. */
const COLUMN = 7.8;
const LINE = 19;
const PADDING = 18;
const BAR = 34;

const STYLE = `
  text { font: ${SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace; fill: #1f2328; white-space: pre; }
  .card { fill: #f6f8fa; stroke: #d0d7de; }
  .title, .dim { fill: #59636e; }
  .bold { font-weight: 600; }
  .red { fill: #cf222e; }
  .green { fill: #116329; }
  .yellow { fill: #8a4600; }
  .cyan { fill: #0b5394; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .card { fill: #0d1117; stroke: #3d444d; }
    .title, .dim { fill: #9198a1; }
    .red { fill: #ff7b72; }
    .green { fill: #56d364; }
    .yellow { fill: #e3b341; }
    .cyan { fill: #79c0ff; }
  }`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);

const rounded = (figure: number): string => String(Math.round(figure * 10) / 10);

const runSpan = ({ text, styles }: Run): string =>
  styles.length === 0 ? escaped(text) : `<tspan class="${styles.join(' ')}">${escaped(text)}</tspan>`;

/** Spaces at the start become a place: not every reader of SVG keeps them. */
function textLine(line: Line, y: number): string {
  const [first, ...others] = line;
  const start = first?.text.trimStart() ?? '';
  const indent = (first?.text.length ?? 0) - start.length;
  const runs = [...(first ? [{ ...first, text: start }] : []), ...others].filter(({ text }) => text !== '');
  const length = runs.reduce((sum, { text }) => sum + [...text].length, 0);
  if (length === 0) return '';
  const place = `x="${rounded(PADDING + indent * COLUMN)}" y="${rounded(y)}" textLength="${rounded(length * COLUMN)}"`;
  return `<text xml:space="preserve" ${place}>${runs.map(runSpan).join('')}</text>\n`;
}

const BUTTONS = ['#ff5f57', '#febc2e', '#28c840']
  .map(
    (colour, index) => `<circle cx="${PADDING + 4 + index * 18}" cy="${BAR / 2}" r="5.5" fill="${colour}"/>`,
  )
  .join('');

export type Picture = { title: string; description: string; columns: number; lines: readonly Line[] };

export function terminalSvg({ title, description, columns, lines }: Picture): string {
  const width = Math.ceil(columns * COLUMN + 2 * PADDING);
  const height = BAR + lines.length * LINE + PADDING;
  const texts = lines.map((line, index) => textLine(line, BAR + LINE * (index + 0.75))).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(description)}</desc>
<style>${STYLE}
</style>
<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9"/>
${BUTTONS}
<text class="title" x="${width / 2}" y="${BAR / 2 + 4}" text-anchor="middle">${escaped(title)}</text>
${texts}</svg>
`;
}
