/**
 * `bun run bench` measures the proxy against a raw passthrough on the same simulated upstream, in one run. `--json`
 * prints only the figures, `--against FILE` shows them beside those of an earlier `--json`, `--smoke` only checks that
 * everything runs.
 */
import { readFileSync } from 'node:fs';
import { type Figures, FULL, measure, SMOKE } from './bench/measure.ts';
import { describeFigures, describeRow } from './bench/table.ts';
import { commandLine } from './command-line/command-line.ts';

const { values } = commandLine({
  name: 'bun run bench',
  about:
    'Measures the proxy beside a raw passthrough; --against shows the figures beside those of an earlier --json',
  options: { json: { type: 'boolean' }, against: { type: 'string' }, smoke: { type: 'boolean' } },
});

const before: Figures | undefined =
  values.against === undefined ? undefined : JSON.parse(readFileSync(values.against, 'utf8'));
const figures = await measure(values.smoke ? SMOKE : FULL, (row) => {
  if (!values.json) console.log(describeRow(row, before));
});
console.log(values.json ? JSON.stringify(figures, undefined, 2) : describeFigures(figures, before));
