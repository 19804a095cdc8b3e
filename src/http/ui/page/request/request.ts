/** One request: its headline, where its time went, what was said, what was changed, what it cost. */
import { html } from 'htm/preact';
import type {
  Conversation as ConversationContent,
  Detail,
  Raw as RawContent,
  Resends,
  Row,
} from '../../../../inspector/shapes.ts';
import { type Address, TABS, type Tab, tabOf, toTab, withQuery } from '../data/address.ts';
import { type Go, useAnswer } from '../data/hooks.ts';
import {
  bytes,
  clock,
  count,
  duration,
  ENDING_TEXTS,
  exactClock,
  modelTexts,
  money,
  percent,
  plural,
  seconds,
} from '../figures/words.ts';
import { Resent, silentText } from '../list/list-row.ts';
import { flatItems, type Item, subagentsIn, threadedItems } from '../list/threads.ts';
import { holds, type Marks } from '../marks.ts';
import { CopyButton, Fold, Key, LongText, Sign } from '../parts.ts';
import { Failed, LetGo, Loading } from '../states.ts';
import { Actions } from './actions.ts';
import { attemptIn } from './attempt-choice.ts';
import { Changes, matteringIn, matterText } from './changes.ts';
import { Conversation } from './conversation.ts';
import { Frames } from './frames.ts';
import { Timeline } from './timeline.ts';
import { Usage } from './usage.ts';

const TAB_TEXTS: Readonly<Record<Tab, string>> = {
  conversation: 'Conversation',
  changes: 'What was changed',
  frames: 'Frames and events',
  usage: 'Usage and cost',
  raw: 'Raw',
};

const RAIL_ROWS = 200;
const NOTHING_FOLDED: ReadonlySet<string> = new Set();

