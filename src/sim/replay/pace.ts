/** The pace of a replay: how many real milliseconds a jump of the virtual clock lasts. */
import type { Pace } from './virtual-clock.ts';

const FORM = /^(?:(instant)|(real)|x(\d+(?:\.\d+)?)|max(\d+))$/;

export const PACE_FORMS = 'instant, real, x<times as fast>, max<milliseconds of one pause>';

/**
 * Reads a pace; undefined for a text in none of the forms of `PACE_FORMS`. The bytes of answers are the same at any
 * pace.
 */
export function parsePace(text: string): Pace | undefined {
  const [, instant, real, times, most] = FORM.exec(text.trim().toLowerCase()) ?? [];
  if (instant) return () => 0;
  if (real) return (ms) => ms;
  if (times) return Number(times) > 0 ? (ms) => ms / Number(times) : undefined;
  return most ? (ms) => Math.min(ms, Number(most)) : undefined;
}
