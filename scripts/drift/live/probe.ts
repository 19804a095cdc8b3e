/** A question to Google and to our simulator, whose two answers are compared. */
import { type Frame, framesIn } from '../../../src/gemini/frames.ts';
import type { GoogleError, UsageMetadata } from '../../../src/gemini/wire.ts';
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import { googleError } from '../../../src/upstream/status-error.ts';
import { unknownIn } from '../ours.ts';
import { type Sightings, sight } from '../sightings.ts';
import type { Asked, Reply } from './google.ts';
import { asksForAnswer } from './requests.ts';

export type Probe = {
  /** Says what is asked, behind "refuses" or "takes". */
  name: string;
  model: string;
  asked: Asked;
};

/** `status` is that of HTTP. */
type Verdict = { status: number; error: GoogleError | undefined };

const verdictOf = ({ status, text }: Reply): Verdict => ({
  status,
  error: status === 200 ? undefined : (googleError(text) ?? {}),
});

const shown = ({ status, error = {} }: Verdict): string => `${status} ${error.status ?? '(no status)'}`;
const saying = ({ error = {} }: Verdict): string => JSON.stringify(error.message ?? '');

const detailsOf = ({ error = {} }: Verdict): string =>
  (error.details ?? [])
    .map((detail) => String(isObject(detail) ? detail['@type'] : detail).replace(/^.*\//, ''))
    .sort()
    .join(', ');

/** What Google says to `probe` otherwise than our simulator. At most one difference of the verdict is told. */
export function compareReplies({ name, model, asked }: Probe, google: Reply, ours: Reply): string[] {
  const [theirs, own] = [verdictOf(google), verdictOf(ours)];
  const answers = `${model} answers ${name}`;
  if (theirs.error && !own.error)
    return [`${model} refuses ${name}, which we take: ${shown(theirs)} ${saying(theirs)}`];
  if (!theirs.error && own.error)
    return [
      `${model} takes ${name}, which we refuse: ${saying(own)}`,
      ...answerDifferences(answers, asked, google),
    ];
  if (!theirs.error)
    return [...kindDifference(answers, google, ours), ...answerDifferences(answers, asked, google)];
  return [...refusalDifferences(`${model} refuses ${name}`, theirs, own), ...unknownInError(google)];
}

function refusalDifferences(what: string, theirs: Verdict, own: Verdict): string[] {
  if (shown(theirs) !== shown(own) || theirs.error?.code !== own.error?.code)
    return [`${what} with ${shown(theirs)}, not with ${shown(own)}`];
  if (withoutCounts(theirs) !== withoutCounts(own))
    return [`${what} in other words: ${saying(theirs)}; ours: ${saying(own)}`];
  if (detailsOf(theirs) !== detailsOf(own))
    return [`${what} with other details: ${detailsOf(theirs) || 'none'}; ours: ${detailsOf(own) || 'none'}`];
  return [];
}

/** Each side counts tokens in its own way. */
const withoutCounts = ({ error = {} }: Verdict): string | undefined =>
  error.message?.replace(/(?<=total_token_count=)\d+/, 'N');

const kindOf = ({ type }: Reply): string => type.split(';')[0] ?? '';

const kindDifference = (what: string, google: Reply, ours: Reply): string[] =>
  kindOf(google) === kindOf(ours) ? [] : [`${what} with ${kindOf(google) || 'no type'}, not ${kindOf(ours)}`];

const framesOfReply = ({ text }: Reply): Frame[] => framesIn([new TextEncoder().encode(text)]);

/** What is wrong with an answer, and the members and values in it that nothing of ours reads. */
function answerDifferences(what: string, asked: Asked, reply: Reply): string[] {
  if (!asksForAnswer(asked)) return countDifferences(asked, reply);
  const frames = framesOfReply(reply);
  const seen: Sightings = new Map();
  for (const frame of frames) if ('chunk' in frame) sight(frame.chunk, '', seen);
  const failed = frames.find((frame) => frame.kind === 'error');
  return [
    ...(failed ? [`${what} with an error in the stream: ${JSON.stringify(failed.error.message ?? '')}`] : []),
    ...(seen.size === 0 && !failed ? [`${what} with nothing that can be read`] : []),
    ...unknownIn(seen),
  ];
}

const COUNT_MEMBERS = ['totalTokens', 'promptTokensDetails', 'cachedContentTokenCount', 'cacheTokensDetails'];

/** The members of a count that nothing of ours knows. */
export function countDifferences({ path }: Pick<Asked, 'path'>, { text }: Pick<Reply, 'text'>): string[] {
  const told = path.endsWith(':countTokens') ? tryParseJson(text) : undefined;
  return Object.keys(isObject(told) ? told : {})
    .filter((name) => !COUNT_MEMBERS.includes(name))
    .map((name) => `unread CountTokensResponse.${name}`);
}

const ERROR_MEMBERS = ['code', 'message', 'status', 'details'];

function unknownInError({ text }: Reply): string[] {
  const body = tryParseJson(text);
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {};
  return Object.keys(error)
    .filter((name) => !ERROR_MEMBERS.includes(name))
    .map((name) => `unread Status.${name}`);
}

/** Lines of Google's parser that our parser does not write, about names and values of our own tables. */
export function compareParsers(google: Reply, ours: Reply): string[] {
  const lines = (reply: Reply) => (verdictOf(reply).error?.message ?? '').split('\n');
  const known = new Set(lines(ours));
  const theirs = lines(google);
  if (google.status === 200) return ["Google's parser takes a name that it cannot know: drift_made_this_up"];
  const fresh = theirs.filter((line) => line !== '' && !known.has(line));
  return fresh.map((line) => `Google's parser refuses what our tables have: ${line}`);
}

/** The last counts of tokens in an answer. */
export const usageIn = (asked: Asked, reply: Reply): UsageMetadata | undefined =>
  asksForAnswer(asked)
    ? framesOfReply(reply)
        .flatMap((frame) => ('chunk' in frame ? (frame.chunk.usageMetadata ?? []) : []))
        .at(-1)
    : undefined;
