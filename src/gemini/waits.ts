/** Reads how long upstream asks to wait. A wait that upstream cannot have meant is ignored. */

/** Seconds: two days. The longest quota lasts one day, so a longer wait must be a mistake. */
const LONGEST = 2 * 86_400;

/**
 * True for a figure that is probably in milliseconds: a multiple of 1,000 (such as 5,000 or 30,000) that is no number
 * of whole hours in seconds. Nobody asks for a wait of 5,000 seconds.
 */
const looksLikeMilliseconds = (figure: number): boolean =>
  figure >= 1_000 && figure % 1_000 === 0 && figure % 3_600 !== 0;

/** The wait in whole seconds, rounded up; undefined for a time that no quota can need. */
export function believable(seconds: number): number | undefined {
  return seconds >= 0 && seconds <= LONGEST ? Math.ceil(seconds) : undefined;
}

/** Seconds in each unit in which Google writes durations: `853.18ms`, `47s`, `3h22m10.5s`. */
const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[hms]))+/;

/** The seconds of the duration with which `text` begins. */
export function durationSeconds(text: string): number | undefined {
  const written = DURATION.exec(text)?.[0];
  if (written === undefined) return undefined;
  let seconds = 0;
  for (const [, figure, unit] of written.matchAll(/(\d+(?:\.\d+)?)(ms|[hms])/g)) {
    seconds += Number(figure) * (UNITS[unit ?? ''] ?? Number.NaN);
  }
  return believable(seconds);
}

/** The seconds of `retryDelay` in RetryInfo. Some gateways write milliseconds there and call them seconds. */
export function retryInfoSeconds(delay: string): number | undefined {
  const figure = /^(\d+)s$/.exec(delay)?.[1];
  return figure !== undefined && looksLikeMilliseconds(Number(figure)) ? undefined : durationSeconds(delay);
}

/**
 * The seconds of a `retry-after` header, which contains seconds or a date. `now` is the time of the header's sender, in
 * milliseconds.
 */
export function headerSeconds(text: string, now: number): number | undefined {
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) {
    const figure = Number(text);
    return looksLikeMilliseconds(figure) ? undefined : believable(figure);
  }
  // HTTP's dates begin with the name of a day. `Date` would also read other texts as dates, such as a plain number.
  return /^[A-Z][a-z]{2,8},? /.test(text) ? believable((Date.parse(text) - now) / 1000) : undefined;
}
