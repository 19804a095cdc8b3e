/** Tokens, cost, speed and errors over time. */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { Charts as Content } from '../../../../inspector/shapes.ts';
import { type Address, withQuery } from '../data/address.ts';
import { type Go, useAnswer, useNow } from '../data/hooks.ts';
import { Failed, Loading } from '../states.ts';
import { Columns, Lines, type Series } from './chart-shapes.ts';
import { cost, count, money, percent, plural, seconds, tokens } from './words.ts';

const RANGES = { '24h': '24 hours', '7d': '7 days', '30d': '30 days' };
const GROUPS = ['model', 'client', 'key'] as const;
/** Milliseconds from one look to the next. */
const LOOK = 30_000;
const COLOURS = ['writing', 'thinking', 'first', 'waiting', 'failed'];
const ERROR_COLOURS = ['failed', 'waiting', 'first', 'thinking', 'writing'];

const dollarLabel = (value: number) =>
  value === 0 ? '$0' : `$${value < 0.1 ? value.toFixed(3) : value.toFixed(2)}`;

const group = (
  names: readonly string[],
  columns: readonly (readonly number[])[],
  colours: readonly string[],
): Series[] =>
  names.map((name, at) => ({
    name,
    kind: colours[at % colours.length] ?? '',
    values: columns.map((column) => column[at] ?? 0),
  }));

function Legend({ series, texts }: { series: readonly Series[]; texts: readonly string[] }) {
  return html`<ul class="legend">${series.map(({ kind }, index) => html`<li><i class=${`swatch ${kind}`}></i> ${texts[index]}</li>`)}</ul>`;
}

function timeOf(start: number, columnMs: number): string {
  const date = new Date(start);
  return columnMs < 86_400_000
    ? date.toLocaleString(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false })
    : date.toLocaleDateString();
}

/** Lets a name such as `invalid_request_error` go on in the next line. */
const breakable = (name: string) => name.replaceAll('_', '_\u200b');

/** The same figures as a table. */
function Table({
  content,
  series,
  label,
}: {
  content: Content;
  series: readonly Series[];
  label(value: number): string;
}) {
  if (series.length === 0) return html`<p class="second">nothing in this time</p>`;
  return html`<div class="scroll tall"><table>
    <thead><tr><th>From</th>${series.map(({ name }) => html`<th class="figure">${breakable(name)}</th>`)}</tr></thead>
    <tbody>${content.starts
      .map(
        (start, index) => html`<tr><th scope="row">${timeOf(start, content.columnMs)}</th>
        ${series.map(({ values }) => html`<td class="figure">${values[index] === undefined ? '–' : label(values[index] ?? 0)}</td>`)}</tr>`,
      )
      .toReversed()}</tbody>
  </table></div>`;
}

type ChartProps = {
  title: string;
  note: string;
  content: Content;
  series: Series[];
  texts: string[];
  label(value: number): string;
  lines?: boolean;
  asTable: boolean;
};

function Chart({ title, note, content, series, texts, label, lines = false, asTable }: ChartProps) {
  const least = label === count ? 1 : 0;
  const shape = { series, title, starts: content.starts, columnMs: content.columnMs, least, label };
  return html`<section class="panel chart">
    <header><h2>${title}</h2><span class="second">${note}</span></header>
    <div class="body">
      ${asTable ? html`<${Table} content=${content} series=${series} label=${label} />` : html`<${lines ? Lines : Columns} ...${shape} />`}
      ${!asTable && html`<${Legend} series=${series} texts=${texts} />`}
    </div>
  </section>`;
}

