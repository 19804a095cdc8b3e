/** Fits the rates of what stands around the texts of a request, to the recorded prompts that Google has counted. */
import { PIECES, type Piece } from '../../src/gemini/estimate/pieces.ts';
import { contentPieces, headPieces, lastSpoken } from '../../src/gemini/estimate/request-pieces.ts';
import { COUNTING_OF, type Counting, type Rates } from '../../src/gemini/estimate/request-rates.ts';
import type { RecordedPrompt } from '../../tests/support/corpus/recorded-prompts.ts';
import { crossValidated, fitRates, relativeError, type Sample, tokensOf } from './least-squares.ts';
import { ERROR_HEAD, errorLine } from './report.ts';

/** How much the expected rates weigh against the recordings: for most pieces there are few. */
const TRUST = 1e-2;
const ROUNDS = 2_000;

/** The rates from which the fit starts, and those that it keeps: of texts, and of media, of which there are too few recordings. */
const EXPECTED: Rates = {
  text: 1,
  content: 1,
  declaration: 18,
  description: 1,
  parameters: 1,
  property: 8,
  note: 1,
  object: 40,
  array: 4,
  variant: 4,
  value: 2,
  required: 0.5,
  call: 6,
  result: 6,
  member: 3,
  string: 1,
  signature: 0.135,
  'past signature': 0.01,
  picture: 258,
  page: 258,
  'second of sound': 32,
  'second of film': 295,
};
/** Where Google counts little more than the texts. */
const BARE: Partial<Rates> = {
  content: 0.4,
  declaration: 1,
  property: 0.5,
  object: 5,
  call: 1,
  result: 1,
  member: 1,
};

const STARTS: Readonly<Record<Counting, Rates>> = {
  'gemini-2.0': { ...EXPECTED, ...BARE, 'second of sound': 25 },
  'gemini-2.5': EXPECTED,
  'gemini-3': {
    ...EXPECTED,
    declaration: 9,
    description: 5,
    parameters: 5,
    note: 5,
    required: 1.5,
    object: 8,
    call: 9,
    result: 9,
    'past signature': 0.1,
    picture: 1_081,
    page: 520,
    'second of sound': 25,
  },
  vertex: { ...EXPECTED, ...BARE, content: 0.1, signature: 0.115, page: 1_290 },
};
const KEPT: ReadonlySet<Piece> = new Set(['text', 'picture', 'page', 'second of sound', 'second of film']);
/** Of the signatures that Vertex was sent, it could read some only. */
const KEPT_BY_VERTEX: ReadonlySet<Piece> = new Set([...KEPT, 'signature']);

const indexesOf = (pieces: ReadonlySet<Piece>): ReadonlySet<number> =>
  new Set(PIECES.flatMap((piece, index) => (pieces.has(piece) ? [index] : [])));

const PLACE = new Map(PIECES.map((piece, index) => [piece, index]));

function sampleOf({ request, tokens }: RecordedPrompt): Sample {
  const features = new Map<number, number>();
  const take = (piece: Piece, times: number) => {
    const at = PLACE.get(piece) ?? 0;
    features.set(at, (features.get(at) ?? 0) + times);
  };
  headPieces(request, take);
  const spoken = lastSpoken(request.contents);
  request.contents.forEach((content, index) => {
    contentPieces(content, index < spoken, take);
  });
  return { features, tokens };
}

const countingOf = ({ host, model }: RecordedPrompt): Counting =>
  host === 'vertex' ? 'vertex' : COUNTING_OF[model.family];

type Judged = { prompt: RecordedPrompt; counting: Counting; fitted: number; unseen: number };

function fitCounting(
  counting: Counting,
  prompts: readonly RecordedPrompt[],
): { rates: Rates; judged: Judged[] } {
  const samples = prompts.map(sampleOf);
  const start = PIECES.map((piece) => STARTS[counting][piece]);
  const fixed = indexesOf(counting === 'vertex' ? KEPT_BY_VERTEX : KEPT);
  const fit = (some: readonly Sample[]) => fitRates(some, start, { trust: TRUST, rounds: ROUNDS, fixed });
  const found = fit(samples);
  const unseen = crossValidated(
    samples,
    prompts.map(({ source }) => source),
    fit,
  );
  const judged = prompts.map((prompt, index) => {
    const sample = samples[index] ?? sampleOf(prompt);
    const fitted = relativeError(tokensOf(sample.features, found), sample.tokens);
    return { prompt, counting, fitted, unseen: unseen[index] ?? fitted };
  });
  const rates = PIECES.map((piece, index) => [piece, Number((found[index] ?? 0).toPrecision(3))]);
  return { rates: Object.fromEntries(rates) as Rates, judged };
}

const percent = (error: number): string => `${(100 * error).toFixed(1)} %`.padStart(9);

/** The goals are set for prompts of at least this many tokens: in a shorter one a single token is much. */
const LONG = 200;

function report(judged: readonly Judged[]): void {
  console.log(`\nerror    unseen    tokens  recording`);
  for (const { prompt, fitted, unseen } of judged)
    console.log(`${percent(fitted)} ${percent(unseen)} ${String(prompt.tokens).padStart(7)}  ${prompt.id}`);
  console.log(`\n${ERROR_HEAD}`);
  for (const [name, some] of [...Map.groupBy(judged, ({ counting }) => counting), ['all', judged] as const]) {
    const long = some.filter(({ prompt }) => prompt.tokens >= LONG);
    const lines: [string, number[]][] = [
      [`${name}, in the fit`, some.map(({ fitted }) => fitted)],
      [`${name}, unseen`, some.map(({ unseen }) => unseen)],
      [`${name} from ${LONG}, in the fit`, long.map(({ fitted }) => fitted)],
      [`${name} from ${LONG}, unseen`, long.map(({ unseen }) => unseen)],
    ];
    for (const [title, errors] of lines) console.log(errorLine(title, errors));
  }
}

/** Fits the rates, prints the error on each recording, and returns the rates. */
export function fitRequests(prompts: readonly RecordedPrompt[]): Partial<Record<Counting, Rates>> {
  for (const [unknown, some] of Map.groupBy(prompts, (prompt) => prompt.unknown))
    if (unknown !== undefined) console.log(`left out, ${unknown}: ${some.map(({ id }) => id).join(', ')}`);
  const known = prompts.filter(({ unknown }) => unknown === undefined);
  const fits = [...Map.groupBy(known, countingOf)].map(([counting, some]) => ({
    counting,
    ...fitCounting(counting, some),
  }));
  report(fits.flatMap(({ judged }) => judged));
  return Object.fromEntries(fits.map(({ counting, rates }) => [counting, rates]));
}
