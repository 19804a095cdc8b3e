/** Finds the row of a scenario whose words come closest to a prompt that fits no row. */
import type { GoogleError } from '../../gemini/wire.ts';
import type { Scenario, TextTest } from './types.ts';

/** `row`: `scenario/rule`, or the first state of a flow. `words`: the words that a prompt must have for it. */
export type NearRow = { row: string; words: readonly string[] };

/** The row for requests of `caller`; undefined where there is none that waits for words. */
export function nearestRow(
  scenarios: readonly Scenario[],
  { words, caller }: { words: string; caller: string },
): NearRow | undefined {
  const told = piecesOf(words);
  let nearest: { near: NearRow; likeness: number } | undefined;
  for (const near of scenarios.flatMap((scenario) => rowsOf(scenario, caller))) {
    const likeness = Math.max(...near.words.map((wanted) => likenessOf(wanted, told)));
    if (!nearest || likeness > nearest.likeness) nearest = { near, likeness };
  }
  return nearest?.near;
}

function rowsOf({ name, prompt, rules, flows }: Scenario, caller: string): NearRow[] {
  const rows: [string, TextTest | undefined, readonly string[] | undefined][] = [
    ...flows.map((flow, index): (typeof rows)[number] => {
      const [first = ''] = flow.states.keys();
      return [first, index === 0 ? prompt : (flow.prompt ?? prompt), flow.caller];
    }),
    ...rules.map(({ name, when }): (typeof rows)[number] => [name, when.user ?? prompt, when.caller]),
  ];
  return rows.flatMap(([row, test, callers]) => {
    const words = test?.wanted ?? [];
    const isMeant = words.length > 0 && (!callers || callers.includes(caller));
    return isMeant ? [{ row: `${name}/${row}`, words }] : [];
  });
}

const LETTERS = 3;

/** Each three letters of each word, with its beginning and end, so that a slip of the pen costs little. */
function piecesOf(text: string): Set<string> {
  const pieces = new Set<string>();
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const padded = ` ${word} `;
    for (let at = 0; at + LETTERS <= padded.length; at++) pieces.add(padded.slice(at, at + LETTERS));
  }
  return pieces;
}

/** A group of a regular expression that holds no other group. */
const GROUP = /\((?:\?[:=!])?([^()]*)\)/;

/**
 * The share of the pieces of `wanted` that were told, from 0 to 1. In a regular expression only letters and digits count,
 * and in each group only the way that comes closest.
 */
function likenessOf(wanted: string, told: ReadonlySet<string>): number {
  let plain = wanted.replaceAll(/\\[a-z]/gi, ' ');
  for (let group = GROUP.exec(plain); group; group = GROUP.exec(plain)) {
    const ways = (group[1] ?? '').split('|').map((way) => ({ way, share: shareTold(way, told) }));
    const { way } = ways.reduce((best, one) => (one.share > best.share ? one : best));
    plain = plain.replace(group[0], () => way);
  }
  return shareTold(plain, told);
}

function shareTold(wanted: string, told: ReadonlySet<string>): number {
  const pieces = piecesOf(wanted);
  if (pieces.size === 0) return 0;
  let found = 0;
  for (const piece of pieces) if (told.has(piece)) found++;
  return found / pieces.size;
}

/** The most characters of the user's words that an error quotes. */
const MOST_QUOTED = 200;

/**
 * The error for words that no row fits. Google has no such error: by `NO_SCENARIO` the proxy knows that the request is
 * wrong, and that no other model can help.
 */
export function noScenario(words: string, nearest: NearRow | undefined): GoogleError & { message: string } {
  const said = JSON.stringify(words.slice(0, MOST_QUOTED));
  const near = nearest
    ? `; the nearest row is ${nearest.row}, for ${nearest.words.map((wanted) => `"${wanted}"`).join(' or ')}`
    : '; no row waits for words';
  return {
    code: 404,
    message: `No scenario has an answer to ${said} (MOCK_STRICT)${near}`,
    status: 'NOT_FOUND',
    details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'NO_SCENARIO' }],
  };
}
