/** A turn of a bug that is not mended yet: what is wanted of it, and whether today's code does that. */
import { tryParseJson } from '../../../src/lib/json.ts';
import { textOf } from '../../../src/sim/cassette/escape.ts';
import { sha256 } from '../../../src/sim/cassette/meta.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { answerDiff, answerLines, headLines } from './compare.ts';
import { jsonPlaces } from './json-diff.ts';
import type { TurnRun } from './run.ts';

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}\n`).join('');

/** Why the turn still fails; undefined where it passes now. Throws where it is not marked as failing. */
export function stillFailing(
  recorded: RecordedRequest,
  { recorded: now, bugs }: TurnRun,
): string | undefined {
  const { fails } = recorded;
  if (!fails) throw new Error('the turn is not marked as failing');
  if (bugs.length > 0) return `an error of ours on the way: ${String(bugs[0])}\n`;
  if (fails.wanted) return unmet(fails.wanted, now);
  if (fails.saw === sha256(recorded.answer.bytes)) return NOTHING_WANTED;
  const different = answerDiff(recorded.answer, now.answer);
  if (different.length === 0) return undefined;
  return `what the client sees (- wanted, + now):\n${indented(different)}`;
}

const NOTHING_WANTED = `the folder does not say yet what is wanted. Say it in one of two ways:
  the expected answer is still the one with the bug: edit it until it is what the client should see;
  or put lines into "wanted" under "fails" in meta.json, such as "- error" (must not be there) or "+ message_stop" (must be there)
`;

/** What is wanted and not there, or there and not wanted; undefined where all is as wanted. */
export function unmet(wanted: readonly string[], now: RecordedRequest): string | undefined {
  const lines = linesOf(now);
  const wrong = wanted.filter((want) => isThere(want.slice(2), lines) !== want.startsWith('+ '));
  if (wrong.length === 0) return undefined;
  const shown = isAboutSent(wrong) ? lines : lines.filter((line) => !ASIDE.test(line));
  return `wanted (+ must be there, - must not):\n${indented(wrong)}what is there:\n${indented(shown)}`;
}

/** Lines that are hardly ever what a bug is about. */
const ASIDE = /^sent |^message_start | usage\.|^[a-z-]+: /;

/** By whole words from the beginning of a line. */
const isThere = (words: string, lines: readonly string[]): boolean =>
  lines.some((line) => line.startsWith(words) && /^(?:$|[ .[])/.test(line.slice(words.length)));

/** A run in lines: the answer as differences show it, and each value of each request to Gemini. */
function linesOf({ answer, upstream }: RecordedRequest): string[] {
  const whole = tryParseJson(textOf(answer.bytes));
  const told = whole === undefined ? answerLines(answer.bytes) : jsonPlaces(whole);
  const sent = upstream.flatMap(({ request }, index) =>
    jsonPlaces(tryParseJson(request.body)).map((place) => `${SENT}${index + 1} ${place}`),
  );
  return [...headLines(answer), ...told, ...sent];
}

/** Before what was sent, with the number of the attempt. */
const SENT = 'sent ';

/** True where something of what is sent is wanted. */
export const isAboutSent = (wanted: readonly string[]): boolean =>
  wanted.some((want) => want.slice(2).startsWith(SENT));
