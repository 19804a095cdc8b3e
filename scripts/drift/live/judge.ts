/** Judges the recorded conversations, and finds in them what is to be asked further. */
import { estimateTokens } from '../../../src/gemini/estimate/request-size.ts';
import type { GeminiModel } from '../../../src/gemini/models.ts';
import { tokenCount } from '../../../src/gemini/token-counts.ts';
import type { GenerateContentRequest, UsageMetadata } from '../../../src/gemini/wire.ts';
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import type { UpstreamExchange } from '../../../src/sim/cassette/types.ts';
import { unknownIn } from '../ours.ts';
import { sightBody } from '../recordings.ts';
import { type Answer, answerOf, brokenRules } from './answers.ts';
import type { Played, Step } from './conversation.ts';
import { described } from './google.ts';
import { countDifferences, type Probe } from './probe.ts';
import { generatePath, post } from './requests.ts';

export type Judged = {
  differences: string[];
  unread: string[];
  usage: { model: string; usage: UsageMetadata | undefined }[];
};

const textOf = ({ reads }: UpstreamExchange): string =>
  new TextDecoder().decode(Buffer.concat(reads.map(({ bytes }) => bytes)));

/** The statuses that say something about a request, and not only that there was no time for it. */
const isVerdict = (status: number): boolean =>
  status >= 400 && status < 500 && status !== 408 && status !== 429;

export function judgeConversations(played: readonly Played[]): Judged {
  const judged: Judged = { differences: [], unread: [], usage: [] };
  for (const one of played) judgeOne(one, judged);
  return judged;
}

function judgeOne({ step, model, recorded }: Played, judged: Judged): void {
  const exchange = recorded.upstream.at(-1);
  const where = `the ${step} of ${model.id}`;
  if (!exchange?.head) {
    judged.unread.push(`${where}: ${exchange?.error?.message ?? recorded.answer.status}`);
    return;
  }
  const { status, headers } = exchange.head;
  const reply = { status, type: headers['content-type'] ?? '', text: textOf(exchange) };
  // The same question is asked among those to which our simulator knows the answer.
  if (step === 'unknown model') return;
  if (status !== 200) {
    const list = isVerdict(status) ? judged.differences : judged.unread;
    list.push(`${where}: ${described(reply)}`);
    return;
  }
  const broken = whyBroken(exchange);
  if (broken !== undefined) judged.unread.push(`${where}: ${broken}`);
  else if (step === 'count') judged.differences.push(...estimateDifferences(model, exchange, reply.text));
  else judgeAnswer(step, model, exchange, judged);
}

/** Why only a part of the answer came; undefined for a whole answer. A part says too little to judge Google by. */
function whyBroken(exchange: UpstreamExchange): string | undefined {
  if (exchange.truncatedRecording) return 'the answer is too large';
  const { kind, side } = exchange.end;
  const hasEnded = answerOf(exchange).chunks.some(({ candidates }) =>
    candidates?.some((one) => one.finishReason),
  );
  return kind === 'eof' || hasEnded ? undefined : `the answer did not end (${kind}, ${side})`;
}

function judgeAnswer(
  step: Exclude<Step, 'count' | 'unknown model'>,
  model: GeminiModel,
  exchange: UpstreamExchange,
  judged: Judged,
): void {
  const answer = answerOf(exchange);
  if (answer.chunks.length === 0) {
    judged.differences.push(`${model.id}: the answer of the ${step} has no event that can be read`);
    return;
  }
  const seen = new Map<string, string>();
  sightBody(
    exchange.reads.map(({ bytes }) => bytes),
    '',
    seen,
  );
  judged.usage.push({ model: model.id, usage: answer.chunks.at(-1)?.usageMetadata });
  const repairs = exchange.anomalies.map((anomaly) => `${model.id}: a stream is odd: ${anomaly}`);
  judged.differences.push(...brokenRules(step, answer, model), ...repairs, ...unknownIn(seen));
  if (step === 'calls' && answer.calls.length < 2)
    judged.unread.push(
      `parallel calls of ${model.id}: ${answer.calls.length} calls came, where two were asked for`,
    );
}

// ── counts ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The estimate of a text is met within this share, and this many tokens (`tests/corpus/token-estimate.test.ts`). */
const NEAR = 0.1;
const NEAR_TOKENS = 4;

