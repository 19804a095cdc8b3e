/** The whole page: the bar at its top, the notice, the view that the address names, and the keys. */
import { html } from 'htm/preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Row } from '../../../inspector/shapes.ts';
import { type Address, TABS, toTab } from './data/address.ts';
import { type Go, useAddress, useLive, useNow } from './data/hooks.ts';
import type { Live, Snapshot } from './data/live.ts';
import { Charts } from './figures/charts.ts';
import { Keys } from './figures/keys.ts';
import { type Command, KEY_TEXTS, useKeyboard } from './keyboard.ts';
import { isFiltering, matches, readFilters } from './list/filters.ts';
import { Requests, type Search, useSearch } from './list/requests.ts';
import { flatItems, type Item, threadedItems } from './list/threads.ts';
import { useMarks } from './marks.ts';
import { Dialog, Key, Sign } from './parts.ts';
import { neighbour, Request } from './request/request.ts';
import { Gone, Loading, Lock, OneOfSeveral, StandIn } from './states.ts';
import { ALL_TERMS } from './terms.ts';
import { nextTheme } from './theme.ts';

const CONNECTION_TEXTS: Readonly<Record<Snapshot['connection']['is'], string>> = {
  loading: 'Connecting',
  live: 'Live',
  gone: 'Not connected',
  locked: 'Locked',
};

const VIEWS = [
  ['requests', 'Requests'],
  ['keys', 'Keys'],
  ['charts', 'Charts'],
] as const;

function Top({
  live,
  address,
  isPaused,
  onPause,
  onHelp,
}: {
  live: Snapshot;
  address: Address;
  isPaused: boolean;
  onPause(): void;
  onHelp(): void;
}) {
  const { connection, state } = live;
  const view = address.view === 'request' ? 'requests' : address.view;
  const keysSign = state?.keysSign ?? 'good';
  return html`<header class="top">
    <a class="brand" href="#/requests"><i></i><strong class="wide">Gemini for Claude Code</strong></a>
    <nav aria-label="Views">${VIEWS.map(
      ([name, text]) =>
        html`<a href=${`#/${name}`} aria-current=${name === view ? 'page' : undefined}>${text}${
          name === 'keys' &&
          keysSign !== 'good' &&
          html` <span class=${`dot ${keysSign}`} title="A key or a model is in trouble"></span>`
        }</a>`,
    )}</nav>
    <span class="connection"><span class=${`dot ${isPaused ? '' : connection.is}`}></span>${isPaused ? 'Paused' : CONNECTION_TEXTS[connection.is]}${
      state && state.streaming > 0 && html`<span class="second wide"> · ${state.streaming} streaming</span>`
    }</span>
    <button onClick=${onPause} aria-pressed=${isPaused}>${isPaused ? 'Go on' : 'Pause'} <${Key}>.<//></button>
    <button class="bare" aria-label="Light or dark" title="Light or dark" onClick=${nextTheme}>◐</button>
    <button class="bare" aria-label="Help" onClick=${onHelp}><${Key}>?<//></button>
  </header>`;
}

const Notice = ({ live }: { live: Snapshot }) => {
  const notice = live.state?.notice;
  if (!notice) return null;
  return html`<div class="notice ${notice.sign}" role="status"><${Sign} sign=${notice.sign} />
    <span><strong>${notice.text}</strong> <span class="wide">${notice.more}</span></span><a href="#/keys">Keys</a></div>`;
};

const Help = ({ onClose }: { onClose(): void }) => html`<${Dialog} title="Keyboard" onClose=${onClose}>
    <table class="help"><tbody>${KEY_TEXTS.map(
      ([keys, text]) =>
        html`<tr><td>${keys.map((key) => html`<${Key}>${key}<//> `)}</td><td>${text}</td></tr>`,
    )}</tbody></table>
    <h2>Words</h2>
    <dl class="words">${ALL_TERMS.map(([word, meaning]) => html`<dt>${word}</dt><dd>${meaning}</dd>`)}</dl>
    <div class="buttons"><button class="primary" onClick=${onClose}>Close</button></div>
  <//>`;

/** New failures, for those who do not see the list. */
function Announcer({ rows }: { rows: readonly Row[] }) {
  const told = useRef(new Set<string>());
  const isFirst = told.current.size === 0;
  const failed = rows.filter(({ id, sign }) => sign === 'failed' && !told.current.has(id));
  for (const { id } of failed) told.current.add(id);
  if (isFirst) told.current.add('');
  const last = isFirst ? undefined : failed.at(-1);
  return html`<div class="unseen" aria-live="polite">${last && `Failed: ${last.says}. ${last.words ?? ''}`}</div>`;
}

