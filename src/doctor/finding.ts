/** What a check has found, and what a check is. */
import type { DoctorContext } from './context.ts';

/** `stops`: a session would not begin, or would end at its first request. `hint`: it works, but less well than it could. */
export type Finding =
  | { level: 'ok'; what: string }
  | {
      level: 'hint' | 'stops';
      what: string;
      why: string;
      /** What to do; what is to be typed stands between backticks. */
      fix: string;
    };

export type Check = {
  name: string;
  /** Milliseconds that the check may take. */
  limitMs: number;
  /** When `signal` aborts, whatever was begun must end. */
  run(context: DoctorContext, signal: AbortSignal): Promise<Finding[]>;
};

export const ok = (what: string): Finding => ({ level: 'ok', what });
export const hint = (what: string, why: string, fix: string): Finding => ({ level: 'hint', what, why, fix });
export const stops = (what: string, why: string, fix: string): Finding => ({
  level: 'stops',
  what,
  why,
  fix,
});

/** What a check says that has found nothing wrong. */
export const orOk = (findings: readonly Finding[], what: string): Finding[] =>
  findings.length === 0 ? [ok(what)] : [...findings];
