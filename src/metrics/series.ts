/**
 * The figures of one metric: one for each combination of labels. Every request counts a dozen of them, so a combination
 * that is known costs one look-up.
 */
import type { Counted, Series } from './joined.ts';
import type { MetricRow } from './table.ts';

export type Labels = Readonly<Record<string, string>>;

/**
 * The most values that a label may have. Names of models and clients come from settings and from clients: a client that
 * makes names up must not fill the memory of this proxy and of Prometheus.
 */
const MOST_VALUES = 100;
const TOO_MANY = 'other';

/** `counts`: for each bucket of a histogram, how many fell into it and into none before it. */
type Cell = { labels: Labels; sum: number; count: number; counts: number[] };

export class Figures {
  readonly #name: string;
  readonly #row: MetricRow;
  readonly #buckets: readonly number[];
  readonly #known: readonly { label: string; values: Set<string> }[];
  readonly #cells = new Map<string, Cell>();

  constructor(name: string, row: MetricRow) {
    this.#name = name;
    this.#row = row;
    this.#buckets = row.buckets ?? [];
    this.#known = row.labels.map((label) => ({ label, values: new Set() }));
  }

  add(labels: Labels, value: number): void {
    this.#cell(labels).sum += value;
  }

  observe(labels: Labels, value: number): void {
    const cell = this.#cell(labels);
    cell.sum += value;
    cell.count++;
    const at = this.#buckets.findIndex((end) => value <= end);
    if (at >= 0) cell.counts[at] = (cell.counts[at] ?? 0) + 1;
  }

  counted(): Counted {
    const cells = [...this.#cells.values()];
    const values =
      this.#row.kind === 'histogram'
        ? cells.flatMap((cell) => this.#histogram(cell))
        : cells.map(({ labels, sum }) => ({ value: sum, labels }));
    return { name: this.#name, help: this.#row.help, type: this.#row.kind, values };
  }

  /** Prometheus counts in each bucket what fell into those before it, too. */
  #histogram({ labels, sum, count, counts }: Cell): Series[] {
    let until = 0;
    const bucket = (le: number | string, value: number) => ({
      value,
      labels: { le, ...labels },
      metricName: `${this.#name}_bucket`,
    });
    return [
      ...this.#buckets.map((end, at) => {
        until += counts[at] ?? 0;
        return bucket(end, until);
      }),
      bucket('+Inf', count),
      { value: sum, labels, metricName: `${this.#name}_sum` },
      { value: count, labels, metricName: `${this.#name}_count` },
    ];
  }

  #cell(labels: Labels): Cell {
    return this.#cells.get(this.#keyOf(labels)) ?? this.#newCell(this.#bounded(labels));
  }

  /** The cell of labels that were not counted before; what there are too many of is counted together. */
  #newCell(labels: Labels): Cell {
    const key = this.#keyOf(labels);
    const known = this.#cells.get(key);
    if (known) return known;
    const cell = { labels, sum: 0, count: 0, counts: this.#buckets.map(() => 0) };
    this.#cells.set(key, cell);
    return cell;
  }

  /** The lengths are there because a name that a client has made up may hold any character. */
  #keyOf(labels: Labels): string {
    let key = '';
    for (const { label } of this.#known) {
      const value = labels[label] ?? '';
      key += `${value.length} ${value}`;
    }
    return key;
  }

  #bounded(labels: Labels): Labels {
    return Object.fromEntries(
      this.#known.map(({ label, values }) => {
        const value = labels[label] ?? '';
        if (values.size < MOST_VALUES) values.add(value);
        return [label, values.has(value) ? value : TOO_MANY];
      }),
    );
  }
}
