/** Where the time of one request went: a bar of sums, and beneath it a line for each thing that happened, in order. */
import { html } from 'htm/preact';
import type { Detail, Line, SpanKind } from '../../../../inspector/shapes.ts';
import { ticks } from '../figures/scale.ts';
import { duration, percent } from '../figures/words.ts';
import { SPAN_TEXTS } from '../parts.ts';

const MOST_TICKS = 7;
/** The most of the axis that one character takes in a narrow window, in percent. */
const CHARACTER = 1.3;
/** The room between a bar and its text, in percent. */
const GAP = 2;
/** Percent of the axis after which the text of a mark would stand out of the panel. */
const LAST_ROOM = 93;

const place = (ms: number, whole: number): number => Math.min(100, Math.max(0, (ms / whole) * 100));

/** What took at least one part in a hundred gets its percentage. */
const LEAST_SHARE = 0.01;

export type Sum = { kind: SpanKind; ms: number; share: string | undefined };

/** The parts of the whole time, in the order of time, with what goes on counted until now. */
export function sumsOf(totals: Detail['totals'], nowMs: number): Sum[] {
  const sums = totals
    .map(({ kind, ms, since = nowMs }) => ({ kind, ms: ms + Math.max(0, nowMs - since) }))
    .filter(({ ms }) => ms > 0);
  const whole = sums.reduce((sum, { ms }) => sum + ms, 0);
  return sums.map(({ kind, ms }) => {
    const share = ms / whole;
    return { kind, ms, share: share < LEAST_SHARE || sums.length === 1 ? undefined : percent(share) };
  });
}

function Sums({ totals, wholeMs }: { totals: Detail['totals']; wholeMs: number }) {
  const sums = sumsOf(totals, wholeMs);
  return html`
    <div class="sums-bar">${sums.map(({ kind, ms }) => html`<i class=${kind} style=${{ flexGrow: ms }}></i>`)}</div>
    <ul class="legend sums">
      ${sums.map(
        ({ kind, ms, share }) => html`<li>
          <i class="swatch ${kind}"></i> ${SPAN_TEXTS[kind]} <strong>${duration(ms)}</strong>
          ${share !== undefined && html`<span class="second">${share}</span>`}
        </li>`,
      )}
    </ul>`;
}

export type TextPlace = { isBelow: boolean; style: Readonly<Record<string, string>> };

/**
 * The text never stands over what it is about: at its right where there is room, else at its left, else on a line of its
 * own. `from` and `to` in percent.
 */
export function textPlace(from: number, to: number, { length }: string): TextPlace {
  const needed = length * CHARACTER + GAP;
  const beside = (side: 'left' | 'right', percent: number): TextPlace => ({
    isBelow: false,
    style: { [side]: `calc(${percent}% + 10px)`, maxWidth: `calc(${100 - percent}% - 10px)` },
  });
  if (to + needed <= 100) return beside('left', to);
  if (from >= needed) return beside('right', 100 - from);
  return { isBelow: true, style: { left: `${Math.max(0, Math.min(from, 100 - needed))}%` } };
}

/** `gemini-4-argon #3f9c` → `4-argon #3f9c` */
const briefly = (detail: string | undefined): string | undefined => detail?.replace(/\bgemini-(?=\d)/g, '');

function LineOfTime({ line, wholeMs }: { line: Line; wholeMs: number }) {
  const spans = line.spans ?? [];
  const isBar = spans.length > 0;
  const from = place(isBar ? Math.min(...spans.map((span) => span.from)) : (line.mark ?? 0), wholeMs);
  const to = place(isBar ? Math.max(...spans.map((span) => span.to ?? wholeMs)) : (line.mark ?? 0), wholeMs);
  const { isBelow, style } = textPlace(from, to, line.text);
  return html`<div class="event ${isBar ? '' : 'moment'} ${isBelow ? 'tall' : ''} ${line.sign ?? ''}">
    <dt><strong>${line.label}</strong> ${briefly(line.detail)}</dt>
    <dd>
      ${spans.map(({ kind, from: begin, to: end = wholeMs }) => {
        const left = place(begin, wholeMs);
        return html`<i class=${kind} style=${{ left: `${left}%`, width: `max(2px, ${place(end, wholeMs) - left}%)` }}></i>`;
      })}
      ${!isBar && line.mark !== undefined && html`<b class="mark" style=${{ left: `${from}%` }}></b>`}
      <span style=${style} title=${line.text}>${line.text}</span>
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
      <${Sums} totals=${detail.totals} wholeMs=${wholeMs} />
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
