/** Adds up what several processes have counted, and writes it as Prometheus reads it. */

/** As prom-client gives them: `metricName` differs from the metric's name in the parts of a histogram. */
export type Series = {
  value: number;
  labels: Readonly<Record<string, string | number>>;
  metricName?: string;
};
export type Counted = { name: string; help: string; type: string; values: readonly Series[] };

const seriesOf = (name: string, { labels, metricName = name }: Series): string => {
  const parts = Object.entries(labels).map(
    ([label, value]) => `${label}="${escaped(String(value), /["\\\n]/g)}"`,
  );
  return parts.length === 0 ? metricName : `${metricName}{${parts.join(',')}}`;
};

const escaped = (text: string, pattern: RegExp): string =>
  text.replace(pattern, (character) => (character === '\n' ? '\\n' : `\\${character}`));

/** Sums equal series. Gauges are not in it: what is true of two processes is no sum. */
export function summed(processes: readonly (readonly Counted[])[]): Counted[] {
  const metrics = new Map<string, { metric: Counted; series: Map<string, Series> }>();
  for (const metric of processes.flat()) {
    if (metric.type === 'gauge') continue;
    const { series } = metrics.get(metric.name) ?? { series: new Map<string, Series>() };
    metrics.set(metric.name, { metric, series });
    for (const one of metric.values) {
      const key = seriesOf(metric.name, one);
      series.set(key, { ...one, value: one.value + (series.get(key)?.value ?? 0) });
    }
  }
  return [...metrics.values()].map(({ metric, series }) => ({ ...metric, values: [...series.values()] }));
}

export const textOf = (metrics: readonly Counted[]): string =>
  metrics
    .map(({ name, help, type, values }) =>
      [
        `# HELP ${name} ${escaped(help, /[\\\n]/g)}`,
        `# TYPE ${name} ${type}`,
        ...values.map((series) => `${seriesOf(name, series)} ${series.value}`),
        '',
      ].join('\n'),
    )
    .join('\n');