/** What a count has told; undefined where it has no number. */
function totalIn(text: string): number | undefined {
  const told = tryParseJson(text);
  return isObject(told) ? tokenCount(told['totalTokens']) : undefined;
}

function estimateDifferences(model: GeminiModel, { request }: UpstreamExchange, text: string): string[] {
  const total = totalIn(text);
  if (total === undefined) return [`${model.id}: a count of tokens has no totalTokens`];
  const estimate = estimateTokens(countedRequest(request.body), model);
  const isNear = Math.abs(estimate - total) <= NEAR * total + NEAR_TOKENS;
  return [
    ...countDifferences(request, { text }),
    ...(isNear ? [] : [`${model.id} counts ${total} tokens where we estimate ${estimate}`]),
  ];
}

function countedRequest(body: string): GenerateContentRequest {
  const parsed = tryParseJson(body);
  const whole = isObject(parsed) ? (parsed['generateContentRequest'] ?? parsed) : {};
  return { contents: [], ...(isObject(whole) ? whole : {}) };
}

// ── what follows from a conversation ──────────────────────────────────────────────────────────────────────────

const lastOf = (played: readonly Played[], step: Step, id: string): UpstreamExchange | undefined =>
  played.findLast((one) => one.step === step && one.model.id === id)?.recorded.upstream.at(-1);

/** The request of the results with one letter of its signature changed; undefined where it has none. */
export function changedSignature(played: readonly Played[], { id }: GeminiModel): Probe | undefined {
  const exchange = lastOf(played, 'results', id);
  const [signature] = exchange ? signaturesOf(answerWithCalls(played, id)) : [];
  if (!exchange || signature === undefined || !exchange.request.body.includes(signature)) return undefined;
  const body = exchange.request.body.replaceAll(signature, changed(signature));
  return {
    name: 'a signature with a changed letter',
    model: id,
    asked: { method: 'POST', path: generatePath(id), body },
  };
}

/** The first letter stays: it says what kind of signature it is. */
function changed(signature: string): string {
  const middle = Math.floor(signature.length / 2);
  const letter = signature[middle] === 'A' ? 'B' : 'A';
  return `${signature.slice(0, middle)}${letter}${signature.slice(middle + 1)}`;
}

function answerWithCalls(played: readonly Played[], id: string): Answer | undefined {
  const exchange = lastOf(played, 'calls', id);
  return exchange && answerOf(exchange);
}

const signaturesOf = (answer: Answer | undefined): string[] =>
  (answer?.calls ?? []).flatMap(({ thoughtSignature }) => thoughtSignature ?? []);

/** Signatures of the calls that the next request did not hold. The proxy has lost these, not Google. */
export function lostSignatures(played: readonly Played[], { id }: GeminiModel): string[] {
  const exchange = lastOf(played, 'results', id);
  const lost = signaturesOf(answerWithCalls(played, id)).filter(
    (one) => !exchange?.request.body.includes(one),
  );
  return exchange && lost.length > 0 ? [`${id}: ${lost.length} signatures of calls were not sent back`] : [];
}

/** A count of the request for calls, which should be what that request was billed for. */
export function countOfCalls(
  played: readonly Played[],
  { id }: GeminiModel,
): { probe: Probe; billed: number } | undefined {
  const exchange = lastOf(played, 'calls', id);
  const usage = answerWithCalls(played, id)?.chunks.at(-1)?.usageMetadata;
  const request = exchange && tryParseJson(exchange.request.body);
  const billed = tokenCount(usage?.promptTokenCount);
  if (!isObject(request) || billed === undefined) return undefined;
  const body = { generateContentRequest: { model: `models/${id}`, ...request } };
  return {
    probe: {
      name: 'a count of a request with tools',
      model: id,
      asked: post(`models/${id}:countTokens`, body),
    },
    billed,
  };
}

/** Counts and bills may differ by this share: what is billed may have some tokens of Google's own. */
const SAME = 0.05;

export function billedDifferences({ id }: GeminiModel, text: string, billed: number): string[] {
  const total = totalIn(text);
  if (total === undefined) return [`${id}: a request that was answered cannot be counted: ${text.trim()}`];
  const isSame = Math.abs(total - billed) <= SAME * billed;
  return isSame ? [] : [`${id} counts ${total} tokens of a request with tools, and bills ${billed}`];
}