function RailRow({ item, id }: { item: Item; id: string }) {
  if (item.kind !== 'row') return null;
  const { row } = item;
  const total = row.totalMs === undefined ? '…' : seconds(row.totalMs);
  const sign =
    row.sign === 'ordinary'
      ? html`<span class="dot ${row.state === 'ended' ? '' : 'live'}"></span>`
      : html`<${Sign} sign=${row.sign} />`;
  return html`<a href=${`#/requests/${row.id}`} class="rail-row depth-${item.depth}" aria-current=${row.id === id ? 'page' : undefined}>
    ${sign}<span class="words">${row.caller !== 'main' && html`<span class="second">${row.caller} </span>`}${row.says}</span><span class="figure">${total}</span>
  </a>`;
}

/** The thread of the request, newest first. */
function Rail({ rows, row }: { rows: readonly Row[]; row: Row }) {
  const own = rows.filter(({ thread }) => thread === row.thread);
  const items = threadedItems(own.length > 0 ? own : [row], NOTHING_FOLDED);
  const head = items[0];
  if (head?.kind !== 'thread') return null;
  const { thread } = head;
  const lines = items.filter(({ kind }) => kind === 'row');
  const at = lines.findIndex(({ key }) => key === row.id);
  const first = Math.max(0, Math.min(at - RAIL_ROWS / 2, lines.length - RAIL_ROWS));
  const facts = [
    thread.client ?? thread.userAgent,
    plural(thread.requests, 'request'),
    thread.dollars === undefined ? undefined : money(thread.dollars),
    thread.listDollars === undefined ? undefined : `Anthropic ${money(thread.listDollars)}`,
  ];
  const rest = lines.length - first - RAIL_ROWS;
  return html`<nav class="rail" aria-label="Thread">
    <header><strong>${thread.name}</strong><span class="second">${facts.filter((fact) => fact !== undefined).join(' · ')}</span></header>
    ${lines.slice(first, first + RAIL_ROWS).map((item) => html`<${RailRow} key=${item.key} item=${item} id=${row.id} />`)}
    ${rest > 0 && html`<p class="second">${count(rest)} earlier requests</p>`}
  </nav>`;
}

type CardProps = { title: string; value: string; note: string; sign?: string; href?: string };

/** A figure. Where there is more to say of it, it leads there. */
function Card({ title, value, note, sign = '', href }: CardProps) {
  const content = html`<span class="second">${title}</span><strong>${value}</strong><span class=${sign || 'second'}>${note}</span>`;
  return href === undefined ? html`<div>${content}</div>` : html`<a href=${href}>${content}</a>`;
}

function costNote({ in: tokens, dollars, listDollars, lostDollars, resends }: Row): string {
  if (resends?.to === 'mock') return 'the mock costs nothing';
  if (lostDollars !== undefined) return `${money(lostDollars)} for failed attempts`;
  if (tokens === undefined && dollars === undefined) return 'no usage is known';
  return listDollars === undefined ? 'no list price' : `Anthropic’s list ${money(listDollars)}`;
}

/** Of a request that Gemini never got nothing was changed as usual. */
function changedFigure({ hasSent }: Detail, mattering: number): Pick<CardProps, 'value' | 'note'> {
  if (mattering > 0)
    return { value: matterText(mattering), note: hasSent ? 'the rest is as usual' : 'nothing was sent' };
  return hasSent
    ? { value: 'as usual', note: 'nothing that matters' }
    : { value: '–', note: 'nothing was sent' };
}

/** `wholeMs`: the time that the request takes, or has taken until now. */
function Cards({ detail, wholeMs }: { detail: Detail; wholeMs: number }) {
  const { row, attempts, usualFirstMs, cachedBefore } = detail;
  const share = row.in ? (row.cached ?? 0) / row.in : undefined;
  const retries = Math.max(0, attempts.length - 1);
  const asked =
    attempts.length === 0
      ? 'Gemini was not asked'
      : `${plural(attempts.length, 'attempt')}${retries > 0 ? `, ${plural(retries, 'retry', 'retries')}` : ''}`;
  const totalNote = row.state === 'ended' ? asked : `so far; ${attempts.length === 0 ? 'under way' : asked}`;
  const hasFallen = share !== undefined && cachedBefore !== undefined && share < cachedBefore / 2;
  const cachedText =
    share === undefined
      ? 'tokens'
      : // A number and its sign stay on one line.
        `${percent(share)} cached${hasFallen ? `, was ${percent(cachedBefore)}` : ''}`.replaceAll(
          ' %',
          '\u00a0%',
        );
  return html`<section class="panel cards" aria-label="Figures">
    <${Card} title="First thought or text" value=${row.firstMs === undefined ? '–' : duration(row.firstMs)} note=${usualFirstMs === undefined ? '' : `text ordinarily after ${duration(usualFirstMs)}`} />
    <${Card} title="Total" value=${duration(wholeMs)} note=${totalNote} />
    <${Card} title="In" value=${row.in === undefined ? '–' : count(row.in)} note=${cachedText} sign=${hasFallen ? 'warn' : ''} />
    <${Card} title="Out" value=${row.out === undefined ? '–' : count(row.out)} note=${row.thinking === undefined ? 'tokens' : `${count(row.thinking)} of them thinking`} />
    <${Card} title="Cost" value=${row.dollars === undefined ? '–' : money(row.dollars)} note=${costNote(row)} sign=${row.lostDollars === undefined ? '' : 'warn'} href=${`#/requests/${row.id}?tab=usage`} />
    <${Card} title="Changed" ...${changedFigure(detail, matteringIn(detail))} href=${`#/requests/${row.id}?tab=changes`} />
  </section>`;
}

/** `odd`: the ids of the odd requests, in the order of the list. */
function Place({ odd, row, go }: { odd: readonly string[]; row: Row; go(step: number): void }) {
  const at = odd.indexOf(row.id);
  return html`<span class="place-buttons">
    ${at >= 0 && html`<span class="second wide">${at + 1} of ${count(odd.length)} with something unusual</span>`}
    <button aria-label="Previous request" onClick=${() => go(-1)}>↑ <${Key}>k<//></button>
    <button aria-label="Next request" onClick=${() => go(1)}>↓ <${Key}>j<//></button>
  </span>`;
}

function Model({ row }: { row: Row }) {
  const { asked, answered } = modelTexts(row);
  if (answered === '') return html`<span>no model was asked</span>`;
  return html`<span>${asked !== '' && `${asked} → `}<strong class=${row.replaced ? 'warn' : ''}>${answered}</strong></span>`;
}

/** What is said of a request from which nothing comes now, beside its headline. */
const Silent = ({ row, now }: { row: Row; now: number }) => {
  const text = silentText(row, now);
  return text === undefined ? null : html` <span class="warn">${text}.</span>`;
};

const ResentFrom = ({
  resends,
}: {
  resends: Resends;
}) => html`<p class="resent-note"><${Resent} resends=${resends} />
    <span>This is <a href=${`#/requests/${resends.of}`}><code>${resends.of}</code></a> once more, sent from this page. It belongs to no conversation${
      resends.to === 'mock' ? ', went to the mock, and costs nothing' : ''
    }.</span></p>`;

const REPEAT_ENDS: Readonly<Record<NonNullable<Detail['repeatedBy']>['end'], string>> = {
  answered: 'was answered',
  failed: 'failed too',
  left: 'was left by the client',
  'under way': 'is under way',
};

/** Leads from a request that failed to the client's own retry of it, and back. */
function Repeats({ detail: { repeats, repeatedBy } }: { detail: Detail }) {
  const why = repeats && ((repeats.status ?? 0) >= 400 ? repeats.status : repeats.ending);
  const status = repeatedBy?.end === 'failed' && repeatedBy.status !== undefined && repeatedBy.status >= 400;
  return html`
    ${repeats && html`<p class="repeat-note">Repeats <a href=${`#/requests/${repeats.id}`}><code>${repeats.id}</code></a>, which failed (${why}).</p>`}
    ${
      repeatedBy &&
      html`<p class="repeat-note">The client sent this again after ${duration(repeatedBy.afterMs)}; <a href=${`#/requests/${repeatedBy.id}`}>that one ${REPEAT_ENDS[repeatedBy.end]}${status ? ` (${repeatedBy.status})` : ''} →</a></p>`
    }`;
}

/** Leads from a subagent's request to the call that has begun the subagent. */
function BegunBy({ row, rows }: { row: Row; rows: readonly Row[] }) {
  const origin = rows.find(({ id }) => id === row.branchOf);
  if (!origin) return null;
  const call = row.branchCall === undefined ? '' : `?call=${encodeURIComponent(row.branchCall)}`;
  return html`<p class="begun-note">A call in the answer to <a href=${`#/requests/${origin.id}${call}`}>“${origin.says}” (${clock(origin.at)})</a> began this subagent.</p>`;
}

const Advice = ({ advice: { text, isOfKeys } }: { advice: NonNullable<Detail['advice']> }) =>
  html`<p class="advice-note"><strong>What to do:</strong> ${text}${isOfKeys && html` <a href="#/keys">Keys</a> says until when a key or a model is out.`}</p>`;

/** The status of an answer that failed after its beginning says nothing of the failure. */
function endText({ state, sign, status, ending }: Row): string {
  if (state !== 'ended') return 'under way';
  if (sign === 'failed' && status !== undefined && status < 400)
    return `${ending}, after the answer had begun`;
  return [status, ending].filter((part) => part !== undefined).join(', ');
}

type HeadProps = {
  detail: Detail;
  rows: readonly Row[];
  odd: readonly string[];
  base: string;
  now: number;
  /** True where the tab's own content is what matters, and the headline has less room. */
  isSmall: boolean;
  go: Go;
  onStep(step: number): void;
};

function Head({ detail, rows, odd, base, now, isSmall, go, onStep }: HeadProps) {
  const { row, facts, homeKey } = detail;
  return html`
    <div class="crumbs"><a href="#/requests">Requests</a> / <code>${row.id}</code> <${CopyButton} text=${location.href}>Copy link<//>
      <${Place} odd=${odd} row=${row} go=${onStep} /></div>
    <h1 class=${isSmall ? 'small' : ''}>${detail.headline}<${Silent} row=${row} now=${now} /></h1>
    ${detail.advice && html`<${Advice} advice=${detail.advice} />`}
    ${row.resends && html`<${ResentFrom} resends=${row.resends} />`}
    <${Repeats} detail=${detail} />
    <${BegunBy} row=${row} rows=${rows} />
    <p class="facts">
      <span>${exactClock(row.at)}</span>${facts.map((fact) => html`<span>${fact}</span>`)}<${Model} row=${row} /><span title=${ENDING_TEXTS[row.ending ?? '']}>${endText(row)}</span>
      ${row.key !== undefined && html`<span>key <a href="#/keys"><strong>#${row.key}</strong></a>${homeKey !== undefined && homeKey !== row.key && ` (the session’s key was #${homeKey})`}</span>`}
      ${row.client !== undefined && html`<span>client <strong>${row.client}</strong></span>`}
    </p>
    <${Actions} base=${base} hasTexts=${detail.hasTexts} hasSent=${detail.hasSent} onOpen=${(id: string) => go({ view: 'request', id, query: {} })} />`;
}

/** Says what is marked, and leads from one mark to the next. */
function Finding({ find, marks, onEnd }: { find: string; marks: Marks; onEnd(): void }) {
  return html`<p class="finding" role="status"><span>“<mark>${find}</mark>” ${
    marks.count > 0
      ? `is marked ${plural(marks.count, 'time')} in this tab`
      : 'does not stand in what this tab shows: see another tab, or the rest of a long text'
  }</span>
    ${marks.count > 0 && html`<button onClick=${() => marks.go(-1)} aria-label="Mark before">↑</button><button onClick=${() => marks.go(1)} aria-label="Next mark">↓</button>`}
    <button class="link" onClick=${onEnd}>No marks</button></p>`;
}

const MATTER_TITLE = 'Changes that may matter. The tab has those too that are made in nearly every request.';

function Tabs({ tab, mattering, onChoose }: { tab: Tab; mattering: number; onChoose(tab: Tab): void }) {
  return html`<div class="tabs" role="tablist">
    ${TABS.map(
      (one) =>
        html`<button role="tab" aria-selected=${one === tab} onClick=${() => onChoose(one)}>${TAB_TEXTS[one]}${
          one === 'changes' &&
          mattering > 0 &&
          html` <span class="tag slow" title=${MATTER_TITLE}>${matterText(mattering)}</span>`
        }</button>`,
    )}
  </div>`;
}

type RawProps = { base: string; version: unknown; megabytes: number | undefined; find: string };

function RawView({ base, version, megabytes, find }: RawProps) {
  const asked = useAnswer<RawContent>(`${base}/raw`, version);
  if (asked.is === 'loading') return html`<${Loading} isLate=${asked.isLate} />`;
  if (asked.is === 'failed') return html`<${Failed} why=${asked.why} />`;
  if (asked.answer.parts.length === 0) return html`<${LetGo} megabytes=${megabytes} />`;
  return html`<section class="panel raw">${asked.answer.parts.map(
    (
      { name, bytes: size, hidden, text },
      index,
    ) => html`<${Fold} key=${`${index} ${find}`} isOpen=${find === '' ? index === 0 : holds(text.text, find)} head=${html`<strong>${name}</strong> <span class="second">${bytes(size)}${hidden > 0 && `, ${plural(hidden, 'place')} hidden as xxxxxx`}</span>`}>
      ${() => html`<div class="inside"><${LongText} text=${text} base=${base} name=${name} /></div>`}
    <//>`,
  )}</section>`;
}

type ConversationProps = {
  base: string;
  detail: Detail;
  find: string;
  subagents: ReadonlyMap<string, readonly Row[]>;
  chosenCall: string | undefined;
  onWarning(number: number): void;
};

function ConversationView({ base, detail, find, ...more }: ConversationProps) {
  const asked = useAnswer<ConversationContent>(`${base}/conversation`, detail.row.state);
  if (asked.is === 'loading') return html`<${Loading} isLate=${asked.isLate} />`;
  if (asked.is === 'failed') return html`<${Failed} why=${asked.why} />`;
  return html`<${Conversation} key=${find} content=${asked.answer} base=${base} find=${find} warnings=${detail.warnings} hasSent=${detail.hasSent} isEnded=${detail.row.state === 'ended'} ...${more} />`;
}

type ContentProps = {
  tab: Tab;
  detail: Detail;
  rows: readonly Row[];
  base: string;
  address: Address;
  go: Go;
  megabytes: number | undefined;
};

function TabContent({ tab, detail, rows, base, address, go, megabytes }: ContentProps) {
  const find = address.query['find'] ?? '';
  const attempt = attemptIn(detail.attempts, Number(address.query['attempt']));
  const warning = Number(address.query['warning']) || undefined;
  const choose = (query: Record<string, string>) => go(withQuery(address, query));
  if (tab === 'usage') {
    return detail.usage
      ? html`<${Usage} content=${detail.usage} own=${detail.row.id} />`
      : html`<p class="second">Gemini has told no usage for this request.</p>`;
  }
  if (!detail.hasTexts) return html`<${LetGo} megabytes=${megabytes} />`;
  if (tab === 'raw')
    return html`<${RawView} base=${base} version=${detail.row.state} megabytes=${megabytes} find=${find} />`;
  const onAttempt = (number: number) => choose({ attempt: String(number) });
  if (tab === 'frames')
    return html`<${Frames} detail=${detail} base=${base} attempt=${attempt} onAttempt=${onAttempt} />`;
  if (tab === 'changes') {
    return html`<${Changes} detail=${detail} base=${base} attempt=${attempt} chosen=${warning}
      onAttempt=${onAttempt} onChoose=${(number: number) => choose({ warning: String(number) })} />`;
  }
  return html`<${ConversationView} base=${base} detail=${detail} find=${find} subagents=${subagentsIn(rows, detail.row.thread)} chosenCall=${address.query['call']} onWarning=${(number: number) => choose({ tab: 'changes', warning: String(number) })} />`;
}

/** Changes when a later request of the same conversation begins or ends. */
const laterOf = (rows: readonly Row[], { thread, at }: Row): string =>
  rows.flatMap((row) => (row.thread === thread && row.at > at ? [row.state] : [])).join(' ');

export type RequestProps = {
  address: Address;
  go: Go;
  rows: readonly Row[];
  /** The ids of the odd requests, in the order of the list. */
  odd: readonly string[];
  onStep(step: number): void;
  megabytes: number | undefined;
  marks: Marks;
  now: number;
};

export function Request({ address, go, rows, odd, onStep, megabytes, marks, now }: RequestProps) {
  const id = address.id ?? '';
  const base = `requests/${encodeURIComponent(id)}`;
  const known = rows.find((row) => row.id === id);
  // Asked again with every change of the row, until the request has ended; and while the client may send a failed one again.
  const later = known?.sign === 'failed' ? laterOf(rows, known) : '';
  const version = known && `${known.state} ${known.spans.length} ${known.totalMs ?? ''} ${later}`;
  const asked = useAnswer<Detail>(base, version);
  if (asked.is === 'loading')
    return html`<main class="opened"><div class="page"><${Loading} isLate=${asked.isLate} /></div></main>`;
  if (asked.is === 'failed')
    return html`<main class="opened"><div class="page"><${Failed} why=${asked.why} /></div></main>`;
  const detail = asked.answer;
  const tab = tabOf(address);
  const { row } = detail;
  const find = address.query['find'] ?? '';
  const isSmall = tab !== 'conversation';
  const wholeMs = row.totalMs ?? Math.max(1, now - row.at);
  return html`<main class="opened">
    <${Rail} rows=${rows} row=${row} />
    <div class="page" key=${id}>
      <${Head} detail=${detail} rows=${rows} odd=${odd} base=${base} now=${now} isSmall=${isSmall} go=${go} onStep=${onStep} />
      ${!isSmall && html`<${Cards} detail=${detail} wholeMs=${wholeMs} /><${Timeline} detail=${detail} wholeMs=${wholeMs} />`}
      <${Tabs} tab=${tab} mattering=${matteringIn(detail)} onChoose=${(one: Tab) => go(toTab(address, one))} />
      ${find !== '' && html`<${Finding} find=${find} marks=${marks} onEnd=${() => go(withQuery(address, { find: '' }))} />`}
      <div role="tabpanel" aria-label=${TAB_TEXTS[tab]}><${TabContent} tab=${tab} detail=${detail} rows=${rows} base=${base} address=${address} go=${go} megabytes=${megabytes} /></div>
    </div>
  </main>`;
}

/** The request that stands `step` places after another in the list; undefined at the list's ends. */
export function neighbour(
  items: readonly Item[],
  rows: readonly Row[],
  id: string,
  step: number,
): string | undefined {
  const listed = items.filter((item) => item.kind === 'row');
  const order = listed.some(({ key }) => key === id) ? listed : flatItems(rows);
  const at = order.findIndex(({ key }) => key === id);
  return at < 0 ? undefined : order[at + step]?.key;
}
