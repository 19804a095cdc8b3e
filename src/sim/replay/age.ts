/** What is told of a recording before anything is missed: how old it is, and by which clients it was made. */
import { type ClientVersion, clientText } from './client-version.ts';

const DAY_MS = 86_400_000;
/** From this age on, clients and models have usually changed. */
const OLD_DAYS = 30;

const ageInDays = (recordedAt: string, now: Date): number =>
  Math.floor((now.getTime() - Date.parse(recordedAt)) / DAY_MS);

/** "recorded 45 days ago"; undefined for a recording that is not old, or whose date cannot be read. */
export function oldAgeText(recordedAt: string, now: Date): string | undefined {
  const days = ageInDays(recordedAt, now);
  return days >= OLD_DAYS ? `recorded ${days} days ago` : undefined;
}

export const clientsText = (clients: readonly ClientVersion[]): string =>
  clients.length === 0 ? '' : `, by ${clients.map(clientText).join(' and ')}`;
