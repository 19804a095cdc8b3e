/** What was changed of a request, and why: the places that warnings name, what came there, and what was sent. */
import { tellsIterations } from '../../anthropic/betas.ts';
import type { Again } from '../again/translate-again.ts';
import type { ToldWarning } from '../detail/warnings.ts';
import type { Changes, Pair } from '../shapes.ts';
import { type Body, type Opened, readable } from '../texts/opened.ts';
import { PLACES, textFrom } from '../texts/text.ts';
import { answerTextOf } from './answer-text.ts';
import { fullPath, isOfAnswer, placeName, sidesOf } from './places.ts';
import { type Rest, restOf } from './rest.ts';
import { unwarnedPairs } from './unwarned.ts';

const NOTHING: Body = { text: '', json: {}, bytes: 0, hidden: 0 };

const NO_REST: Rest = { sent: [], kept: [], unsent: [] };

/** The model in an address such as `…/models/gemini-4-argon:streamGenerateContent`. */
const modelIn = (url: string): string | undefined => /\/models\/([^/:?]+)/.exec(url)?.[1];

/** A client may have made up the name of a model. */
const hidden = (name: string | undefined, { shown }: Opened): string | undefined =>
  name === undefined ? undefined : shown.text(name);

type IsChanged = (place: string) => boolean;

/** True for a place that one of the paths names, or leads into. */
const namedBy =
  (paths: readonly string[]): IsChanged =>
  (place) =>
    paths.some((path) => path === place || path.startsWith(`${place}.`));

/** A reason may name the model, which the client may have made up. */
function shownPair({ unwarned, ...pair }: Pair, { shown }: Opened): Pair {
  if (!unwarned) return pair;
  const { why } = unwarned;
  return { ...pair, unwarned: { ...unwarned, why: why === undefined ? undefined : shown.text(why) } };
}

const BETA = 'anthropic-beta: ';

/** The betas that the client names. None is sent; what most of them allow is seen in the body. */
const betasOf = ({ request: { headers }, shown }: Opened): string[] =>
  (headers.get('anthropic-beta') ?? '')
    .split(',')
    .map((beta) => beta.trim())
    .filter((beta) => beta !== '')
    .map((beta) => `${BETA}${shown.text(beta)}`);

const isRead = (beta: string): boolean => tellsIterations(beta.slice(BETA.length));

/** Changes without a warning are numbered after all that have one. */
const numbered = (pair: Pair, number: number): Pair =>
  pair.unwarned ? { ...pair, unwarned: { ...pair.unwarned, number } } : pair;

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
  const url = opened.request.exchanges.findLast((one) => one.attempt === attempt)?.url ?? '';
  const model = modelIn(url);
  const { replacement } = opened.request;
  const standsInFor = replacement?.to === model ? replacement?.from : undefined;
  const both = { came, sent, again, model: hidden(model, opened), standsInFor: hidden(standsInFor, opened) };
  const pairs = [...places.values()].flatMap((group): Pair[] => {
    const [first] = group;
    if (!first || came === NOTHING) return [];
    return [{ ...sidesOf(first, both), warnings: group.map(({ number }) => number) }];
  });
  const paths = told.map(({ path }) => path);
  const unwarned = hasBoth ? unwarnedPairs(both, namedBy(paths)) : [];
  const changed = unwarned.flatMap(({ fields }) => fields);
  const rest = hasBoth ? restOf(both, namedBy([...paths, ...changed])) : NO_REST;
  const betas = hasBoth ? betasOf(opened) : [];
  return {
    attempt,
    cameBytes: came.bytes,
    sentBytes: sent.bytes,
    pairs: [
      ...pairs,
      ...unwarned.map(({ pair }, index) => numbered(shownPair(pair, opened), warnings.length + index + 1)),
    ],
    unchanged: rest.sent,
    kept: [...rest.kept, ...betas.filter(isRead)],
    unsent: [...rest.unsent, ...betas.filter((beta) => !isRead(beta))],
    answer: told.filter(({ path }) => isOfAnswer(path)).map(({ number }) => number),
    text: answerTextOf(opened),
    came: textFrom(readable(came.json), PLACES.came('')),
    sent: textFrom(readable(sent.json), PLACES.sent(attempt)),
  };
}