function FourCharts({ content, asTable }: { content: Content; asTable: boolean }) {
  const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
  const [cached, fresh, out] = (['cached', 'fresh', 'out'] as const).map((kind) =>
    sum(content.tokens.map((column) => column[kind])),
  );
  const allIn = (cached ?? 0) + (fresh ?? 0);
  const requests = sum(content.first.map((column) => column.count));
  const errors = sum(content.errors.groups.map((one) => one.count));
  const answered = sum(content.table.map((row) => row.requests));
  const tokenSeries: Series[] = [
    { name: 'in, cached', kind: 'thinking', values: content.tokens.map((column) => column.cached) },
    { name: 'in, fresh', kind: 'writing', values: content.tokens.map((column) => column.fresh) },
    { name: 'out', kind: 'dark', values: content.tokens.map((column) => column.out) },
  ];
  const firstSeries: Series[] = [
    { name: 'half are faster', kind: 'solid', values: content.first.map((column) => column.half) },
    {
      name: '95 of 100 are faster',
      kind: 'dashed',
      values: content.first.map((column) => column.most),
    },
  ];
  const common = { content, asTable };
  return html`<div class="two">
    <${Chart} ...${common} title="Tokens" note=${`${tokens(allIn)} in${allIn > 0 ? `, ${percent((cached ?? 0) / allIn)} cached` : ''} · ${tokens(out ?? 0)} out`}
      series=${tokenSeries} texts=${tokenSeries.map(({ name }) => name)} label=${tokens} />
    <${Chart} ...${common} title="Cost" note=${cost({ dollars: sum(content.cost.groups.map((one) => one.dollars)), unpriced: sum(content.table.map(({ unpriced = 0 }) => unpriced)) })}
      series=${group(
        content.cost.groups.map(({ name }) => name),
        content.cost.columns,
        COLOURS,
      )}
      texts=${content.cost.groups.map(({ name, dollars }) => `${name} ${money(dollars)}`)} label=${dollarLabel} />
    <${Chart} ...${common} lines title="Time to the first text or call" note=${`${plural(requests, 'request')}, times to within 5 %`}
      series=${firstSeries} texts=${firstSeries.map(({ name }) => name)} label=${(value: number) => `${Number((value / 1_000).toFixed(2))} s`} />
    <${Chart} ...${common} title="Errors told to clients" note=${`${count(errors)}${answered > 0 ? `, ${((errors / answered) * 100).toFixed(1)} % of requests` : ''}`}
      series=${group(
        content.errors.groups.map(({ name }) => name),
        content.errors.columns,
        ERROR_COLOURS,
      )}
      texts=${content.errors.groups.map((one) => `${one.name} ${count(one.count)}`)} label=${count} />
  </div>`;
}

const both = (half: number | undefined, most: number | undefined) =>
  half === undefined ? '–' : `~ ${seconds(half)} / ${most === undefined ? '–' : seconds(most)} s`;

const ByTable = ({ content, by }: { content: Content; by: string }) => html`<section class="panel">
    <header><h2>By ${by}</h2></header>
    <div class="scroll"><table>
      <thead><tr><th>${by[0]?.toUpperCase()}${by.slice(1)}</th><th class="figure">Requests</th><th class="figure">In</th><th class="figure">Cached</th><th class="figure">Out</th>
        <th class="figure">First text or call, half / 95 %, about</th><th class="figure">Errors</th><th class="figure">Cost</th><th class="figure">Anthropic’s list</th></tr></thead>
      <tbody>${content.table.map(
        (
          row,
        ) => html`<tr><td><strong>${row.name}</strong></td><td class="figure">${count(row.requests)}</td><td class="figure">${tokens(row.in)}</td>
          <td class="figure">${row.in > 0 ? percent(row.cached / row.in) : '–'}</td><td class="figure">${tokens(row.out)}</td>
          <td class="figure">${both(row.half, row.most)}</td><td class="figure">${count(row.errors)}</td><td class="figure">${cost(row)}</td>
          <td class="figure second">${row.listDollars === undefined ? '–' : money(row.listDollars)}</td></tr>`,
      )}</tbody>
    </table></div>
  </section>`;

export function Charts({ address, go }: { address: Address; go: Go }) {
  const range = address.query['range'] ?? '24h';
  const by = address.query['by'] ?? 'model';
  const [asTable, setAsTable] = useState(false);
  const now = useNow(LOOK);
  const asked = useAnswer<Content>(
    `charts?range=${encodeURIComponent(range)}&by=${encodeURIComponent(by)}`,
    Math.floor(now / LOOK),
  );
  const choose = (query: Record<string, string>) => go(withQuery(address, query), { replace: true });
  if (asked.is === 'failed') return html`<main class="view"><${Failed} why=${asked.why} /></main>`;
  return html`<main class="view charts">
    <div class="title-line"><h1>${asked.is === 'here' ? asked.answer.headline : ''}</h1>
      <div class="buttons">
        <div class="choice" role="group" aria-label="Time">${Object.entries(RANGES).map(
          ([value, text]) =>
            html`<button aria-pressed=${value === range} onClick=${() => choose({ range: value })}>${text}</button>`,
        )}</div>
        <select aria-label="Grouped" onChange=${(event: Event) => choose({ by: (event.target as HTMLSelectElement).value })}>
          ${GROUPS.map((one) => html`<option value=${one} selected=${one === by}>by ${one}</option>`)}
        </select>
        <button aria-pressed=${asTable} onClick=${() => setAsTable(!asTable)}>${asTable ? 'Show as charts' : 'Show as tables'}</button>
      </div>
    </div>
    ${asked.is === 'loading' && html`<${Loading} isLate=${asked.isLate} />`}
    ${asked.is === 'here' && html`<${FourCharts} content=${asked.answer} asTable=${asTable} /><${ByTable} content=${asked.answer} by=${by} />`}
  </main>`;
}
