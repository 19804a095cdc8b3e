/**
 * Sums up a request's story in a few words, for people. The line in a terminal and the head of a page are made of these
 * words.
 */
import type { Oddness } from './odd.ts';
import type { FailedAttempt, Summary, Wait } from './summary.ts';

/** Milliseconds. A shorter wait is not mentioned. */
const TOLD_WAIT = 1_000;
const MINUTE = 60_000;

export function duration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  // A time of 59.95 s or more would be rounded to 60.0 s, so it is shown as a minute.
  if (ms < MINUTE - 50) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A number of tokens in words. */
export function count(number: number): string {
  if (number < 1_000) return String(number);
  return number < 999_950 ? `${(number / 1_000).toFixed(1)}k` : `${(number / 1_000_000).toFixed(1)}M`;
}

/** An amount in words: `$12.40`, `$0.018`, `$0.00021`. Small amounts have two digits that say something. */
export function dollarText(dollars: number): string {
  if (dollars === 0) return '$0';
  if (dollars >= 1) return `$${dollars.toFixed(2)}`;
  const decimals = Math.min(9, Math.max(2, 1 - Math.floor(Math.log10(dollars))));
  return `$${dollars.toFixed(decimals)}`;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

const total = (items: readonly { tookMs: number }[]) => items.reduce((sum, { tookMs }) => sum + tookMs, 0);

/** The words for a limit that a setting makes (`KEY_RPM 20`). Other limits are words already. */
export function limitText(limit: string): string {
  const [, setting, number] = /^(KEY_RPM|KEY_TPM) (\d+)$/.exec(limit) ?? [];
  if (setting === undefined) return `out of ${limit.replace(/^quota of/, 'the quota of')}`;
  const what = setting === 'KEY_RPM' ? 'requests' : 'tokens';
  return `${Number(number).toLocaleString('en')} ${what} a minute (${setting})`;
}

function keyWaitText(waits: readonly Wait[]): string {
  const keys = [...new Set(waits.map(({ key }) => key))];
  const limits = [...new Set(waits.flatMap(({ limit }) => (limit === undefined ? [] : [limitText(limit)])))];
  const [key] = keys;
  const whom = keys.length === 1 && key !== undefined ? `key #${key}` : 'a key';
  return `waited ${duration(total(waits))} for ${whom}${limits.length > 0 ? `: ${limits.join(', ')}` : ''}`;
}

function waitTexts({ waits, model }: Summary): string[] {
  const of = (what: Wait['for']) => waits.filter((wait) => wait.for === what);
  const told: [readonly Wait[], (waits: readonly Wait[]) => string][] = [
    [of('key'), keyWaitText],
    [
      of('breaker'),
      (all) => `waited ${duration(total(all))} for ${model ?? 'the model'}, which keeps failing`,
    ],
    [of('upload'), (all) => `waited ${duration(total(all))} until large media were uploaded`],
    [of('backoff'), (all) => `waited ${duration(total(all))} between attempts`],
  ];
  return told.filter(([all]) => total(all) >= TOLD_WAIT).map(([all, text]) => text(all));
}

/** The words for the class of a failure; undefined where the class itself is shown. */
export type FailureWords = (of: string) => string | undefined;

/** The log has the codes alone: people search it for them. */
const CODES_ALONE: FailureWords = () => undefined;

const failureText = ({ failure }: FailedAttempt, wordsFor: FailureWords) => {
  const code = [failure.status, failure.class].filter(Boolean).join(' ');
  const words = wordsFor(failure.class);
  return words === undefined ? code : `${words} (${code})`;
};

/** The words for failed attempts. Equal failures that follow each other are mentioned once. */
function failureTexts(failed: readonly FailedAttempt[], wordsFor: FailureWords): string {
  const runs: { text: string; times: number }[] = [];
  for (const text of failed.map((one) => failureText(one, wordsFor))) {
    const last = runs.at(-1);
    if (last?.text === text) last.times++;
    else runs.push({ text, times: 1 });
  }
  const isCode = wordsFor === CODES_ALONE;
  return runs
    .map(({ text, times }) => {
      if (times === 1) return text;
      return isCode ? `${times} × ${text}` : `${text}, ${times} times`;
    })
    .join(', ');
}

function failedText({ failed }: Summary, wordsFor: FailureWords): string[] {
  if (failed.length === 0) return [];
  const what = failed.length === 1 ? 'one attempt' : `${failed.length} attempts`;
  return [`${what} failed after ${duration(total(failed))}: ${failureTexts(failed, wordsFor)}`];
}

/** What was paid for attempts of which nothing was used. Most failures cost nothing, and then there is nothing to say. */
function lostTexts({ lost, spent }: Summary): string[] {
  if (!lost) return [];
  const what = lost.requests === 1 ? 'an attempt that failed' : `${lost.requests} attempts that failed`;
  if (lost.dollars === undefined || spent?.dollars === undefined)
    return [`${count(lost.in + lost.cached)} tokens in and ${count(lost.out)} out are paid for ${what}`];
  const of = lost.requests === spent.requests ? '' : ` of ${dollarText(spent.dollars)}`;
  return [`${dollarText(lost.dollars)}${of} was for ${what}`];
}

/** The milliseconds of all silences together. */
export const silentMs = ({ silences }: Pick<Summary, 'silences'>): number =>
  silences.reduce((sum, { forMs }) => sum + forMs, 0);

const SILENT_WHEN = [
  ['anything', ': it had not begun to answer'],
  ['more', ', in the middle of its answer'],
] as const;

function silenceTexts({ silences, model = 'the model' }: Summary): string[] {
  return SILENT_WHEN.flatMap(([before, when]) => {
    const ms = silentMs({ silences: silences.filter((one) => one.before === before) });
    return ms === 0 ? [] : [`nothing came from ${model} for ${duration(ms)}${when}`];
  });
}

function replacedText({ replaced, model, error }: Summary): string[] {
  if (!replaced || model === undefined || model === replaced.model) return [];
  const why = replaced.because === undefined ? '' : ` (${replaced.because})`;
  return [`in place of ${replaced.model}${why} ${model} ${error ? 'was asked' : 'answered'}`];
}

const hereText = ({ answeredHere }: Summary): string[] =>
  answeredHere === undefined ? [] : [`answered here (${answeredHere}), without asking a model`];

const continuedText = ({ continued }: Summary): string[] =>
  continued === 0 ? [] : [`too long for one request, so it came in ${continued + 1}`];

function lateText({ model, modelTookMs }: Summary, { usualFirstMs, cache }: Oddness): string[] {
  return [
    ...(usualFirstMs === undefined || modelTookMs === undefined
      ? []
      : [`it took ${model} ${duration(modelTookMs)} to begin, ordinarily ${duration(usualFirstMs)}`]),
    ...(cache
      ? [`${percent(cache.now)} of the prompt came from the cache, ${percent(cache.before)} the time before`]
      : []),
  ];
}

/** A few words for each thing that was unusual. Empty where nothing was. */
function oddTexts(summary: Summary, oddness: Oddness, wordsFor: FailureWords): string[] {
  const { mended } = summary;
  return [
    ...waitTexts(summary),
    ...silenceTexts(summary),
    ...failedText(summary, wordsFor),
    ...lostTexts(summary),
    ...replacedText(summary),
    ...continuedText(summary),
    ...hereText(summary),
    ...(mended.length > 0 ? [`refused, changed (${mended.join(', ')}) and asked again`] : []),
    ...lateText(summary, oddness),
  ];
}

/** The same words, each thing by itself: `Waited 12.6 s for key #a41c: 20 requests a minute (KEY_RPM)`. */
export const oddWords = (
  summary: Summary,
  oddness: Oddness,
  wordsFor: FailureWords = CODES_ALONE,
): string[] =>
  oddTexts(summary, oddness, wordsFor).map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`);

/**
 * The whole text: `Answered after 31.9 s. Waited 12.6 s for key #a41c: 20 requests a minute (KEY_RPM); one attempt
 * failed after 300 ms: 503 overloaded.`
 */
export function headline(summary: Summary, oddness: Oddness, wordsFor: FailureWords = CODES_ALONE): string {
  const { end, error } = summary;
  const how = end?.clientLeft ? 'The client left' : error ? 'Failed' : 'Answered';
  const opening = end ? `${how} after ${duration(end.ms)}.` : 'Under way.';
  const odd = oddTexts(summary, oddness, wordsFor).join('; ');
  return odd === '' ? opening : `${opening} ${odd.charAt(0).toUpperCase()}${odd.slice(1)}.`;
}
