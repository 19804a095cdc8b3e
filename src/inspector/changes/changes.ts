/** What was changed of a request, and why: the places that warnings name, what came there, and what was sent. */
import type { Again } from '../again/translate-again.ts';
import type { ToldWarning } from '../detail/warnings.ts';
import type { Changes, Pair } from '../shapes.ts';
import { type Body, type Opened, readable } from '../texts/opened.ts';
import { PLACES, textFrom } from '../texts/text.ts';
import { fullPath, isOfAnswer, placeName, sidesOf } from './places.ts';
import { unwarnedPairs } from './unwarned.ts';

const NOTHING: Body = { text: '', json: {}, bytes: 0 };

type IsChanged = (place: string) => boolean;

/** True for a place that one of the paths names, or leads into. */
const namedBy =
  (paths: readonly string[]): IsChanged =>
  (place) =>
    paths.some((path) => path === place || path.startsWith(`${place}.`));

/** The fields of the client's request that were not changed; messages in a row are one. */
function unchangedOf({ json }: Body, isChanged: IsChanged): string[] {
  return Object.keys(json).flatMap((name) => {
    if (name === 'messages' && Array.isArray(json['messages']))
      return messageRuns(json['messages'].length, isChanged);
    if (name === 'tools' && Array.isArray(json['tools'])) {
      const same = json['tools'].filter((_tool, index) => !isChanged(`tools.${index}`)).length;
      return same === 0 ? [] : [`${same} ${same === 1 ? 'tool' : 'tools'}`];
    }
    return isChanged(name) ? [] : [name];
  });
}

function messageRuns(count: number, isChanged: IsChanged): string[] {
  const runs: [first: number, last: number][] = [];
  for (let index = 0; index < count; index++) {
    if (isChanged(`messages.${index}`)) continue;
    const last = runs.at(-1);
    if (last?.[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([first, last]) =>
    first === last ? `messages.${first}` : `messages.${first} – messages.${last}`,
  );
}

/** A reason may name the model, which the client may have made up. */
function shownPair({ unwarned, ...pair }: Pair, { shown }: Opened): Pair {
  if (!unwarned) return pair;
  const { why } = unwarned;
  return { ...pair, unwarned: { ...unwarned, why: why === undefined ? undefined : shown.text(why) } };
}

/** `warnings`: those that had been told by then. */
export function changesOf(
  opened: Opened,
  attempt: number,
  warnings: readonly ToldWarning[],
  again: Again | undefined,
): Changes {
  const came = opened.came() ?? NOTHING;
  const sent = opened.sent(attempt) ?? NOTHING;
  const told = warnings
    .filter(({ attempts }) => attempts.some((at) => at <= attempt || attempt === 0))
    .map((warning) => ({ ...warning, path: fullPath(warning, came) }));
  const hasBoth = came !== NOTHING && sent !== NOTHING;
  const places = Map.groupBy(told, placeName);
  const pairs = [...places.values()].flatMap((group): Pair[] => {
    const [first] = group;
    if (!first || came === NOTHING) return [];
    return [{ ...sidesOf(first, { came, sent, again }), warnings: group.map(({ number }) => number) }];
  });
  const paths = told.map(({ path }) => path);
  const unwarned = hasBoth ? unwarnedPairs({ came, sent, again }, namedBy(paths)) : [];
  const changed = unwarned.flatMap(({ fields }) => fields);
  return {
    attempt,
    cameBytes: came.bytes,
    sentBytes: sent.bytes,
    pairs: [...pairs, ...unwarned.map(({ pair }) => shownPair(pair, opened))],
    unchanged: unchangedOf(came, namedBy([...paths, ...changed])),
    answer: told.filter(({ path }) => isOfAnswer(path)).map(({ number }) => number),
    came: textFrom(readable(came.json), PLACES.came('')),
    sent: textFrom(readable(sent.json), PLACES.sent(attempt)),
  };
}