/** The rows as they are to be seen: while paused those of that moment, and new ones only when they disturb nobody. */
function useShownRows(live: Snapshot, isPaused: boolean, isFollowing: boolean) {
  const frozen = useRef<readonly Row[] | undefined>(undefined);
  if (!isPaused) frozen.current = undefined;
  else frozen.current ??= live.rows;
  const rows = frozen.current ?? live.rows;
  const [until, setUntil] = useState(0);
  const shownUntil = isFollowing && !isPaused ? live.latest : Math.max(until, 0);
  if (shownUntil !== until) setUntil(shownUntil);
  const shown = useMemo(
    () => (shownUntil >= live.latest ? rows : rows.filter(({ id }) => live.arrivalOf(id) <= shownUntil)),
    [rows, shownUntil],
  );
  return { rows: shown, waiting: live.rows.length - shown.length, showNew: () => setUntil(live.latest) };
}

/** A row with the place of the words that were searched for. */
const withExcerpt = (item: Item, { found }: Search): Item =>
  item.kind === 'row' ? { ...item, excerpt: found.get(item.key) } : item;

function useItems(
  rows: readonly Row[],
  address: Address,
  search: Search | undefined,
  folded: ReadonlySet<string>,
) {
  const isFlat = address.query['flat'] === '1';
  const { sign, caller, model, key, client } = address.query;
  const filters = useMemo(
    () => readFilters(address, search?.found),
    [sign, caller, model, key, client, search?.found],
  );
  const items = useMemo(() => {
    const isShown = (row: Row) => matches(row, filters);
    const all = isFlat ? flatItems(rows.filter(isShown)) : threadedItems(rows, folded, isShown);
    return search ? all.map((item) => withExcerpt(item, search)) : all;
  }, [rows, filters, folded, isFlat]);
  return { items, isFiltering: isFiltering(filters) };
}

type Listing = {
  items: readonly Item[];
  cursor: string | undefined;
  setCursor(key: string | undefined): void;
  fold(key: string, isFolded: boolean): void;
};

const isOdd = (item: Item) => item.kind === 'row' && item.row.sign !== 'ordinary';

/** The line that a command of the list leads to. */
function moved(
  { items, cursor }: Listing,
  step: 1 | -1,
  wanted: (item: Item) => boolean,
): string | undefined {
  const at = items.findIndex(({ key }) => key === cursor);
  let index = at < 0 ? (step > 0 ? 0 : -1) : at + step;
  while (items[index] && !wanted(items[index] as Item)) index += step;
  return items[index]?.key;
}

/** The head of the thread or branch that a line belongs to. */
function headOf({ items, cursor }: Listing): Item | undefined {
  const at = items.findIndex(({ key }) => key === cursor);
  const own = items[at];
  if (own && own.kind !== 'row') return own;
  const depth = own?.kind === 'row' ? own.depth : 0;
  return items
    .slice(0, at)
    .findLast(
      (item) => item.kind === 'thread' || (item.kind === 'branch' && item.depth <= depth && depth > 0),
    );
}

function runInList(listing: Listing, command: Command, open: (item: Item) => void): boolean {
  const { items, cursor, setCursor, fold } = listing;
  const moves: Partial<Record<Command, () => string | undefined>> = {
    next: () => moved(listing, 1, () => true),
    previous: () => moved(listing, -1, () => true),
    'next-odd': () => moved(listing, 1, isOdd),
    'previous-odd': () => moved(listing, -1, isOdd),
  };
  const move = moves[command];
  if (move) {
    const key = move();
    if (key !== undefined) setCursor(key);
    return true;
  }
  if (command === 'open') {
    const item = items.find(({ key }) => key === cursor);
    if (item) open(item);
    return item !== undefined;
  }
  if (command === 'fold' || command === 'unfold') {
    const head = headOf(listing);
    if (!head) return false;
    fold(head.key, command === 'fold');
    if (command === 'fold') setCursor(head.key);
    return true;
  }
  if (command === 'back' && cursor !== undefined) {
    setCursor(undefined);
    return true;
  }
  return false;
}

function useFolding(): [ReadonlySet<string>, (key: string, isFolded: boolean) => void] {
  const [folded, set] = useState<ReadonlySet<string>>(new Set());
  const fold = (key: string, isFolded: boolean) => {
    const next = new Set(folded);
    if (isFolded) next.add(key);
    else next.delete(key);
    set(next);
  };
  return [folded, fold];
}

