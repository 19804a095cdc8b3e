/** Faults in other settings than their defaults, and what must come of them where that differs. */
import type { Effect, ErrorWord } from '../../../src/sim/faults/fault.ts';
import { FAULT_ROWS, type FaultName } from '../../../src/sim/faults/table.ts';

export type Setting = readonly [name: FaultName, setting: string, effect?: Effect];

const same: Effect = { kind: 'same' };
const retried = (error: ErrorWord): Effect => ({ kind: 'error', error, retried: true });
const told = (error: ErrorWord): Effect => ({ kind: 'error', error, retried: false });

const PLACES = [
  'frame=0',
  'frame=1',
  'frame=2',
  'frame=3',
  'byte=0',
  'byte=1',
  'byte=7',
  'byte=300',
  'after=0s',
];

const settings = (name: FaultName, texts: readonly string[], effect?: Effect): Setting[] =>
  texts.map((setting) => (effect ? [name, setting, effect] : [name, setting]));

const STATUSES = FAULT_ROWS.map(([name]) => name).filter((name) => name.startsWith('http-'));

export const SETTINGS: readonly Setting[] = [
  ...FAULT_ROWS.map(([name]): Setting => [name, '']),
  ...STATUSES.flatMap((name) =>
    settings(name, ['retry-after=2s', 'retry-info=2s', 'retry-after=2s retry-info=3s']),
  ),
  ...settings('cut', PLACES),
  ...settings('reset', PLACES),
  ...settings('stall', PLACES),
  ...settings('error-object', PLACES),
  ...settings('error-event', [...PLACES, 'code=0']),
  ...settings('error-event', ['code=500', 'code=499'], retried('internal')),
  ...settings('error-object', ['code=504'], retried('timeout')),
  ...settings('error-object', ['code=400'], told('invalid-request')),
  ...settings('error-event', ['code=429'], told('rate-limit')),
  // Shorter than the limit, so it is only a delay.
  ...settings('stall', ['frame=1 for=5s', 'for=3m', 'byte=100 for=30s', 'after=10s for=1m'], same),
  ...settings('stall-mid-character', ['for=1m'], same),
  ...settings('hang', ['for=1m'], same),
  ...settings('silence', ['for=1m'], same),
  ...settings('stall-mid-event', ['frame=2', 'frame=3']),
  ...settings('malformed-json', ['frame=2', 'frame=3']),
  ...settings('broken', ['frame=1', 'frame=2']),
  ...settings('duplicate', ['frame=2', 'frame=3']),
  ...settings('reorder', ['frame=2']),
  ...settings('late', ['frame=2']),
  ...settings('null-candidates', ['frame=2']),
  ...settings('unknown-part', ['frame=2']),
  ...settings('html', ['code=500'], retried('internal')),
  ...settings('empty-error', ['code=529']),
  ...settings('stays-open', ['for=1s'], same),
  ...settings('quota-window', ['for=10s', 'limit=1']),
  ...settings('short-length', ['byte=1', 'byte=300']),
  ...settings('slow-head', ['for=1m']),
  ...settings('bandwidth', ['rate=500']),
  ...settings('jitter', ['for=30s']),
];
