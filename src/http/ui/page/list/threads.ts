/** Puts rows in the order in which the list shows them: sessions as threads, subagents as branches beneath the call that began them. */
import type { Excerpt, Row } from '../../../../inspector/shapes.ts';

export type Sums = {
  requests: number;
  in: number;
  cached: number;
  dollars: number | undefined;
  /** At Anthropic's list; undefined where one of the requests that cost something has no list price. */
  listDollars: number | undefined;
  isLive: boolean;
};

export type Thread = Sums & {
  id: string;
  name: string;
  client: string | undefined;
  userAgent: string | undefined;
  /** The time of the newest request. */
  newest: number;
};

export type Item =
  | { kind: 'thread'; key: string; thread: Thread; isFolded: boolean }
  | { kind: 'branch'; key: string; name: string; sums: Sums; depth: number; isFolded: boolean }
  | {
      kind: 'row';
      key: string;
      row: Row;
      depth: number;
      isLast: boolean;
      /** The place of the words that were searched for. */
      excerpt?: Excerpt | undefined;
    };

/** Deeper branches stand at this depth: a narrow list has no more room. */
const MOST_DEPTH = 4;

export function sumsOf(rows: readonly Row[]): Sums {
  const sums: Sums = {
    requests: rows.length,
    in: 0,
    cached: 0,
    dollars: undefined,
    listDollars: undefined,
    isLive: false,
  };
  for (const row of rows) {
    sums.in += row.in ?? 0;
    sums.cached += row.cached ?? 0;
    if (row.dollars !== undefined) sums.dollars = (sums.dollars ?? 0) + row.dollars;
    if (row.state !== 'ended') sums.isLive = true;
  }
  // Anthropic would ask no money for what has failed, so a request of which all was lost has no list price.
  const priced = rows.filter(
    ({ dollars, lostDollars = 0 }) => dollars !== undefined && dollars > lostDollars,
  );
  if (priced.length > 0 && priced.every(({ listDollars }) => listDollars !== undefined))
    sums.listDollars = priced.reduce((sum, { listDollars = 0 }) => sum + listDollars, 0);
  return sums;
}

/** The words that began a conversation, from its oldest request that has such words. Subagents do not name a thread. */
function nameOf(rows: readonly Row[]): string {
  const own = rows.filter(({ agent }) => agent === undefined);
  const oldestFirst = (own.length > 0 ? own : rows).toReversed();
  const first =
    oldestFirst.find(({ opening, caller }) => opening !== undefined && caller === 'main') ??
    oldestFirst.find(({ opening }) => opening !== undefined);
  return first?.opening ?? oldestFirst[0]?.says ?? '';
}

const newestFirst = (a: Row, b: Row): number => b.at - a.at;

function grouped<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

type Branch = { agent: string; rows: readonly Row[]; under: string | undefined };

function branchesOf(rows: readonly Row[]): Branch[] {
  const ofAgents = rows.filter(({ agent }) => agent !== undefined);
  return [...grouped(ofAgents, ({ agent }) => agent ?? '')].map(([agent, own]) => ({
    agent,
    rows: own,
    under: own.find(({ branchOf }) => branchOf !== undefined)?.branchOf,
  }));
}

/** The requests of each subagent of a thread of which it is known which call has begun it, the oldest first, by the id of the call. */
export function subagentsIn(rows: readonly Row[], thread: string): Map<string, Row[]> {
  const begun = rows.filter((row) => row.thread === thread && row.branchCall !== undefined);
  return grouped(begun.toSorted(newestFirst).toReversed(), ({ branchCall }) => branchCall ?? '');
}

/** The items of one thread, beneath its head. */
function* threadItems(
  thread: string,
  rows: readonly Row[],
  folded: ReadonlySet<string>,
  isShown: IsShown,
): Generator<Item> {
  const branches = branchesOf(rows);
  const ids = new Set(rows.map(({ id }) => id));
  const isPlaced = ({ under, rows: own }: Branch) =>
    under !== undefined && ids.has(under) && !own.some(({ id }) => id === under);
  const beneath = grouped(branches.filter(isPlaced), ({ under }) => under ?? '');
  // Each branch is shown once, also where branches name each other as their beginning.
  const shown = new Set<string>();

  function* branchItems({ agent, rows: own }: Branch, depth: number): Generator<Item> {
    if (shown.has(agent)) return;
    shown.add(agent);
    const key = `${thread}/${agent}`;
    const isFolded = folded.has(key);
    const inside = [...rowItems(own, depth, isFolded)];
    if (inside.length === 0 && !own.some(isShown)) return;
    yield { kind: 'branch', key, name: nameOf(own), sums: sumsOf(own), depth, isFolded };
    yield* inside;
  }
  function* rowItems(own: readonly Row[], depth: number, isHidden: boolean): Generator<Item> {
    for (const [index, row] of own.entries()) {
      const isLast = index === own.length - 1;
      if (!isHidden && isShown(row)) yield { kind: 'row', key: row.id, row, depth, isLast };
      for (const branch of beneath.get(row.id) ?? []) {
        if (isHidden) shown.add(branch.agent);
        else yield* branchItems(branch, Math.min(depth + 1, MOST_DEPTH));
      }
    }
  }
  yield* rowItems(
    rows.filter(({ agent }) => agent === undefined),
    0,
    false,
  );
  for (const branch of branches) yield* branchItems(branch, 1);
}

type IsShown = (row: Row) => boolean;

/**
 * The rows that are to be shown, newest thread first. Threads and branches keep their names and sums where only some of
 * their rows are shown.
 */
export function threadedItems(
  rows: readonly Row[],
  folded: ReadonlySet<string>,
  isShown: IsShown = () => true,
): Item[] {
  const threads = [...grouped(rows.toSorted(newestFirst), ({ thread }) => thread)];
  return threads.flatMap(([id, own]): Item[] => {
    if (!own.some(isShown)) return [];
    const isFolded = folded.has(id);
    const named = own.find(({ client }) => client !== undefined);
    const thread: Thread = {
      ...sumsOf(own),
      id,
      name: nameOf(own),
      client: named?.client,
      userAgent: own.find(({ userAgent }) => userAgent !== undefined)?.userAgent,
      newest: own[0]?.at ?? 0,
    };
    const head: Item = { kind: 'thread', key: id, thread, isFolded };
    // A request without a session is a thread of its own, and needs no head.
    if (own.length === 1 && own[0]?.id === id)
      return [{ kind: 'row', key: id, row: own[0], depth: 0, isLast: true }];
    return isFolded ? [head] : [head, ...threadItems(id, own, folded, isShown)];
  });
}

/** The same rows without threads, newest first. */
export const flatItems = (rows: readonly Row[]): Item[] =>
  rows.toSorted(newestFirst).map((row): Item => ({ kind: 'row', key: row.id, row, depth: 0, isLast: false }));

/** In pixels, as the style sheet has them. */
const HEIGHTS = { thread: 44, branch: 36, row: 36, further: 24 };

export function heightOf(item: Item): number {
  if (item.kind !== 'row') return HEIGHTS[item.kind];
  const { row, excerpt } = item;
  const isOdd = row.words !== undefined || row.silentSince !== undefined;
  const further = (isOdd ? 1 : 0) + (excerpt === undefined ? 0 : 1);
  return HEIGHTS.row + further * HEIGHTS.further;
}
