/**
 * One answer, from TurnEvents to Anthropic's events. It lives longer than the attempts that feed it. It decides what
 * the client sees of thoughts and signatures, cuts at stop sequences, and ends the answer. The writer below knows the
 * grammar of events.
 *
 * A carrier (a thinking block that carries a signature back and forth) stands only before a call or before the first
 * text, and only where the request asked for thinking. As the last block it would make `claude -p` print nothing, and
 * plain SDK programs read `content[0].text` (contract section 13).
 */
import type { SourceCitation } from '../../anthropic/answer-citations.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import type { MessageEvent } from '../../anthropic/events.ts';
import type {
  SafeguardResult,
  StopDetails,
  StopReason,
  Usage,
  UsageIteration,
} from '../../anthropic/message.ts';
import { textTokens } from '../../gemini/estimate/text-tokens.ts';
import type { UsageMetadata } from '../../gemini/wire.ts';
import type { AnswerContext } from '../context.ts';
import { type CallVerdict, safeguardResults } from '../safeguards/verdicts.ts';
import { withFiles } from './result-files.ts';
import { mediaInWords } from './shown-media.ts';
import { SignatureKeeper } from './signature-keeper.ts';
import { refusalDetails, stopReasonOf } from './stop-reason.ts';
import { StopScanner } from './stop-scanner.ts';
import type { Finish, TurnEvent } from './turn.ts';
import { iterationTokens, toUsage, UNKNOWN_SIZE } from './usage.ts';
import { type Ending, Writer } from './writer.ts';

type CallEvent = Extract<TurnEvent, { type: 'call' }>;
type ServerCallEvent = Extract<TurnEvent, { type: 'server-call' }>;
type ServerResultEvent = Extract<TurnEvent, { type: 'server-result' }>;
type CompactionEvent = Extract<TurnEvent, { type: 'compaction' }>;
type CitedEvent = Extract<TurnEvent, { type: 'cited' }>;

export class AnswerStream {
  readonly #ctx: AnswerContext;
  readonly #writer: Writer;
  readonly #keeper: SignatureKeeper;
  readonly #scanner: StopScanner;
  #usage: UsageMetadata = {};
  /** The counts of each request, where the answer took several. */
  #requests: readonly UsageMetadata[] = [];
  /** The ids of the calls, in their order. */
  readonly #callIds: string[] = [];
  #verdicts: readonly CallVerdict[] | undefined;
  #sawText = false;
  /** The ids of calls that the client does not answer, by their names in this answer. */
  readonly #serverIds = new Map<string, string>();
  readonly #served = { web_search_requests: 0, web_fetch_requests: 0 };
  /** What the text that comes now is based on. */
  #citing: readonly SourceCitation[] = [];
  /** The number of characters of the open text block that were sent. */
  #shown = 0;
  /** The tokens of all text that was sent, estimated as long as upstream has counted none. */
  #said = 0;
  #prompt = UNKNOWN_SIZE;
  /** The summary that came before the answer. */
  #compacted: CompactionEvent | undefined;
  /** Thoughts that came after content. */
  #heldThoughts = '';
  /** With `display: omitted`: true where thoughts have come, and their empty block was not written yet. */
  #thoughtsUntold = false;

  constructor(ctx: AnswerContext) {
    this.#ctx = ctx;
    this.#writer = new Writer(ctx.messageId, ctx.plan().requestedModel);
    this.#keeper = new SignatureKeeper(ctx);
    this.#scanner = new StopScanner(ctx.plan().stopSequences);
  }

  /** True after the ending. */
  get finished(): boolean {
    return this.#writer.closed;
  }

  /**
   * Writes `message_start`, unless that was done before. `prompt` is the size of the prompt, as far as it is known by
   * now.
   */
  start(prompt = UNKNOWN_SIZE): MessageEvent[] {
    this.#prompt = prompt;
    this.#writer.start(prompt);
    return this.#writer.take();
  }

  push(events: readonly TurnEvent[]): MessageEvent[] {
    for (const event of events) {
      if (this.finished) break;
      this.#tell(event);
    }
    return this.#writer.take();
  }

