/**
 * What must hold for the day as a whole: how Google was treated, what the log says, what is left at the end. One line
 * for each violation.
 */
import type { Day, LogLine } from './day.ts';
import type { Outcome, Send } from './google.ts';
import type { Judgement } from './judge.ts';
import { BIG, KEYS, MIDNIGHT, SMALL } from './script.ts';

const HOUR_MS = 3_600_000;

const times = (sends: readonly Send[]) => sends.map(({ at }) => new Date(at).toISOString()).join(', ');

/**
 * Upstream requests that were refused for a known reason: they began after the head of an earlier such refusal had
 * come, and before that reason ended. `lasts` tells how long a refusal holds.
 */
function askedInVain(
  sends: readonly Send[],
  outcome: Outcome,
  lasts: (refused: Send) => number,
): readonly Send[] {
  const refused = sends.filter((send) => send.outcome === outcome);
  return refused.filter((send) =>
    refused.some(
      (earlier) =>
        earlier.key === send.key &&
        (earlier.model === send.model || outcome === 'key refused') &&
        earlier.headAt !== undefined &&
        send.at > earlier.headAt &&
        send.at < lasts(earlier),
    ),
  );
}

/** A key that Google has just refused is not asked again. */
export function askedAgain({ sends }: Pick<Day, 'sends'>): string[] {
  const lasting: readonly (readonly [Outcome, (refused: Send) => number])[] = [
    // A refused key is tested now and then, because nobody tells when it is mended.
    ['key refused', ({ at }) => at + HOUR_MS],
    ['day quota', () => MIDNIGHT],
    ['minute quota', ({ freeAt }) => freeAt ?? 0],
    ['no access', ({ at }) => at + HOUR_MS],
  ];
  return lasting.flatMap(([outcome, lasts]) => {
    const again = askedInVain(sends, outcome, lasts);
    return again.length > 0 ? [`asked again in spite of ${outcome}: ${times(again)}`] : [];
  });
}

/** A signature goes to the key and family that made it. A client that names a Gemini model gets that model. */
export function misdirected(verdicts: readonly Judgement[]): string[] {
  return verdicts.flatMap(({ asked, sends }) =>
    sends.flatMap((send) => {
      if (send.outcome === 'foreign signature') return [`${asked.wish.nonce}: a foreign signature`];
      const named = asked.model.startsWith('gemini-');
      return named && send.model !== asked.model
        ? [`${asked.wish.nonce}: ${send.model} for ${asked.model}`]
        : [];
    }),
  );
}

/** While nothing is wrong a session has one key for a model. */
export function unsettled(verdicts: readonly Judgement[], phases: readonly string[]): string[] {
  const sends = verdicts
    .filter(({ asked }) => phases.includes(asked.phase))
    .flatMap(({ asked, sends }) => sends.map((send) => ({ ...send, session: asked.session })))
    .filter(({ outcome }) => outcome === 'answered');
  const bySession = Map.groupBy(sends, ({ session, model }) => `${session} ${model}`);
  return [...bySession].flatMap(([session, own]) => {
    const keys = new Set(own.map(({ key }) => key));
    return keys.size > 1 ? [`${session}: ${[...keys].join(', ')}`] : [];
  });
}

/** How often each key was asked for `model` in a phase. */
export function shareOfKeys(verdicts: readonly Judgement[], phase: string, model: string): number[] {
  const sends = verdicts
    .filter(({ asked }) => asked.phase === phase)
    .flatMap((verdict) => verdict.sends)
    .filter((send) => send.model === model);
  return Object.keys(KEYS).map((name) => sends.filter(({ key }) => key === name).length);
}

const isRequest = (line: LogLine) => line['path'] === '/v1/messages';

const FOUND_GONE: ReadonlySet<unknown> = new Set(['model-missing', 'quota-day']);

/** The log has one line for each request, which counts every upstream request. */
export function untold(
  { lines, asked }: Pick<Day, 'lines' | 'asked'>,
  verdicts: readonly Judgement[],
): string[] {
  const requests = lines.filter(isRequest);
  const byId = new Map(requests.map((line) => [line['request_id'], line]));
  const found: string[] = [];
  if (requests.length !== asked.length || byId.size !== asked.length)
    found.push(`${requests.length} lines of ${byId.size} requests for ${asked.length}`);
  for (const { asked: one, sends, ending } of verdicts) {
    const line = byId.get(one.headers?.get('request-id') ?? '');
    if (!line) {
      if (ending !== 'left') found.push(`${one.wish.nonce}: no line`);
      continue;
    }
    // The last attempt may never have been sent, because there was nobody to ask.
    const first = sends.length - Number(line['retries'] ?? 0) - Number(line['failovers'] ?? 0);
    // An attempt that found out that the model does not exist is no retry, if Google said so and not the pool.
    const foundGone = first === 2 && FOUND_GONE.has(line['because']);
    if (first !== 1 && !foundGone && (first !== 0 || ending === 'complete'))
      found.push(`${one.wish.nonce}: ${sends.length} sends, and ${JSON.stringify(line)}`);
    if (ending === 'error' && line['error'] === undefined)
      found.push(`${one.wish.nonce}: no error in its line`);
  }
  return found;
}

/** What a reader of the log must find. */
const STORY: readonly (readonly [what: string, line: RegExp])[] = [
  ['a key is left out', /"msg":"key #\S+: refused by Google; left out/],
  [
    'a key is parked',
    new RegExp(`"msg":"key #\\S+: the day's quota for ${BIG} is used up; not used for it until midnight`),
  ],
  ['a key has no access', new RegExp(`"msg":"key #\\S+: has no access to ${SMALL}"`)],
  ['a breaker opens', new RegExp(`"msg":"key #\\S+: ${BIG} keeps failing; not asked until \\S+ \\(\\w+\\)"`)],
  ['a breaker probes', new RegExp(`"msg":"key #\\S+: ${BIG} is tried with one request`)],
  ['a breaker closes', new RegExp(`"msg":"key #\\S+: ${BIG} works again`)],
  [
    'a model is replaced',
    new RegExp(`"from":"${BIG}","to":"${SMALL}","class":"\\w+","msg":"model replaced"`),
  ],
];

export const missingInStory = ({ log }: Pick<Day, 'log'>): string[] =>
  STORY.filter(([, pattern]) => !log.some((line) => pattern.test(line))).map(([what]) => what);

export const secretsTold = ({ log }: Pick<Day, 'log'>): string[] =>
  log.filter((line) => Object.values(KEYS).some((key) => line.includes(key)));

/** Bugs of the proxy's own. */
export const unexpected = ({ bugs }: Pick<Day, 'bugs'>): string[] => bugs.map(String);
