/** The bench's figures as text, beside those of an earlier run if there is one. */
import type { Figures, RowFigures } from './measure.ts';

const MB = 1024 * 1024;

/** `12 µs`, or `12 µs (was 15)`. */
function figure(now: number, before: number | undefined, digits: number, unit: string): string {
  const was = before === undefined ? '' : ` (was ${before.toFixed(digits)})`;
  return `${now.toFixed(digits)} ${unit}${was}`;
}

export function describeRow(row: RowFigures, before: Figures | undefined): string {
  const old = before?.rows.find(({ name }) => name === row.name);
  return [
    row.title,
    `  CPU a request       ${figure(row.cpu, old?.cpu, 0, 'µs')}, raw ${row.rawCpu.toFixed(0)} µs`,
    `  throughput          ${figure(row.throughput * 100, old && old.throughput * 100, 1, '% of raw')}, ${row.requestsPerSecond.toFixed(0)} requests a second`,
    `  added first byte    ${figure(row.addedFirstByte, old?.addedFirstByte, 2, 'ms')}`,
  ].join('\n');
}

export function describeFigures({ chunk, memory }: Figures, before: Figures | undefined): string {
  const old = before?.memory;
  const size = (name: 'idle' | 'peak' | 'after') => figure(memory[name] / MB, old && old[name] / MB, 0, 'MB');
  return [
    'one chunk more',
    `  together            ${figure(chunk.together, before?.chunk.together, 1, 'µs')}`,
    `  one a read          ${figure(chunk.apart, before?.chunk.apart, 1, 'µs')} above raw`,
    'memory',
    `  idle                ${size('idle')}`,
    `  1 MB × 32 clients   ${size('peak')} at most, ${size('after')} afterwards`,
    `  an idle stream      ${figure(memory.perIdleStream / 1024, old && old.perIdleStream / 1024, 0, 'kB')}`,
    `start to listening    ${figure(memory.startMs, old?.startMs, 0, 'ms')}`,
  ].join('\n');
}
