/** Finds the end of a quota of the day: Google counts these quotas by the time of California. */

const HOUR_MS = 3_600_000;
const PACIFIC = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hourCycle: 'h23',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});

function msIntoDay(at: number): number {
  const part = (type: string) =>
    Number(PACIFIC.formatToParts(at).find((found) => found.type === type)?.value ?? 0);
  return (part('hour') * 3600 + part('minute') * 60 + part('second')) * 1000 + (at % 1000);
}

/** The first midnight in Los Angeles after `date`. Days of 23 and 25 hours are counted correctly. */
export const nextPacificMidnight = (date: Date): Date => new Date(midnightAfter(date.getTime()));

function midnightAfter(now: number): number {
  const guess = now + 24 * HOUR_MS - msIntoDay(now);
  // Where daylight saving time begins or ends in between, the guess is an hour early or late.
  const off = msIntoDay(guess);
  return off < 12 * HOUR_MS ? guess - off : guess + 24 * HOUR_MS - off;
}
