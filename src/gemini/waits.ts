/** How long upstream asks to wait, as far as that can be meant. */

/** Seconds. No quota is gone for longer than a day, and two are beyond any doubt; what asks for more is a mistake. */
const LONGEST = 2 * 86_400;

/** Figures without a unit in round thousands are milliseconds; in seconds nobody says 5,000 or 30,000, but for whole hours. */
const looksLikeMilliseconds = (figure: number): boolean =>
  figure >= 1_000 && figure % 1_000 === 0 && figure % 3_600 !== 0;

/** Whole seconds, rounded up; undefined for what no quota can mean. */
export function believable(seconds: number): number | undefined {
  return seconds >= 0 && seconds <= LONGEST ? Math.ceil(seconds) : undefined;
}

/** Seconds, by the units that Google writes durations in: `853.18ms`, `47s`, `3h22m10.5s`. */
const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[hms]))+/;

/** Of a duration that `text` begins with. */
export function durationSeconds(text: string): number | undefined {
  const written = DURATION.exec(text)?.[0];
  if (written === undefined) return undefined;
  let seconds = 0;
  for (const [, figure, unit] of written.matchAll(/(\d+(?:\.\d+)?)(ms|[hms])/g)) {
    seconds += Number(figure) * (UNITS[unit ?? ''] ?? Number.NaN);
  }
  return believable(seconds);
}

/** Of `retryDelay` in RetryInfo: a duration in seconds. Gateways put milliseconds there, with the unit of seconds. */
export function retryInfoSeconds(delay: string): number | undefined {
  const figure = /^(\d+)s$/.exec(delay)?.[1];
  return figure !== undefined && looksLikeMilliseconds(Number(figure)) ? undefined : durationSeconds(delay);
}

/** Of a `retry-after` header: seconds, or a date. `now` in milliseconds, by the clock of who wrote it. */
export function headerSeconds(text: string, now: number): number | undefined {
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) {
    const figure = Number(text);
    return looksLikeMilliseconds(figure) ? undefined : believable(figure);
  }
  // Only HTTP's own forms of a date begin with a day's name; what else Date reads is no date here.
  return /^[A-Z][a-z]{2,8},? /.test(text) ? believable((Date.parse(text) - now) / 1000) : undefined;
}
