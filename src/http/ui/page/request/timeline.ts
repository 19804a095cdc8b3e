/** Where the time of one request went: a bar of sums, and beneath it a line for each thing that happened, in order. */
import { html } from 'htm/preact';
import type { Detail, Line } from '../../../../inspector/shapes.ts';
import { ticks } from '../figures/scale.ts';
import { duration, percent } from '../figures/words.ts';
import { SPAN_TEXTS } from '../parts.ts';

const MOST_TICKS = 7;
/** About how much of the axis one character takes, in percent. */
const CHARACTER = 1.1;
/** Percent of the axis in which a text that is cut still says something. */
const LEAST_ROOM = 25;
/** Percent of the axis after which the text of a mark would stand out of the panel. */
const LAST_ROOM = 93;

const place = (ms: number, whole: number): number => Math.min(100, Math.max(0, (ms / whole) * 100));

function Sums({ totals }: { totals: Detail['totals'] }) {
  const shown = totals.filter(({ kind, ms }) => kind !== 'proxy' && ms > 0);
  const whole = shown.reduce((sum, { ms }) => sum + ms, 0);
  const isLarge = (kind: string) => kind === 'waiting' || kind === 'failed';
  return html`
    ${shown.length > 0 && html`<div class="sums-bar">${shown.map(({ kind, ms }) => html`<i class=${kind} style=${{ flexGrow: ms / Math.max(whole, 1) }}></i>`)}</div>`}
    <ul class="legend">
      ${totals.map(
        ({ kind, ms }) => html`<li>
          ${kind !== 'proxy' && html`<i class="swatch ${kind}"></i>`} ${SPAN_TEXTS[kind]} <strong>${duration(ms)}</strong>
          ${isLarge(kind) && whole > 0 && html`<span class="second">${percent(ms / whole)}</span>`}
        </li>`,
      )}
    </ul>`;
}

/** The text stands beside what it is about: at its right where there is room, else at its left, else over it. */
function textPlace(from: number, to: number, { length }: string): Readonly<Record<string, string>> {
  const needed = length * CHARACTER + 2;
  const atRight = (place: number) => ({
    left: `calc(${place}% + 10px)`,
    maxWidth: `calc(${100 - place}% - 10px)`,
  });
  if (to + needed <= 100) return atRight(to);
  if (from >= needed || (from > 100 - to && from > LEAST_ROOM))
    return { right: `calc(${100 - from}% + 10px)`, maxWidth: `calc(${from}% - 10px)` };
  return atRight(100 - to > from ? to : from);
}

/** `gemini-4-argon #3f9c` → `4-argon #3f9c` */
const briefly = (detail: string | undefined): string | undefined => detail?.replace(/\bgemini-(?=\d)/g, '');

function LineOfTime({ line, wholeMs }: { line: Line; wholeMs: number }) {
  const spans = line.spans ?? [];
  const isBar = spans.length > 0;
  const from = place(isBar ? Math.min(...spans.map((span) => span.from)) : (line.mark ?? 0), wholeMs);
  const to = place(isBar ? Math.max(...spans.map((span) => span.to ?? wholeMs)) : (line.mark ?? 0), wholeMs);
  return html`<div class="event ${isBar ? '' : 'moment'} ${line.sign ?? ''}">
    <dt><strong>${line.label}</strong> ${briefly(line.detail)}</dt>
    <dd>
      ${spans.map(({ kind, from: begin, to: end = wholeMs }) => {
        const left = place(begin, wholeMs);
        return html`<i class=${kind} style=${{ left: `${left}%`, width: `max(2px, ${place(end, wholeMs) - left}%)` }}></i>`;
      })}
      ${!isBar && line.mark !== undefined && html`<b class="mark" style=${{ left: `${from}%` }}></b>`}
      <span style=${textPlace(from, to, line.text)} title=${line.text}>${line.text}</span>
    </dd>
  </div>`;
}

/** `wholeMs`: the time of the axis' end. */
export function Timeline({ detail, wholeMs }: { detail: Detail; wholeMs: number }) {
  // A request that took less than half a second is told in milliseconds.
  const [unit, name] = wholeMs < 500 ? [1, ' ms'] : [1_000, ' s'];
  const marks = ticks(wholeMs / unit, MOST_TICKS);
  return html`<section class="panel timeline" aria-label="Where the time went">
    <header><h2>Where the time went</h2><span class="second">times from the moment the request came</span></header>
    <div class="body">
      <${Sums} totals=${detail.totals} />
      <dl class="events">
        <div class="axis" aria-hidden="true">
          ${marks.map((mark, index) => {
            const text = `${Number(mark.toFixed(2))}${index === marks.length - 1 ? name : ''}`;
            const left = place(mark * unit, wholeMs);
            return html`<span class=${left > LAST_ROOM ? 'at-end' : ''} style=${{ left: `${left}%` }}><b>${text}</b></span>`;
          })}
        </div>
        ${detail.lines.map((line) => html`<${LineOfTime} line=${line} wholeMs=${wholeMs} />`)}
      </dl>
    </div>
  </section>`;
}
