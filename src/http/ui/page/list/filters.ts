/** Which rows the list shows. The choices stand in the page's address. */
import type { Row } from '../../../../inspector/shapes.ts';
import type { Address } from '../data/address.ts';

export const SIGNS = ['failed', 'slow', 'changed'] as const;
export const KINDS = ['caller', 'model', 'key', 'client'] as const;
export type Kind = (typeof KINDS)[number];

export type Filters = {
  signs: ReadonlySet<string>;
  chosen: Readonly<Record<Kind, ReadonlySet<string>>>;
  /** The ids that a search has found; undefined where nothing is searched for. */
  found: Pick<ReadonlySet<string>, 'has'> | undefined;
};

const setOf = (list: string | undefined): ReadonlySet<string> => new Set(list ? list.split(',') : []);

export const readFilters = ({ query }: Address, found: Filters['found']): Filters => ({
  signs: setOf(query['sign']),
  chosen: {
    caller: setOf(query['caller']),
    model: setOf(query['model']),
    key: setOf(query['key']),
    client: setOf(query['client']),
  },
  found,
});

/** The value of a list with one item put in, or taken out. */
export function toggled(list: string | undefined, item: string): string {
  const items = new Set(setOf(list));
  if (!items.delete(item)) items.add(item);
  return [...items].join(',');
}

const VALUE_OF: Readonly<Record<Kind, (row: Row) => string | undefined>> = {
  caller: (row) => row.caller,
  model: (row) => row.answered,
  key: (row) => row.key,
  client: (row) => row.client,
};

/** A request that was retried may have been changed as well. */
const signsOf = ({ sign, warnings }: Row): readonly string[] => (warnings > 0 ? [sign, 'changed'] : [sign]);

export const isFiltering = ({ signs, chosen, found }: Filters): boolean =>
  signs.size > 0 || found !== undefined || KINDS.some((kind) => chosen[kind].size > 0);

export function matches(row: Row, { signs, chosen, found }: Filters): boolean {
  if (signs.size > 0 && !signsOf(row).some((sign) => signs.has(sign))) return false;
  if (found && !found.has(row.id)) return false;
  return KINDS.every((kind) => {
    const value = VALUE_OF[kind](row);
    return chosen[kind].size === 0 || (value !== undefined && chosen[kind].has(value));
  });
}

/** The values that can be chosen, in order. */
export function choicesOf(rows: Iterable<Row>): Readonly<Record<Kind, readonly string[]>> {
  const values: Record<Kind, Set<string>> = {
    caller: new Set(),
    model: new Set(),
    key: new Set(),
    client: new Set(),
  };
  for (const row of rows) {
    for (const kind of KINDS) {
      const value = VALUE_OF[kind](row);
      if (value !== undefined) values[kind].add(value);
    }
  }
  const sorted = (kind: Kind) => [...values[kind]].sort();
  return { caller: sorted('caller'), model: sorted('model'), key: sorted('key'), client: sorted('client') };
}

export type SignCounts = Readonly<Record<(typeof SIGNS)[number], number>>;

export function countSigns(rows: Iterable<Row>): SignCounts {
  const counts = { failed: 0, slow: 0, changed: 0 };
  for (const row of rows) {
    for (const sign of SIGNS) if (signsOf(row).includes(sign)) counts[sign]++;
  }
  return counts;
}
