/** The figures of the day, by phase. */
import type { Judgement } from './judge.ts';
import { DAY_START, type Phase } from './script.ts';

export type Figures = {
  phase: string;
  requests: number;
  complete: number;
  left: number;
  /** Only requests whose client stayed. */
  completeShare: number;
  errors: ReadonlyMap<string, number>;
  sends: number;
  /** Upstream requests for each client request. */
  sendsPerRequest: number;
  /** The share of attempts that failed by the script, of those that got so far. */
  failedShare: number;
  /** Milliseconds to the end of the answer. */
  p50: number;
  p99: number;
  /** And to an error. */
  errorP50: number;
  errorP99: number;
};

const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};

const duration = ({ asked }: Judgement) => (asked.endedAt ?? Infinity) - asked.startedAt;

/** Quotas and refused keys are not failures of the attempt. */
const NO_ATTEMPTS = new Set(['key refused', 'minute quota', 'day quota', 'no access']);

export function figuresOf(phase: string, verdicts: readonly Judgement[]): Figures {
  const own = verdicts.filter(({ asked }) => asked.phase === phase);
  const by = (ending: string) => own.filter((verdict) => verdict.ending === ending);
  const [complete, left, failed] = [by('complete'), by('left'), by('error')];
  const errors = new Map<string, number>();
  for (const { asked } of failed) {
    const name = `${asked.error?.status} ${asked.error?.type.replace(/_error$/, '')}`;
    errors.set(name, (errors.get(name) ?? 0) + 1);
  }
  const sends = own.flatMap((verdict) => verdict.sends);
  const attempts = sends.filter(({ outcome }) => !NO_ATTEMPTS.has(outcome));
  const durations = complete.map(duration);
  return {
    phase,
    requests: own.length,
    complete: complete.length,
    left: left.length,
    completeShare: complete.length / Math.max(1, own.length - left.length),
    errors,
    sends: sends.length,
    sendsPerRequest: sends.length / Math.max(1, own.length),
    failedShare:
      attempts.filter(({ outcome }) => outcome !== 'answered').length / Math.max(1, attempts.length),
    p50: quantile(durations, 0.5),
    p99: quantile(durations, 0.99),
    errorP50: quantile(failed.map(duration), 0.5),
    errorP99: quantile(failed.map(duration), 0.99),
  };
}

const seconds = (ms: number) => (ms / 1000).toFixed(1);

const clockTime = (minutes: number) =>
  new Date(DAY_START + minutes * 60_000).toLocaleTimeString('en-GB', {
    timeZone: 'America/Los_Angeles',
    hour: '2-digit',
    minute: '2-digit',
  });

export function tableOf(script: readonly Phase[], verdicts: readonly Judgement[]): string {
  const names = [
    ...script.map(({ name, from }) => [name, clockTime(from)] as const),
    ['between', ''] as const,
  ];
  const rows = names.map(([name, from]) => {
    const it = figuresOf(name, verdicts);
    const errors = [...it.errors].map(([error, count]) => `${count} × ${error}`).join(', ');
    return [
      from,
      name,
      it.requests,
      it.complete,
      `${(100 * it.completeShare).toFixed(2)} %`,
      it.left,
      it.sends,
      it.sendsPerRequest.toFixed(2),
      `${(100 * it.failedShare).toFixed(0)} %`,
      `${seconds(it.p50)} / ${seconds(it.p99)}`,
      errors === '' ? '' : `${errors} (after ${seconds(it.errorP50)} / ${seconds(it.errorP99)} s)`,
    ].map(String);
  });
  const head = [
    'from',
    'phase',
    'asked',
    'whole',
    'share',
    'left',
    'sent',
    'per ask',
    'failed',
    'p50 / p99 s',
    'errors',
  ];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}
