/**
 * Answers in which the model calls tools that this process runs. Each such call is answered at once, and the answer goes
 * on in another request, which has the call and its result in its history: as if the client had sent them back. For the
 * client all of it is one answer.
 */
import type { ContentBlock } from '../../anthropic/content.ts';
import type { ServerToolResult } from '../../anthropic/server-answers.ts';
import type { UsageMetadata } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';
import { RepeatedText } from '../../translate/response/hosted/repeated-text.ts';
import { stopReasonOf } from '../../translate/response/stop-reason.ts';
import type { TurnEvent } from '../../translate/response/turn.ts';
import { UsageSum } from '../../translate/response/usage-sum.ts';
import type { Warn } from '../../translate/warnings.ts';
import type { MessageAnswer } from '../message-answer.ts';
import type { ServedTool } from './served-tool.ts';

/** The most requests after the first one. After that the client is asked to go on. */
const MOST_ROUNDS = 8;

export type Serving = {
  first: MessageAnswer;
  /** The tools that this process runs. The client runs all others. */
  tools: ReadonlyMap<string, ServedTool>;
  newId(): string;
  warn: Warn;
  /** True where the client may have a call to answer. */
  hasOwnTools: boolean;
  /**
   * Opens the answer that goes on from what the assistant has said. `tokens` were written for it until now.
   * `isTakenOver`: from now on this process runs what Google's own tools have failed at.
   */
  goOn(said: ContentBlock[], tokens: number, isTakenOver: boolean): Promise<MessageAnswer>;
};

type TextEvent = Extract<TurnEvent, { type: 'text' }>;
/** `instead`: the event with what Google's own tool has given, which stays if this tool gives nothing better. */
type Running = { ref: string; id: string; tool: ServedTool; input: JsonObject; instead?: ResultEvent };
type CallEvent = Extract<TurnEvent, { type: 'server-call' }>;
type ResultEvent = Extract<TurnEvent, { type: 'server-result' }>;

const isFailure = ({ content }: ServerToolResult): boolean =>
  !Array.isArray(content) && content.type.endsWith('_error');

/** Its methods are bound: readers pass them on alone. */
export class ServedAnswer implements MessageAnswer {
  readonly #serving: Serving;
  readonly #usage = new UsageSum();
  readonly #said: ContentBlock[] = [];
  /** The number of blocks that were said before the present request. */
  #begun = 0;
  #answer: MessageAnswer;
  /** The tokens that the model has written: in the requests before the present one, and in the present one. */
  readonly #written = { before: 0, now: 0 };
  #rounds = 0;
  /** The calls of the present request. */
  #served = 0;
  #passedOn = 0;
  /** The events that were not read yet. */
  readonly #queue: TurnEvent[] = [];
  /** Cites what the text repeats of the results; undefined as long as there is nothing to cite. */
  #repeated: RepeatedText | undefined;
  #running: Running | undefined;
  /** The calls of Google's own tools for which a tool of this process may stand in, by their `ref`. */
  readonly #googles = new Map<string, CallEvent & { id: string }>();
  #isTakenOver = false;
  /** True where the rest of the present request is not told, because the model did not know what is known now. */
  #isOutdated = false;
  #state: 'answering' | 'to go on' | 'left' = 'answering';

  constructor(serving: Serving) {
    this.#serving = serving;
    this.#answer = serving.first;
  }

