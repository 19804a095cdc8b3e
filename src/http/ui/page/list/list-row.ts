/** One line of the list: the head of a thread, the head of a branch, or a request. */
import { html } from 'htm/preact';
import type { Excerpt, Resends, Row } from '../../../../inspector/shapes.ts';
import {
  CALLER_TEXTS,
  clock,
  dollars,
  duration,
  ENDING_TEXTS,
  endsOf,
  modelTexts,
  money,
  percent,
  plural,
  seconds,
  shortModel,
  tokens,
} from '../figures/words.ts';
import { Bar, Sign } from '../parts.ts';
import type { Item, Sums } from './threads.ts';

const shareOf = ({ in: all, cached }: { in?: number | undefined; cached?: number | undefined }) =>
  all ? (cached ?? 0) / all : undefined;

function sumTexts(sums: Sums): string {
  const share = shareOf(sums);
  const parts = [plural(sums.requests, 'request')];
  if (sums.in > 0) parts.push(`${tokens(sums.in)} in, ${percent(share ?? 0)} cached`);
  return parts.join(' · ');
}

/** What the same would have cost at Anthropic, beside what it cost. */
const listText = ({ listDollars }: Sums): string =>
  listDollars === undefined ? '' : ` · Anthropic ${money(listDollars)}`;

const Triangle = ({ isFolded }: { isFolded: boolean }) =>
  html`<span class="triangle" aria-hidden="true">${isFolded ? '▸' : '▾'}</span>`;

const ThreadHead = ({ item }: { item: Extract<Item, { kind: 'thread' }> }) => {
  const { thread } = item;
  const who = [thread.client, thread.userAgent].filter(Boolean).join(' · ');
  return html`<div role="gridcell" class="whole">
    <${Triangle} isFolded=${item.isFolded} />
    ${thread.isLive && html`<span class="live-dot" title="Under way"></span>`}
    <strong class="name">${thread.name || 'A request without a session'}</strong>
    <span class="who second">${who}${who && ' · '}<code>${thread.id.slice(0, 8)}</code></span>
    <span class="sums second"><span class="wide">${sumTexts(thread)}</span><span class="narrow">${plural(thread.requests, 'request')}</span>${
      thread.dollars !== undefined &&
      html` · <strong>${money(thread.dollars)}</strong><span class="wide">${listText(thread)}</span>`
    }</span>
  </div>`;
};

const BranchHead = ({
  item,
}: {
  item: Extract<Item, { kind: 'branch' }>;
}) => html`<div role="gridcell" class="whole">
    <${Triangle} isFolded=${item.isFolded} />
    <span class="name"><span class="second">subagent</span> “${item.name}”</span>
    <span class="sums second">${sumTexts(item.sums)}${item.sums.dollars !== undefined && html` · ${money(item.sums.dollars)}<span class="wide">${listText(item.sums)}</span>`}</span>
  </div>`;

/** What is said of a request from which nothing more comes. */
export const silentText = (row: Row, now: number): string | undefined => {
  if (row.silentSince === undefined) return undefined;
  const silentFor = duration(Math.max(0, now - row.at - row.silentSince));
  return row.state === 'streaming'
    ? `Gemini fell silent in the middle of its answer: nothing has come for ${silentFor}`
    : `Gemini has not begun to answer: nothing has come for ${silentFor}`;
};

/** Where the words were found that were searched for. */
const WHERE_TEXTS: Readonly<Record<Excerpt['where'], string>> = {
  asked: 'in the request:',
  told: 'in the answer:',
  sent: 'in what Gemini was sent:',
  said: 'in what Gemini said:',
};

const Ending = ({ row }: { row: Row }) => {
  if (row.silentSince !== undefined) return html`<span class="tag slow">silent</span>`;
  if (row.state === 'streaming') return html`<span class="tag live">streaming</span>`;
  if (row.state === 'open') return html`<span class="tag live">waiting</span>`;
  if (row.sign === 'failed' && row.status !== undefined && row.status >= 400)
    return html`<strong class="bad">${row.status}</strong>`;
  if (row.sign === 'failed' && row.state === 'ended')
    return html`<strong class="bad" title=${`${row.ending}, after the answer had begun`}>error</strong>`;
  return html`<span class="second" title=${ENDING_TEXTS[row.ending ?? ''] ?? row.ending}>${row.ending ?? '–'}</span>`;
};

const Figure = ({ children, kind = '' }: { children?: unknown; kind?: string }) =>
  html`<div role="gridcell" class="figure ${kind}">${children ?? '–'}</div>`;

function totalText(row: Row, now: number): string {
  if (row.totalMs !== undefined) return seconds(row.totalMs);
  return seconds(Math.max(0, now - row.at));
}

/** The mark of a request that somebody has sent again from this page. */
export const Resent = ({ resends }: { resends: Resends }) =>
  html`<span class="tag live resent" title=${`The request ${resends.of} once more. It belongs to no conversation of a client.`}>sent again${resends.to === 'mock' ? ' to the mock' : ''}</span>`;

/** Between two things that were unusual. */
const SEPARATOR = ' · ';