function runInRequest(
  command: Command,
  address: Address,
  go: Go,
  step: (by: number, odd: boolean) => void,
): boolean {
  const tab = /^tab-(\d)$/.exec(command)?.[1];
  if (tab !== undefined) {
    const name = TABS[Number(tab) - 1] ?? 'conversation';
    go(toTab(address, name));
    return true;
  }
  const steps: Partial<Record<Command, () => void>> = {
    next: () => step(1, false),
    previous: () => step(-1, false),
    'next-odd': () => step(1, true),
    'previous-odd': () => step(-1, true),
    back: () => go({ view: 'requests', query: {} }),
  };
  steps[command]?.();
  return command in steps;
}

const focusSearch = () => document.querySelector<HTMLInputElement>('.search input')?.focus();

export function App({ live: source }: { live: Live }) {
  const live = useLive(source);
  const [address, go] = useAddress();
  const [isPaused, pause] = useState(false);
  const [isHelping, help] = useState(false);
  const [isTop, setTop] = useState(true);
  const [cursor, setCursor] = useState<string>();
  const [folded, fold] = useFolding();
  /** The list's address, to come back to with its filters. */
  const list = useRef<Address>({ view: 'requests', query: {} });
  if (address.view === 'requests') list.current = address;
  const search = useSearch(list.current.query['q'] ?? '');
  const shown = useShownRows(live, isPaused, isTop && cursor === undefined && address.view === 'requests');
  const { items, isFiltering: hasFilters } = useItems(shown.rows, list.current, search, folded);
  const marks = useMarks((address.view === 'request' ? address.query['find'] : address.query['q']) ?? '');
  const now = useNow(live.state && live.state.streaming > 0 && !isPaused ? 250 : undefined);
  const open = (item: Item) => {
    const { q = '' } = list.current.query;
    if (item.kind === 'row') go({ view: 'request', id: item.row.id, query: q === '' ? {} : { find: q } });
    else fold(item.key, !item.isFolded);
  };
  const step = (by: number, odd: boolean) => {
    const listed = odd ? items.filter((item) => isOdd(item) || item.key === address.id) : items;
    const id = neighbour(listed, live.rows, address.id ?? '', by);
    if (id === undefined) return;
    setCursor(id);
    const { tab, find } = address.query;
    go({ view: 'request', id, query: { ...(tab ? { tab } : {}), ...(find ? { find } : {}) } });
  };
  const back: Go = (next, options) => go(next.view === 'requests' ? list.current : next, options);
  useKeyboard((command) => {
    if (command === 'help') help(true);
    else if (command === 'pause') pause(!isPaused);
    else if (command === 'search') {
      // At once where the field is there: the next letter may come before the next frame.
      if (address.view === 'requests') focusSearch();
      else {
        go(list.current);
        requestAnimationFrame(focusSearch);
      }
    } else if (address.view === 'requests')
      return runInList({ items, cursor, setCursor, fold }, command, open);
    else if (address.view === 'request') return runInRequest(command, address, back, step);
    else return false;
    return true;
  });
  const { connection } = live;
  const isLocked = connection.is === 'locked';
  return html`
    <${Top} live=${live} address=${address} isPaused=${isPaused} onPause=${() => pause(!isPaused)} onHelp=${() => help(true)} />
    ${connection.is === 'gone' && html`<${Gone} connection=${connection} live=${source} />`}
    ${!isLocked && html`<${Notice} live=${live} />`}
    ${!isLocked && address.view === 'requests' && html`<${StandIn} hello=${live.hello} />`}
    ${!isLocked && address.view !== 'request' && live.state?.instance && html`<${OneOfSeveral} instance=${live.state.instance} />`}
    ${isLocked && html`<${Lock} connection=${connection} live=${source} />`}
    ${connection.is === 'loading' && live.rows.length === 0 && html`<main class="view"><${Loading} /></main>`}
    ${
      !isLocked &&
      live.hello &&
      address.view === 'requests' &&
      html`<${Requests} live=${live} rows=${shown.rows} items=${items} search=${search} waiting=${shown.waiting} isFiltering=${hasFilters}
        cursor=${cursor} now=${now} address=${address} go=${go} onMove=${setCursor} onOpen=${open} onTop=${setTop} onShowNew=${shown.showNew} />`
    }
    ${
      !isLocked &&
      live.hello &&
      address.view === 'request' &&
      html`<${Request} address=${address} go=${go} rows=${live.rows} odd=${items.filter(isOdd).map(({ key }) => key)} marks=${marks} now=${now} onStep=${(by: number) => step(by, false)}
        megabytes=${Math.round(live.hello.memoryLimit / 1_048_576)} />`
    }
    ${!isLocked && live.hello && address.view === 'keys' && html`<${Keys} />`}
    ${!isLocked && live.hello && address.view === 'charts' && html`<${Charts} address=${address} go=${go} />`}
    ${isHelping && html`<${Help} onClose=${() => help(false)} />`}
    <${Announcer} rows=${live.rows} />`;
}
