/** Draws columns and lines over time. */
import { html } from 'htm/preact';
import { linesUntil } from './scale.ts';

export type Series = { name: string; kind: string; values: readonly (number | undefined)[] };

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [610, 200, 58, 12, 26];
const PLOT = { width: WIDTH - LEFT - 4, height: HEIGHT - TOP - BOTTOM };
/** Lines across the chart, and words beneath it. */
const [LINES, WORDS] = [3, 7];

type Frame = {
  starts: readonly number[];
  columnMs: number;
  /** The values at which there are lines; the last one is the chart's upper edge. */
  lines: readonly number[];
  /** The smallest step between two lines: 1 for what is counted. */
  least?: number;
  label(value: number): string;
};

function timeText(start: number, columnMs: number): string {
  const date = new Date(start);
  return columnMs < 86_400_000
    ? String(date.getHours()).padStart(2, '0')
    : `${date.getDate()}.${date.getMonth() + 1}.`;
}

const y = (value: number, most: number) =>
  TOP + PLOT.height * (1 - (most > 0 ? Math.min(1, value / most) : 0));

function Axes({ starts, columnMs, lines, label }: Omit<Frame, 'least'>) {
  const most = lines.at(-1) ?? 0;
  const every = Math.max(1, Math.ceil(starts.length / WORDS));
  const step = PLOT.width / Math.max(1, starts.length);
  return html`
    ${lines.map(
      (
        value,
      ) => html`<line class="grid" x1=${LEFT} x2=${WIDTH - 4} y1=${y(value, most)} y2=${y(value, most)} />
        <text class="label" x=${LEFT - 8} y=${y(value, most) + 4} text-anchor="end">${label(value)}</text>`,
    )}
    ${starts.map((start, index) =>
      index % every === 0
        ? html`<text class="label" x=${LEFT + (index + 0.5) * step} y=${HEIGHT - 8} text-anchor="middle">${timeText(start, columnMs)}</text>`
        : null,
    )}`;
}

const nothing = (series: readonly Series[]) => series.every(({ values }) => values.every((value) => !value));

const Nothing = () =>
  html`<text class="label" x=${LEFT + PLOT.width / 2} y=${TOP + PLOT.height / 2} text-anchor="middle">nothing in this time</text>`;

/** Columns of several parts, the first at the bottom. */
export function Columns({
  series,
  title,
  ...frame
}: { series: readonly Series[]; title: string } & Omit<Frame, 'lines'>) {
  const sums = frame.starts.map((_, index) =>
    series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0),
  );
  const lines = linesUntil(Math.max(...sums, 0), LINES, frame.least);
  const most = lines.at(-1) ?? 0;
  const step = PLOT.width / Math.max(1, frame.starts.length);
  return html`<svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${title}>
    <${Axes} ...${frame} lines=${lines} />
    ${nothing(series) && html`<${Nothing} />`}
    ${frame.starts.map((_, index) => {
      let below = 0;
      return series.map(({ kind, name, values }) => {
        const value = values[index] ?? 0;
        if (value <= 0) return null;
        const [top, bottom] = [y(below + value, most), y(below, most)];
        below += value;
        return html`<rect class=${kind} x=${LEFT + index * step + step * 0.1} width=${step * 0.8} y=${top} height=${Math.max(0.5, bottom - top)}>
          <title>${name}: ${frame.label(value)}</title></rect>`;
      });
    })}
  </svg>`;
}

/** Lines with gaps where there is no value. */
export function Lines({
  series,
  title,
  ...frame
}: { series: readonly Series[]; title: string } & Omit<Frame, 'lines'>) {
  const lines = linesUntil(
    Math.max(...series.flatMap(({ values }) => values.map((value) => value ?? 0)), 0),
    LINES,
  );
  const most = lines.at(-1) ?? 0;
  const step = PLOT.width / Math.max(1, frame.starts.length);
  const path = (values: Series['values']) =>
    values
      .map((value, index) => {
        if (value === undefined) return '';
        const point = `${(LEFT + (index + 0.5) * step).toFixed(1)} ${y(value, most).toFixed(1)}`;
        return `${values[index - 1] === undefined ? 'M' : 'L'}${point}`;
      })
      .join('');
  return html`<svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${title}>
    <${Axes} ...${frame} lines=${lines} />
    ${nothing(series) && html`<${Nothing} />`}
    ${series.map(({ kind, values }) => html`<path class=${`line ${kind}`} d=${path(values)} />`)}
    ${series.map(({ kind, name, values }) =>
      values.map((value, index) =>
        value === undefined
          ? null
          : html`<circle class=${kind} cx=${LEFT + (index + 0.5) * step} cy=${y(value, most)} r="2"><title>${name}: ${frame.label(value)}</title></circle>`,
      ),
    )}
  </svg>`;
}
