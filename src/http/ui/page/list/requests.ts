/** The view of all requests: search, filters, the list, and what is kept. */
import { html } from 'htm/preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Excerpt, Row, SearchMessage } from '../../../../inspector/shapes.ts';
import { type Address, withQuery } from '../data/address.ts';
import { lines } from '../data/api.ts';
import type { Go } from '../data/hooks.ts';
import type { Snapshot } from '../data/live.ts';
import { CALLER_TEXTS, cost, count, megabytes, money, percent, tokens } from '../figures/words.ts';
import { Key, Sign } from '../parts.ts';
import { Empty, NoMatch } from '../states.ts';
import { Term } from '../terms.ts';
import { choicesOf, countSigns, KINDS, type Kind, SIGNS, type SignCounts, toggled } from './filters.ts';
import { List } from './list.ts';
import type { Item } from './threads.ts';

export type Search = {
  searched: number;
  total: number;
  done: boolean;
  /** The ids of what was found, and where the words stand in each. */
  found: ReadonlyMap<string, Excerpt | undefined>;
  why?: string;
};

/** Milliseconds without a key press after which a search begins. */
const QUIET = 200;

/** Searches in the proxy, through everything that is kept of each request. */
export function useSearch(words: string): Search | undefined {
  const [search, set] = useState<Search>();
  useEffect(() => {
    if (words === '') {
      set(undefined);
      return;
    }
    const stop = new AbortController();
    const found = new Map<string, Excerpt | undefined>();
    const begin = async () => {
      set({ searched: 0, total: 0, done: false, found });
      for await (const message of lines<SearchMessage>(
        `search?q=${encodeURIComponent(words)}`,
        stop.signal,
      )) {
        for (const { id, excerpt } of message.found) found.set(id, excerpt);
        set({ searched: message.searched, total: message.total, done: message.done, found: new Map(found) });
      }
    };
    const timer = setTimeout(() => {
      begin().catch((error: Error) => {
        if (!stop.signal.aborted) set({ searched: 0, total: 0, done: true, found, why: error.message });
      });
    }, QUIET);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [words]);
  return search;
}

const searchText = ({ searched, total, done, found, why }: Search): string => {
  if (why !== undefined) return why;
  return done ? `${count(found.size)} found` : `${count(searched)} of ${count(total)} searched`;
};

const CHIP_TEXTS = { failed: 'failed', slow: 'slower or dearer', changed: 'changed' };
const CHIP_TITLES = {
  failed: 'The client got an error',
  slow: 'Waited, sent again, answered late or by another model, or much less cached than before',
  changed: 'The request or the answer was changed on its way',
};

function Menu({ rows, address, go }: { rows: readonly Row[]; address: Address; go: Go }) {
  const [isOpen, open] = useState(false);
  const choices = useMemo(() => (isOpen ? choicesOf(rows) : undefined), [isOpen, rows]);
  const box = useRef<HTMLDetailsElement>(null);
  const chosen = KINDS.reduce((sum, kind) => sum + (address.query[kind]?.split(',').length ?? 0), 0);
  useEffect(() => {
    if (!isOpen) return;
    const close = (event: Event) => {
      const isOutside = event.type === 'pointerdown' && !box.current?.contains(event.target as Node);
      if (isOutside || (event as KeyboardEvent).key === 'Escape') box.current?.removeAttribute('open');
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', close);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', close);
    };
  }, [isOpen]);
  const choose = (kind: Kind, value: string) =>
    go(withQuery(address, { [kind]: toggled(address.query[kind], value) }), { replace: true });
  return html`<details class="menu ${chosen > 0 ? 'on' : ''}" ref=${box} onToggle=${(event: Event) => open((event.target as HTMLDetailsElement).open)}>
    <summary class="button"><span class="wide">Caller, model, key, client</span><span class="narrow">Filter</span>${chosen > 0 && ` (${chosen})`} <span class="second">▾</span></summary>
    <div class="popover">
      ${KINDS.map(
        (kind) => html`<fieldset>
          <legend>${kind === 'caller' ? html`<${Term} of="caller">caller<//>` : kind}</legend>
          ${(choices?.[kind] ?? []).map(
            (
              value,
            ) => html`<label title=${kind === 'caller' ? CALLER_TEXTS[value] : undefined}><input type="checkbox" checked=${address.query[kind]?.split(',').includes(value) ?? false}
              onChange=${() => choose(kind, value)} /> ${kind === 'key' ? `#${value}` : value}</label>`,
          )}
          ${choices?.[kind].length === 0 && html`<span class="second">none</span>`}
        </fieldset>`,
      )}
    </div>
  </details>`;
}

