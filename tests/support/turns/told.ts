/** What a run tells of itself besides its answer: its story, as far as goldens and the tests of them ask. */
import type { Logger } from '../../../src/lib/log.ts';
import type { TraceEvent } from '../../../src/trace/events.ts';
import type { Subscriber } from '../../../src/trace/trace.ts';

export type Warning = Extract<TraceEvent, { type: 'warning' }>;

export type Told = {
  warnings: Warning[];
  /** Errors of ours, which no request should ever cause. */
  bugs: unknown[];
};

/** `told` grows while the request is served. */
export function listen(): { told: Told; subscriber: Subscriber } {
  const told: Told = { warnings: [], bugs: [] };
  const subscriber: Subscriber = () => (event) => {
    if (event.type === 'warning') told.warnings.push(event);
    if (event.type === 'error' && event.bug !== undefined) told.bugs.push(event.bug);
  };
  return { told, subscriber };
}

export const SILENT: Logger = {
  debugging: false,
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  hide() {},
};
