/** Says how the answer to a request was found in a recording, where the replay was not asked to be strict. */
import type { Play } from '../../sim/replay/player.ts';

/** The header. Its value is `exact`, `loose` or `missed`, and what there is to say of it. */
export const REPLAY_HEADER = 'x-replay-match';

/** How many parts, or other requests, are named: a header must not be long. */
const MOST_NAMED = 8;

function named(what: string, names: readonly string[]): string[] {
  const first = names.slice(0, MOST_NAMED);
  const shown = first.length < names.length ? [...first, '...'] : first;
  return shown.length === 0 ? [] : [`${what}=${shown.join(',')}`];
}

/** The value for a request that is played: `loose; request=003-subagent; differs=system,tools; upstream=differs`. */
export function foundText({ name, match, differences }: Play): string {
  const { how, isRepeated, differs, alike } = match;
  return [
    how,
    `request=${name}`,
    ...(isRepeated ? ['again'] : []),
    ...named('differs', differs),
    ...named('alike', alike),
    ...(differences().length > 0 ? ['upstream=differs'] : []),
  ]
    .map(headerText)
    .join('; ');
}

/** True where not all is as it was recorded. */
export const isOdd = ({ match: { how, isRepeated } }: Play): boolean => how !== 'exact' || isRepeated;

/** Who answers a request that was not found. */
export type Filler = 'mock' | 'gemini';

const MISSED: Readonly<Record<Filler, string>> = {
  mock: 'missed; answered-by=mock',
  gemini: 'missed; answered-by=gemini',
};

/** `status`: that of the answer, where there is one already. */
export const missedText = (filler: Filler, status?: number): string =>
  filler === 'gemini' && status !== undefined
    ? `${MISSED[filler]}; ${saysNothing(status) ? 'not-recorded' : 'recorded'}`
    : MISSED[filler];

/** Statuses that are about the key or the moment, and not about the request. */
const OF_THE_MOMENT: readonly number[] = [401, 403, 408, 429];
const SERVER_ERRORS = 500;

/** True for an answer that another attempt may not get: it would stand in the way of a good one. */
export const saysNothing = (status: number): boolean =>
  status >= SERVER_ERRORS || OF_THE_MOMENT.includes(status);

/** Keys of a body may hold anything, but a header may not. */
const headerText = (text: string): string => text.replace(/[^\x20-\x7e]|;/g, '?');

/** The sentence for the log, with the places that differ in lines of their own. Undefined where all is as recorded. */
export function foundSentence({ name, match }: Play): string | undefined {
  const { how, isRepeated, differs, places, alike } = match;
  const told = [
    ...(how === 'loose' ? [`matches only loosely, and differs in ${differs.join(', ')}`] : []),
    ...(isRepeated ? ['was played before, and is played again'] : []),
    ...(alike.length > 0 ? [`is not the only one that fits: so does ${alike.join(', ')}`] : []),
  ];
  if (told.length === 0) return undefined;
  const lines = places.length > 0 ? ` (recorded ≠ now):\n  ${places.join('\n  ')}` : '';
  return `${name} ${told.join('; ')}${lines}`;
}