function Tools({
  rows,
  counts,
  address,
  go,
  search,
  onEnter,
}: {
  rows: readonly Row[];
  counts: SignCounts;
  address: Address;
  go: Go;
  search: Search | undefined;
  /** Called where the user has typed what is searched for, and goes to what was found. */
  onEnter(): void;
}) {
  const signs = address.query['sign']?.split(',') ?? [];
  const isFlat = address.query['flat'] === '1';
  const change = (query: Record<string, string>) => go(withQuery(address, query), { replace: true });
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') (event.target as HTMLElement).blur();
    if (event.key === 'Enter') {
      (event.target as HTMLElement).blur();
      onEnter();
    }
  };
  return html`<div class="tools" role="search">
    <label class="search">
      <span aria-hidden="true">⌕</span>
      <input type="search" placeholder="Search" aria-label="Search in all requests" value=${address.query['q'] ?? ''}
        onKeyDown=${onKey} onInput=${(event: Event) => change({ q: (event.target as HTMLInputElement).value })} />
      ${search ? html`<span class="second" role="status">${searchText(search)}</span>` : html`<${Key}>/<//>`}
    </label>
    ${SIGNS.map(
      (
        sign,
      ) => html`<button class="chip" title=${CHIP_TITLES[sign]} aria-pressed=${signs.includes(sign)} onClick=${() => change({ sign: toggled(address.query['sign'], sign) })}>
        <${Sign} sign=${sign} /> <strong>${count(counts[sign])}</strong> <span>${CHIP_TEXTS[sign]}</span>
      </button>`,
    )}
    <${Menu} rows=${rows} address=${address} go=${go} />
    <div class="choice" role="group" aria-label="Order">
      <button title="The requests of each session together" aria-pressed=${!isFlat} onClick=${() => change({ flat: '' })}>Threads</button>
      <button title="All requests, the newest first" aria-pressed=${isFlat} onClick=${() => change({ flat: '1' })}>Flat</button>
    </div>
  </div>`;
}

function Foot({ live }: { live: Snapshot }) {
  const { state, hello } = live;
  const today = state?.today;
  return html`<footer class="foot">
    <span>${state && hello && `${count(state.kept)} requests kept, ${megabytes(state.bytes)} of ${megabytes(hello.memoryLimit)}`}</span>
    ${
      state &&
      state.passedOver > 0 &&
      html`<span title="While more than 100 requests a second come and nobody looks, one in twenty is kept. The figures count them all.">${count(state.passedOver)} not kept</span>`
    }
    ${
      today &&
      html`<span class="wide">today ${cost(today)}${today.budget !== undefined && ` of ${money(today.budget)}`} · ${tokens(today.in)} in${
        today.in > 0 && `, ${percent(today.cached / today.in)} cached`
      }</span>`
    }
    <span class="keys wide"><${Key}>j<//><${Key}>k<//> move · <${Key}>enter<//> open · <${Key}>n<//> next unusual one · <${Key}>esc<//> back</span>
  </footer>`;
}

export type RequestsProps = {
  live: Snapshot;
  /** All rows, and those that the filters leave, as lines. */
  rows: readonly Row[];
  items: readonly Item[];
  search: Search | undefined;
  /** How many rows have come that are not shown yet. */
  waiting: number;
  isFiltering: boolean;
  cursor: string | undefined;
  now: number;
  address: Address;
  go: Go;
  onMove(key: string): void;
  onOpen(item: Item): void;
  onTop(isTop: boolean): void;
  onShowNew(): void;
};

export function Requests(props: RequestsProps) {
  const { live, rows, items, search, waiting, isFiltering, cursor, now, address, go } = props;
  const counts = useMemo(() => countSigns(rows), [rows]);
  const clear = () => go({ view: 'requests', query: {} });
  const enterList = () => {
    const first = items.find(({ kind }) => kind === 'row');
    if (first) props.onMove(first.key);
  };
  const isEmpty = rows.length === 0 && live.connection.is !== 'loading';
  return html`<main class="requests">
    <${Tools} rows=${rows} counts=${counts} address=${address} go=${go} search=${search} onEnter=${enterList} />
    <div class="panel fill">
      ${waiting > 0 && html`<button class="new primary" onClick=${props.onShowNew}>${count(waiting)} new</button>`}
      ${isEmpty && html`<${Empty} hello=${live.hello} />`}
      ${
        !isEmpty &&
        items.length === 0 &&
        isFiltering &&
        (search === undefined || search.done) &&
        html`<${NoMatch} address=${address} total=${rows.length} onClear=${clear} />`
      }
      ${
        items.length > 0 &&
        html`<${List} items=${items} cursor=${cursor} now=${now} onMove=${props.onMove} onOpen=${props.onOpen} onTop=${props.onTop} />`
      }
      <${Foot} live=${live} />
    </div>
  </main>`;
}