  #tell(event: TurnEvent): void {
    switch (event.type) {
      case 'text':
        this.#text(event.text, event.signature);
        break;
      case 'thinking':
        this.#thinking(event.text);
        break;
      case 'call':
        this.#call(event);
        break;
      case 'server-call':
        this.#serverCall(event);
        break;
      case 'server-result':
        this.#serverResult(event);
        break;
      case 'hosted':
        throw new Error('a part about a tool of Google must be read before it is told');
      case 'cited':
        this.#cited(event);
        break;
      case 'citing':
        this.#closeText();
        this.#writer.endText();
        this.#citing = event.citations;
        break;
      case 'compaction':
        this.#compaction(event);
        break;
      case 'judged':
        this.#verdicts = event.verdicts;
        break;
      case 'usage':
        this.#usage = event.usage;
        this.#requests = event.requests ?? [];
        break;
      case 'finish':
        this.#finish(event.finish);
        break;
    }
  }

  /** Ends the answer with an error event. Where possible, its type is one from which the client recovers by itself. */
  fail(error: MessagesError, requestId: string): MessageEvent[] {
    this.#writer.start();
    this.#writer.fail(inStream(error), requestId);
    return this.#writer.take();
  }

  keepAlive(): MessageEvent[] {
    this.#writer.keepAlive();
    return this.#writer.take();
  }

  #text(text: string, signature: string | undefined): void {
    if (text !== '') this.#tellHeldThoughts();
    const first = !this.#sawText && text !== '';
    if (first) this.#sawText = true;
    const envelope = this.#keeper.text(text, signature);
    if (first) this.#endThinking(envelope);
    else if (text !== '' && this.#writer.openKind === 'thinking') this.#endThinking(undefined);
    const { text: ready, stoppedAt } = this.#scanner.push(text);
    this.#show(ready);
    if (stoppedAt !== undefined) this.#finish({ kind: 'stop-sequence', sequence: stoppedAt });
  }

  #serverCall({ ref, name, input, signature, id = this.#ctx.newServerToolId() }: ServerCallEvent): void {
    this.#tellHeldThoughts();
    this.#closeText();
    this.#endThinking(signature && this.#keeper.call(id, name, input, signature));
    this.#serverIds.set(ref, id);
    this.#writer.serverToolUse(id, name, input);
  }

  #serverResult({ ref, result, echo, files = [] }: ServerResultEvent): void {
    const id = this.#serverIds.get(ref);
    if (id === undefined) throw new Error(`no call ${ref} was told before its result`);
    if (result.type === 'web_search_tool_result' && Array.isArray(result.content))
      this.#served.web_search_requests++;
    if (result.type === 'web_fetch_tool_result' && 'url' in result.content) this.#served.web_fetch_requests++;
    if (echo) this.#keeper.echo(id, echo);
    const kept = files.map((file) => this.#ctx.keepFile(file));
    this.#writer.serverToolResult(id, withFiles(result, kept));
    // Where there was no room for a file, the client is told in words that there was one.
    for (const [at, inlineData] of files.entries()) {
      if (kept[at] === undefined) this.#show(mediaInWords({ inlineData }) ?? '');
    }
  }

  /** Writes a cited piece. Its text was already searched for stop sequences before it was cut into pieces. */
  #cited({ text, sources }: CitedEvent): void {
    this.#closeText();
    if (!this.#sawText || this.#writer.openKind === 'thinking') this.#endThinking(undefined);
    this.#sawText = true;
    this.#keeper.text(text, undefined);
    this.#writer.citedText(text, sources);
    this.#shown = text.length;
    this.#noteSaid(text);
  }

  #compaction(event: CompactionEvent): void {
    this.#compacted = event;
    if (event.block) this.#writer.compaction(event.block, event.isAlone);
  }

  #thinking(text: string): void {
    if (this.#ctx.plan().thinking === 'hidden') return;
    if (this.#ctx.plan().thinking === 'omitted') {
      this.#thoughtsUntold = true;
      return;
    }
    if (this.#sawText || this.#callIds.length > 0) this.#heldThoughts += text;
    else this.#writer.thinking(text);
  }

  /**
   * Writes the thoughts that came after content. They wait for the content that follows: at the very end they would
   * hide the answer.
   */
  #tellHeldThoughts(): void {
    if (this.#heldThoughts === '') return;
    this.#closeText();
    this.#writer.thinking(this.#heldThoughts);
    this.#heldThoughts = '';
  }

  #call(call: CallEvent): void {
    this.#tellHeldThoughts();
    this.#closeText();
    const id = this.#ctx.newToolId();
    const envelope = call.signature && this.#keeper.call(id, call.name, call.args, call.signature);
    this.#endThinking(envelope || undefined);
    this.#callIds.push(id);
    this.#writer.toolUse(id, call.name, call.args);
  }

  /**
   * Closes the thinking block before content, with the signature of the content that follows. Where no thinking block
   * is open, opens an empty one to carry the signature.
   */
  #endThinking(envelope: string | undefined): void {
    if (this.#ctx.plan().thinking === 'hidden') return;
    const open = this.#writer.openKind === 'thinking';
    if (!open && envelope === undefined && !this.#thoughtsUntold) return;
    this.#thoughtsUntold = false;
    this.#writer.signature(envelope ?? this.#keeper.none());
  }

  /** Writes the text that was held back (nothing, after a stop sequence), and keeps the signatures of the block. */
  #closeText(): void {
    this.#show(this.#scanner.flush());
    this.#keeper.closeText(this.#shown);
    this.#shown = 0;
  }

  #noteSaid(text: string): void {
    if (this.#usage.candidatesTokenCount === undefined) this.#said += textTokens(text);
  }

  #show(text: string): void {
    this.#writer.text(text, this.#citing);
    this.#shown += text.length;
    this.#noteSaid(text);
  }

  #finish(finish: Finish): void {
    this.#closeText();
    if (this.#heldThoughts !== '') {
      this.#ctx.warn('content-changed', 'answer', 'thoughts after the last content left out');
    }
    if (this.#writer.openKind === 'thinking') this.#endThinking(undefined);
    this.#writer.finish(this.#ending(finish));
  }

  /**
   * The stop reason. Gemini says MAX_TOKENS for a full window as well. The client goes on after `max_tokens`, and
   * compacts after a full window.
   */
  #stopReason(reason: string): StopReason {
    const stopReason = stopReasonOf(reason, this.#callIds.length > 0);
    const full = (this.#usage.totalTokenCount ?? 0) >= this.#ctx.plan().contextWindow;
    return stopReason === 'max_tokens' && full ? 'model_context_window_exceeded' : stopReason;
  }

  #serverUse(): Partial<Usage> {
    const { search, code, fetch } = this.#ctx.plan();
    return search || code || fetch || this.#serverIds.size > 0
      ? { server_tool_use: { ...this.#served } }
      : {};
  }

  /** The usage, also where the proxy left upstream before upstream had counted all tokens. */
  #usageAt({ kind }: Finish): UsageMetadata {
    const isComplete = ['finished', 'blocked', 'compacted', 'paused'].includes(kind);
    if (isComplete || this.#compacted?.isAlone) return this.#usage;
    const { tokens, cached } = this.#prompt;
    return {
      promptTokenCount: tokens,
      cachedContentTokenCount: cached,
      candidatesTokenCount: Math.ceil(this.#said),
      ...this.#usage,
    };
  }

  #wholeUsage(finish: Finish): Usage {
    const usage = { ...toUsage(this.#usageAt(finish), this.#ctx.cacheWritten()), ...this.#serverUse() };
    const iterations = this.#iterations(usage);
    return iterations ? { ...usage, iterations } : usage;
  }

  /** The tokens of each request for the answer; undefined where `usage` says the same. */
  #iterations(usage: Usage): UsageIteration[] | undefined {
    const summary = this.#compacted;
    if (!summary && this.#requests.length < 2 && !this.#ctx.tellsIterations) return undefined;
    const model = this.#ctx.plan().requestedModel;
    const answers = this.#requests.length > 1 ? this.#requests.map((one) => toUsage(one)) : [usage];
    return [
      ...(summary ? [{ type: 'compaction' as const, ...iterationTokens(toUsage(summary.usage)) }] : []),
      ...(summary?.isAlone
        ? []
        : answers.map((one) => ({ type: 'message' as const, model, ...iterationTokens(one) }))),
    ];
  }

  #ending(finish: Finish): Ending {
    const plan = this.#ctx.plan();
    const base = {
      stopSequence: null,
      stopDetails: null,
      usage: this.#wholeUsage(finish),
      appliedEdits: plan.appliedEdits,
      safeguards: this.#safeguards(plan.safeguards),
    };
    switch (finish.kind) {
      case 'stop-sequence':
        return { ...base, stopReason: 'stop_sequence', stopSequence: finish.sequence };
      case 'token-limit':
        return { ...base, stopReason: 'max_tokens' };
      case 'paused':
        return { ...base, stopReason: 'pause_turn' };
      case 'compacted':
        return { ...base, stopReason: 'compaction' };
      case 'blocked':
        return {
          ...base,
          stopReason: 'refusal',
          stopDetails: this.#refusal('prompt', finish),
        };
      case 'finished': {
        const stopReason = this.#stopReason(finish.reason);
        const refused = stopReason === 'refusal';
        return {
          ...base,
          stopReason,
          stopDetails: refused ? this.#refusal('answer', finish) : null,
        };
      }
    }
  }

  #safeguards(types: readonly string[]): SafeguardResult[] | undefined {
    if (types.length === 0) return undefined;
    const verdicts = this.#verdicts?.map((verdict) =>
      verdict.kind === 'flagged'
        ? { ...verdict, explanation: this.#ctx.shown(verdict.explanation) }
        : verdict,
    );
    return safeguardResults(types, verdicts, this.#callIds);
  }

  #refusal(
    what: 'answer' | 'prompt',
    { reason, message }: { reason: string; message?: string },
  ): StopDetails {
    const details = refusalDetails(what, reason, message);
    return { ...details, explanation: this.#ctx.shown(details.explanation) };
  }
}

/**
 * The error as an event of a stream. In a stream only `overloaded_error` makes every client try again. An error that
 * the client caused keeps its type.
 */
function inStream(error: MessagesError): MessagesError {
  const retryable =
    error.shouldRetry ?? (error.status === 408 || error.status === 429 || error.status >= 500);
  if (!retryable || error.type === 'overloaded_error') return error;
  return new MessagesError('overloaded_error', error.message, {
    ...(error.details ? { details: error.details } : {}),
    cause: error,
  });
}
