/**
 * Finds verdicts on the calls of an answer. One request after the other is sent, so that a recording of them has one
 * order, and so that no call can speak for another. Whatever goes wrong, the outcome is that there is no verdict.
 */
import type { MessagesRequest } from '../../anthropic/request.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import { failureClass } from '../../gemini/failure.ts';
import type { UsageMetadata } from '../../gemini/wire.ts';
import { tryParseJson } from '../../lib/json.ts';
import type { TraceEvent } from '../../trace/events.ts';
import { Trace } from '../../trace/trace.ts';
import { mapModel } from '../../translate/model-map.ts';
import { toUsage } from '../../translate/response/usage.ts';
import { quotedCall } from '../../translate/safeguards/history.ts';
import { type Call, type Questions, readVerdict } from '../../translate/safeguards/questions.ts';
import type { CallVerdict } from '../../translate/safeguards/verdicts.ts';
import type { Job } from '../job.ts';
import type { MessageAnswer } from '../message-answer.ts';
import type { AnswerPorts } from '../ports.ts';
import { isNormal, readText } from '../read-text.ts';
import { quotesAnswer } from '../story.ts';

/** Milliseconds for all verdicts of an answer. The client waits meanwhile, and is sent pings. */
export const MOST_MS = 20_000;

/** Opens the answer to a question. `since`: when the time for all questions began. */
export type AskOwn = (question: MessagesRequest, since: number) => Promise<MessageAnswer>;

type Ports = Pick<AnswerPorts, 'verdicts' | 'settings' | 'clock'>;
type Problem = { class: string; message: string | undefined };

/**
 * The job of a question. It ends with the client's, but its attempts are not told among those of the client's answer:
 * the story tells what they have cost, and the outcome as one event.
 */
export function aside(job: Job, { clock }: Pick<Ports, 'clock'>): Job {
  const { id, headers, startedAt, signal, client } = job;
  const passesOn = () => (event: TraceEvent) => {
    if (event.type === 'spent') job.trace.tell(event);
  };
  const trace = new Trace({ id, startedAt, clock, subscribers: [passesOn], onFailure() {} });
  return { id, headers, startedAt, signal, client, trace, warn() {}, letBodyGo() {} };
}

const reasonOf = (error: unknown): 'timeout' | 'error' =>
  error instanceof UpstreamError && error.kind === 'timeout' ? 'timeout' : 'error';

function problemOf(error: unknown): Problem {
  if (!(error instanceof UpstreamError)) {
    return { class: 'internal', message: error instanceof Error ? error.message : String(error) };
  }
  return { class: failureClass(error), message: quotesAnswer(error) ? undefined : error.message };
}

export class Judge {
  readonly #questions: Questions;
  readonly #ask: AskOwn;
  readonly #job: Job;
  readonly #ports: Ports;
  #asking: MessageAnswer | undefined;
  #hasLeft = false;
  #problem: Problem | undefined;
  /** The model that was asked last, or would have been asked. */
  #model: string;
  readonly #spent = { requests: 0, in: 0, cached: 0, out: 0 };

  constructor({ questions, ask }: { questions: Questions; ask: AskOwn }, job: Job, ports: Ports) {
    this.#questions = questions;
    this.#model = questions.model;
    this.#ask = ask;
    this.#job = job;
    this.#ports = ports;
  }

  /** Resolves with a verdict for each call. Rejects only where the client has left. */
  async judge(calls: readonly Call[]): Promise<CallVerdict[]> {
    const since = this.#ports.clock.monotonic();
    const verdicts: CallVerdict[] = [];
    for (const [index, call] of calls.entries()) {
      const before = calls.slice(0, index).map(({ name, args }) => quotedCall(name, args));
      verdicts.push(await this.#verdictOn(call, before, since));
    }
    this.#tell(verdicts);
    return verdicts;
  }

  /** To be called when the reader of the answer leaves. May be called repeatedly. */
  leave(): void {
    this.#hasLeft = true;
    this.#asking?.leave();
  }

  async #verdictOn(call: Call, before: ReturnType<typeof quotedCall>[], since: number): Promise<CallVerdict> {
    const question = this.#questions.about(call, before);
    if (question.kind === 'known') return question.verdict;
    try {
      const { verdicts, settings } = this.#ports;
      const { id } = mapModel(question.request.model, settings.modelMap, settings.models);
      this.#model = id;
      const key = verdicts.keyOf(id, question.request);
      const remembered = verdicts.get(key);
      if (remembered) return remembered;
      // A classifier that has just failed would fail again, and the client waits.
      if (this.#problem) return { kind: 'unavailable', reason: 'error' };
      const verdict = readVerdict(await this.#answerTo(question.request, since), call);
      // Another model may have taken the place of the one that is usually asked.
      if (this.#model === id) verdicts.keep(key, verdict);
      return verdict;
    } catch (error) {
      if (this.#hasLeft || this.#job.signal.aborted) throw error;
      this.#problem = problemOf(error);
      return { kind: 'unavailable', reason: reasonOf(error) };
    }
  }

  /** The JSON of the answer; undefined where the answer is no JSON or was cut off. */
  async #answerTo(question: MessagesRequest, since: number): Promise<unknown> {
    this.#spent.requests++;
    const answer = await this.#ask(question, since);
    this.#asking = answer;
    if (this.#hasLeft) answer.leave();
    try {
      const { text, usage, finish } = await readText(answer);
      this.#model = answer.outgoing().model.id;
      this.#count(usage);
      return isNormal(finish) ? tryParseJson(text.trim()) : undefined;
    } finally {
      this.#asking = undefined;
      answer.leave();
    }
  }

  #count(usage: UsageMetadata): void {
    const { input_tokens, cache_read_input_tokens, output_tokens } = toUsage(usage);
    this.#spent.in += input_tokens;
    this.#spent.cached += cache_read_input_tokens;
    this.#spent.out += output_tokens;
  }

  #tell(verdicts: readonly CallVerdict[]): void {
    const number = (kind: CallVerdict['kind']) => verdicts.filter((verdict) => verdict.kind === kind).length;
    const calls = verdicts.length - number('skipped');
    if (calls === 0) return;
    this.#job.trace.tell({
      type: 'checked',
      model: this.#model,
      calls,
      flagged: number('flagged'),
      unknown: number('unavailable'),
      ...this.#spent,
      problem: this.#problem,
    });
  }
}
