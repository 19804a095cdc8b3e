import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { METRICS, PREFIX, seriesNames } from '../../src/metrics/table.ts';

const FOLDER = 'docs/deploy/prometheus';
const text = (name: string): string => readFileSync(`${FOLDER}/${name}`, 'utf8');

type Rules = { groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[] };
type Dashboard = { panels: { title: string; targets: { expr: string }[] }[] };

const rules = (parse(text('alert-rules.yml')) as Rules).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(text('grafana-dashboard.json')) as Dashboard;
const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
];

const series = new Set(seriesNames());
/** Of every series: Prometheus adds these two. */
const OWN_LABELS = ['instance', 'job'];
const labelsOf = (name: string): readonly string[] => {
  const row = Object.entries(METRICS).find(([own]) => name.startsWith(`${PREFIX}${own}`))?.[1];
  return [...(row?.labels ?? []), 'le', ...OWN_LABELS];
};

describe('a dashboard panel or an alert', () => {
  test.each(expressions)('%s: names metrics that there are', (_, expr) => {
    const names = [...expr.matchAll(/gemini_claude_proxy_\w+/g)].map(([name]) => name);
    expect(names.filter((name) => !series.has(name))).toEqual([]);
  });

  test.each(expressions)('%s: selects by labels that the metric has', (_, expr) => {
    const unknown = [...expr.matchAll(/(gemini_claude_proxy_\w+)\{([^}]*)\}/g)].flatMap(
      ([, name = '', selector = '']) =>
        [...selector.matchAll(/(\w+)\s*(?:=|!=)/g)]
          .map(([, label = '']) => label)
          .filter((label) => !labelsOf(name).includes(label)),
    );
    expect(unknown).toEqual([]);
  });
});

test('each alert says what has happened, and what to do', () => {
  for (const { alert, annotations } of rules)
    expect([annotations['summary'], annotations['what_to_do']], alert).not.toContain(undefined);
});

test('each metric is on the dashboard, in an alert, or in neither for a reason', () => {
  const used = expressions.map(([, expr]) => expr).join(' ');
  const unused = Object.keys(METRICS).filter((name) => !used.includes(`${PREFIX}${name}`));
  // Facts that explain a figure of the dashboard, and figures that are nobody's daily question.
  expect(unused.toSorted()).toEqual([
    'answered_here_total',
    'attempts_total',
    'build_info',
    'continued_total',
    'odd_requests_total',
    'prompts_total',
    'repairs_total',
    'resident_memory_bytes',
    'shared_state_up',
    'start_time_seconds',
    'unpriced_requests_total',
    'verdicts_total',
  ]);
});