  readonly next = async (): Promise<TurnEvent[] | undefined> => {
    while (true) {
      if (this.#running) return this.#result(this.#running);
      if (this.#queue.length === 0) {
        if (this.#state === 'to go on') await this.#goOn();
        const events = await this.#answer.next();
        if (!events) return undefined;
        this.#queue.push(...events);
      }
      const told = this.#read();
      if (told.length > 0) return told;
    }
  };

  /** The events of the queue, up to a call whose result has to be waited for: the call is told before. */
  #read(): TurnEvent[] {
    const told: TurnEvent[] = [];
    while (!this.#running) {
      const event = this.#queue.shift();
      if (!event) break;
      told.push(...this.#told(event));
    }
    return told;
  }

  async #result({ ref, id, tool, input, instead }: Running): Promise<TurnEvent[]> {
    const { result, usage, passages = [] } = await tool.run(input, this.#said);
    this.#running = undefined;
    if (instead) {
      if (isFailure(result)) {
        this.#served--;
        return [instead];
      }
      this.#isOutdated = true;
      this.#isTakenOver = true;
      this.#said.push({ type: 'server_tool_use', id, name: tool.name, input });
    }
    this.#said.push({ ...result, tool_use_id: id } as ContentBlock);
    const { stopSequences, json } = this.#answer.outgoing().plan;
    // An answer that has to be JSON stays one text.
    if (passages.length > 0 && !json) {
      this.#repeated ??= new RepeatedText(stopSequences);
      this.#repeated.add(passages);
    }
    const told: TurnEvent = { type: 'server-result', ref, result };
    return usage ? [told, this.#counted(this.#usage.aside(usage))] : [told];
  }

  #counted(usage: UsageMetadata): TurnEvent {
    return { type: 'usage', usage, requests: this.#usage.requests };
  }

  readonly leave = (): void => {
    this.#state = 'left';
    this.#answer.leave();
  };

  readonly isAway = (): boolean => this.#answer.isAway();

  readonly outgoing = () => this.#answer.outgoing();

  async #goOn(): Promise<void> {
    this.#answer.leave();
    this.#usage.nextRequest();
    this.#written.before += this.#written.now;
    this.#written.now = 0;
    this.#rounds++;
    this.#begun = this.#said.length;
    this.#served = 0;
    this.#isOutdated = false;
    this.#state = 'answering';
    this.#answer = await this.#serving.goOn([...this.#said], this.#written.before, this.#isTakenOver);
    if (this.#isLeft()) this.#answer.leave();
  }

  #isLeft(): boolean {
    return this.#state === 'left';
  }

  #told(event: TurnEvent): TurnEvent[] {
    if (this.#isOutdated && (event.type === 'text' || event.type === 'cited')) return [];
    switch (event.type) {
      case 'usage':
        this.#written.now = event.usage.candidatesTokenCount ?? 0;
        return [this.#counted(this.#usage.add(event.usage))];
      case 'text':
        this.#say(event.text);
        return this.#cite(event);
      case 'cited':
        this.#say(event.text);
        return [...this.#textEnds(), event];
      case 'call':
        return [...this.#textEnds(), ...this.#call(event)];
      case 'finish':
        return [...this.#textEnds(), ...this.#finish(event)];
      case 'server-call':
        return [...this.#textEnds(), this.#googlesCall(event)];
      case 'server-result':
        return [...this.#textEnds(), ...this.#googlesResult(event)];
      default:
        return [...this.#textEnds(), event];
    }
  }

  #cite(event: TextEvent): TurnEvent[] {
    const repeated = this.#repeated;
    if (!repeated) return [event];
    const told =
      event.signature === undefined ? repeated.push(event.text) : this.#citeSigned(event, repeated);
    // What follows a stop sequence is not for the client.
    if (repeated.isStopped) this.#queue.length = 0;
    return told;
  }

  /** A signature belongs to the whole text that came with it: it goes back only on that. */
  #citeSigned(event: TextEvent, repeated: RepeatedText): TurnEvent[] {
    const before = repeated.end();
    const told = [...repeated.push(event.text), ...repeated.end()];
    if (!told.some(({ type }) => type === 'cited')) return [...before, event];
    const why = 'signature of a text left out: the text is cut at its citations';
    this.#serving.warn('signature', 'answer', why);
    return [...before, ...told];
  }

  #textEnds(): TurnEvent[] {
    return this.#repeated?.end() ?? [];
  }

  /**
   * Text after a call was written without its result, so it stands before the calls of its request: what the model goes
   * on from must end with results.
   */
  #say(text: string): void {
    if (text === '') return;
    const call = this.#said.findIndex(({ type }, at) => at >= this.#begun && type === 'server_tool_use');
    const at = call < 0 ? this.#said.length : call;
    const last = this.#said[at - 1];
    if (last?.type === 'text') last.text += text;
    else this.#said.splice(at, 0, { type: 'text', text });
  }

  #call(call: Extract<TurnEvent, { type: 'call' }>): TurnEvent[] {
    const tool = this.#serving.tools.get(call.name);
    if (!tool) {
      this.#passedOn++;
      return [call];
    }
    this.#served++;
    const { name } = tool;
    const id = this.#serving.newId();
    this.#running = { ref: id, id, tool, input: call.args };
    this.#said.push({ type: 'server_tool_use', id, name, input: call.args });
    const { signature } = call;
    const told = { type: 'server-call', ref: id, id, name, input: call.args } as const;
    return [{ ...told, ...(signature === undefined ? {} : { signature }) }];
  }

  #googlesCall(call: CallEvent): TurnEvent {
    if (!this.#serving.tools.get(call.name)?.mayTakeOver) return call;
    const known = { ...call, id: call.id ?? this.#serving.newId() };
    this.#googles.set(call.ref, known);
    return known;
  }

  /**
   * Where a tool of this process may do better than Google's own, it is run. What the model has said since then it has
   * said without knowing; where that is more than text, it stays, and so does Google's result.
   */
  #googlesResult(event: ResultEvent): TurnEvent[] {
    const call = this.#googles.get(event.ref);
    const tool = call && this.#serving.tools.get(call.name);
    const isWhole = this.#queue.at(-1)?.type === 'finish';
    const isOnlyText =
      !this.#serving.hasOwnTools || (isWhole && !this.#queue.some(({ type }) => type === 'call'));
    if (!call || !isOnlyText || !tool?.mayTakeOver?.(event.result, call.input)) return [event];
    const { ref, id, input } = call;
    this.#served++;
    this.#running = { ref, id, tool, input, instead: event };
    return [];
  }

  /** Where the client has a call to answer as well, it goes on by itself. */
  #finish(event: Extract<TurnEvent, { type: 'finish' }>): TurnEvent[] {
    const { finish } = event;
    const isNormal = finish.kind === 'finished' && stopReasonOf(finish.reason, false) === 'end_turn';
    if (this.#served === 0 || this.#passedOn > 0 || !isNormal) return [event];
    if (this.#rounds >= MOST_ROUNDS) return [{ type: 'finish', finish: { kind: 'paused' } }];
    this.#state = 'to go on';
    return [];
  }
}
