/** Reads since when usage is wanted. */
import { DAY_MS, HOUR_MS } from './counts.ts';

const DAY = 'YYYY-MM-DD'.length;

const UNITS: Readonly<Record<string, number>> = { h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };

/** `24h`, `7d`, `2w`, `today`, or a day (UTC): milliseconds since the epoch. Undefined for any other text. */
export function readSince(text: string, now: number): number | undefined {
  if (text === 'today') return Math.floor(now / DAY_MS) * DAY_MS;
  const [, amount, unit = ''] = /^(\d{1,4})([hdw])$/.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS[unit] ?? DAY_MS);
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?Z?)?$/.test(text)) return undefined;
  const date = Date.parse(text.length === DAY || text.endsWith('Z') ? text : `${text}Z`);
  // The 30th of February would be read as a day of March.
  return Number.isNaN(date) || !new Date(date).toISOString().startsWith(text.slice(0, DAY))
    ? undefined
    : date;
}