/** A text that loses its middle first where there is no room. */
const Ends = ({ text }: { text: string }) => {
  const [head, tail] = endsOf(text);
  return html`<span class=${tail === '' ? '' : 'start'}>${head}</span>${tail !== '' && html`<span>${tail}</span>`}`;
};

/** All that was unusual. The first thing is the last one to be cut; the others are one text, since pieces of each say nothing. */
function Words({ words }: { words: string }) {
  const [first = '', ...others] = words.split(SEPARATOR);
  return html`<span class="words ends" title=${words}><${Ends} text=${first} />${
    others.length > 0 && html`<span class="start">${SEPARATOR}${others.join(SEPARATOR)}</span>`
  }</span>`;
}

/** A line of its own for what was searched for: why a request was found hides nothing of what is unusual in it. */
const FoundIn = ({ excerpt: { where, text } }: { excerpt: Excerpt }) =>
  html`<div role="gridcell" class="odd found"><span class="second" aria-hidden="true">⌕</span><span class="words"
    ><span class="second">${WHERE_TEXTS[where]}</span> ${text}</span></div>`;

/** What is unusual. */
function Odd({ row, now }: { row: Row; now: number }) {
  const words = silentText(row, now) ?? row.words;
  if (words === undefined) return null;
  return html`<div role="gridcell" class="odd ${row.sign}"><${Sign} sign=${row.sign} /><${Words} words=${words} /></div>`;
}

type RequestRowProps = { row: Row; excerpt: Excerpt | undefined; scaleMs: number; now: number };

function RequestRow({ row, excerpt, scaleMs, now }: RequestRowProps) {
  const endMs = row.totalMs ?? Math.max(0, now - row.at);
  const share = shareOf(row);
  const { asked, answered } = modelTexts(row);
  const isSlow = row.sign === 'slow' && row.words !== undefined;
  return html`
    <div role="gridcell" class="time figure second">${clock(row.at)}</div>
    <div role="gridcell" class="says"><span class="caller second" title=${CALLER_TEXTS[row.caller]}>${row.caller}</span>${row.resends && html`<${Resent} resends=${row.resends} />`}<span class="words">${row.says}</span></div>
    <div role="gridcell" class="models" title=${answered === '' ? 'No model was asked' : `${asked} → ${answered}`}>
      ${asked !== '' && html`<span class="asked second">${shortModel(asked)} → </span>`}<span
        class=${row.replaced ? 'replaced' : ''}>${answered === '' ? '–' : shortModel(answered)}</span>
    </div>
    <div role="gridcell" class="ending"><${Ending} row=${row} /></div>
    <div role="gridcell" class="span"><${Bar} spans=${row.spans} wholeMs=${scaleMs} endMs=${endMs} /></div>
    <${Figure} kind="first">${row.firstMs === undefined ? undefined : seconds(row.firstMs)}<//>
    <${Figure} kind=${`total ${isSlow ? 'strong' : ''} ${row.totalMs === undefined ? 'running' : ''}`}>${totalText(row, now)}<//>
    <${Figure} kind="in">${row.in === undefined ? undefined : tokens(row.in)}<//>
    <${Figure} kind="cached">${share === undefined ? undefined : percent(share)}<//>
    <${Figure} kind="out">${row.out === undefined ? undefined : tokens(row.out)}<//>
    <${Figure} kind="dollars">${row.dollars === undefined ? undefined : dollars(row.dollars)}<//>
    <${Odd} row=${row} now=${now} />
    ${excerpt && html`<${FoundIn} excerpt=${excerpt} />`}`;
}

export type LineProps = {
  item: Item;
  /** The place among all lines, from 1. */
  index: number;
  top: number;
  height: number;
  isCursor: boolean;
  scaleMs: number;
  now: number;
  onClick(item: Item): void;
};

const classOf = (item: Item): string => {
  if (item.kind !== 'row') return `${item.kind} depth-${item.kind === 'branch' ? item.depth : 0}`;
  return `request ${item.row.sign} depth-${item.depth} ${item.isLast ? 'last' : ''}`;
};

const levelOf = (item: Item): number => (item.kind === 'thread' ? 1 : item.depth + 2);

export const Line = ({ item, index, top, height, isCursor, scaleMs, now, onClick }: LineProps) => html`<div
    role="row" id=${`line-${item.key}`} class="line ${classOf(item)} ${isCursor ? 'cursor' : ''}"
    aria-rowindex=${index + 1} aria-level=${levelOf(item)} aria-selected=${isCursor}
    aria-expanded=${item.kind === 'row' ? undefined : !item.isFolded}
    style=${{ top: `${top}px`, height: `${height}px` }} onClick=${() => onClick(item)}>
    ${item.kind === 'thread' && html`<${ThreadHead} item=${item} />`}
    ${item.kind === 'branch' && html`<${BranchHead} item=${item} />`}
    ${item.kind === 'row' && html`<${RequestRow} row=${item.row} excerpt=${item.excerpt} scaleMs=${scaleMs} now=${now} />`}
  </div>`;
