/** The list of requests. Only the lines that can be seen are on the page, so ten thousand rows cost no more than fifty. */
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { barScaleMs } from '../figures/scale.ts';
import { Term } from '../terms.ts';
import { Line } from './list-row.ts';
import { heightOf, type Item } from './threads.ts';

/** Pixels of lines above and below what can be seen. */
const MARGIN = 300;
/** Pixels of the head, which stays above the lines. */
const HEAD = 32;

export type ListProps = {
  items: readonly Item[];
  cursor: string | undefined;
  now: number;
  onMove(key: string): void;
  onOpen(item: Item): void;
  /** Told whether the list's beginning can be seen. */
  onTop(isTop: boolean): void;
};

/** Where each line begins, and after the last one where the list ends. */
function offsetsOf(items: readonly Item[]): Float64Array {
  const offsets = new Float64Array(items.length + 1);
  for (const [index, item] of items.entries()) offsets[index + 1] = (offsets[index] ?? 0) + heightOf(item);
  return offsets;
}

/** The number of the first line that ends below `y`. */
function lineAt(offsets: Float64Array, y: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle + 1] ?? 0) <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

const scaleOf = (items: readonly Item[]): number =>
  barScaleMs(
    items.flatMap((item) =>
      item.kind === 'row' && item.row.totalMs !== undefined ? [item.row.totalMs] : [],
    ),
  );

function useWindow(onTop: (isTop: boolean) => void) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, see] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      see({ top: element.scrollTop, height: element.clientHeight });
      onTop(element.scrollTop < 4);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  return { box, seen };
}

/** Keeps the line of the cursor where it is on the screen while lines come and go above it, and in sight when it moves. */
function useCursorInSight(
  box: { current: HTMLElement | null },
  items: readonly Item[],
  offsets: Float64Array,
  cursor: string | undefined,
) {
  const last = useRef<{ cursor: string | undefined; top: number | undefined }>({
    cursor: undefined,
    top: undefined,
  });
  useLayoutEffect(() => {
    const element = box.current;
    const index = cursor === undefined ? -1 : items.findIndex(({ key }) => key === cursor);
    const top = index < 0 ? undefined : offsets[index];
    const before = last.current;
    last.current = { cursor, top };
    if (!element || top === undefined) return;
    if (before.cursor === cursor) {
      if (before.top !== undefined && element.scrollTop > 0) element.scrollTop += top - before.top;
      return;
    }
    const bottom = offsets[index + 1] ?? top;
    if (top < element.scrollTop) element.scrollTop = index <= 1 ? 0 : top;
    else if (bottom + HEAD > element.scrollTop + element.clientHeight)
      element.scrollTop = bottom + HEAD - element.clientHeight;
  }, [items, cursor]);
}

const secondsOf = (ms: number) => (ms < 1_000 ? (ms / 1_000).toFixed(1) : Math.round(ms / 1_000));

const Head = ({ scaleMs }: { scaleMs: number }) => html`<div role="row" class="line head" aria-rowindex="1">
    <div role="columnheader">Time</div>
    <div role="columnheader" class="says">Request</div>
    <div role="columnheader"><span class="wide"><${Term} of="models" /></span><span class="narrow"><${Term} of="models">Answered<//></span></div>
    <div role="columnheader" class="ending"><${Term} of="end" /></div>
    <div role="columnheader" class="span scale"><span>0</span><span>${secondsOf(scaleMs / 2)}</span><span><${Term} of="bar">${secondsOf(scaleMs)} s<//></span></div>
    <div role="columnheader" class="figure first"><${Term} of="first" /></div>
    <div role="columnheader" class="figure total"><${Term} of="total" /></div>
    <div role="columnheader" class="figure in"><${Term} of="in" /></div>
    <div role="columnheader" class="figure cached"><${Term} of="cached" /></div>
    <div role="columnheader" class="figure out"><${Term} of="out" /></div>
    <div role="columnheader" class="figure dollars"><${Term} of="dollars" /></div>
  </div>`;

export function List({ items, cursor, now, onMove, onOpen, onTop }: ListProps) {
  const { box, seen } = useWindow(onTop);
  const offsets = useMemo(() => offsetsOf(items), [items]);
  const scaleMs = useMemo(() => scaleOf(items), [items]);
  useCursorInSight(box, items, offsets, cursor);
  const first = lineAt(offsets, seen.top - MARGIN);
  const last = Math.min(items.length, lineAt(offsets, seen.top + seen.height + MARGIN) + 1);
  const onClick = (item: Item) => {
    onMove(item.key);
    onOpen(item);
  };
  return html`<div class="list" role="treegrid" aria-label="Requests" aria-rowcount=${items.length + 1} tabindex="0"
    aria-activedescendant=${cursor === undefined ? undefined : `line-${cursor}`}>
    <div class="lines" ref=${box} role="rowgroup">
      <${Head} scaleMs=${scaleMs} />
      <div class="space" role="presentation" style=${{ height: `${offsets.at(-1) ?? 0}px` }}>
        ${items.slice(first, last).map((item, index) => {
          const at = first + index;
          return html`<${Line} key=${item.key} item=${item} index=${at + 1} top=${offsets[at]} height=${heightOf(item)}
            isCursor=${item.key === cursor} scaleMs=${scaleMs} now=${now} onClick=${onClick} />`;
        })}
      </div>
    </div>
  </div>`;
}
