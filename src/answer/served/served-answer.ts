/**
 * Answers in which the model calls tools that this process runs. Each such call is answered at once, and the answer goes
 * on in another request, which has the call and its result in its history: as if the client had sent them back. For the
 * client all of it is one answer.
 */
import type { ContentBlock } from '../../anthropic/content.ts';
import type { ServerToolName, ServerToolResult } from '../../anthropic/server-answers.ts';
import type { JsonObject } from '../../lib/json.ts';
import { stopReasonOf } from '../../translate/response/stop-reason.ts';
import type { TurnEvent } from '../../translate/response/turn.ts';
import { UsageSum } from '../../translate/response/usage-sum.ts';
import type { MessageAnswer } from '../message-answer.ts';

/** The most requests after the first one. After that the client is asked to go on. */
const MOST_ROUNDS = 8;

/** `result` never rejects: a tool that fails has a result that says so. */
export type Served = { name: ServerToolName; result(): Promise<ServerToolResult> };

export type Serving = {
  first: MessageAnswer;
  /** Starts a tool. Undefined for a tool that the client runs. */
  serve(name: string, input: JsonObject): Served | undefined;
  newId(): string;
  /** Opens the answer that goes on from what the assistant has said. `tokens` were written for it until now. */
  goOn(said: ContentBlock[], tokens: number): Promise<MessageAnswer>;
};

type Running = { id: string; served: Served };

/** Its methods are bound: readers pass them on alone. */
export class ServedAnswer implements MessageAnswer {
  readonly #serving: Serving;
  readonly #usage = new UsageSum();
  readonly #said: ContentBlock[] = [];
  #answer: MessageAnswer;
  #tokens = 0;
  #rounds = 0;
  /** The calls of the present request. */
  #served = 0;
  #passedOn = 0;
  /** The events that were not read yet. */
  readonly #queue: TurnEvent[] = [];
  #running: Running | undefined;
  #state: 'answering' | 'to go on' | 'left' = 'answering';

  constructor(serving: Serving) {
    this.#serving = serving;
    this.#answer = serving.first;
  }

  readonly next = async (): Promise<TurnEvent[] | undefined> => {
    while (true) {
      if (this.#running) return [await this.#result(this.#running)];
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

  async #result({ id, served }: Running): Promise<TurnEvent> {
    const result = await served.result();
    this.#running = undefined;
    this.#said.push({ ...result, tool_use_id: id } as ContentBlock);
    return { type: 'server-result', ref: id, result };
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
    this.#rounds++;
    this.#served = 0;
    this.#state = 'answering';
    this.#answer = await this.#serving.goOn([...this.#said], this.#tokens);
    if (this.#isLeft()) this.#answer.leave();
  }

  #isLeft(): boolean {
    return this.#state === 'left';
  }

  #told(event: TurnEvent): TurnEvent[] {
    switch (event.type) {
      case 'usage': {
        const usage = this.#usage.add(event.usage);
        this.#tokens = usage.candidatesTokenCount ?? 0;
        return [{ type: 'usage', usage }];
      }
      case 'text':
      case 'cited':
        this.#say(event.text);
        return [event];
      case 'call':
        return this.#call(event);
      case 'finish':
        return this.#finish(event);
      default:
        return [event];
    }
  }

  #say(text: string): void {
    const last = this.#said.at(-1);
    if (text === '') return;
    if (last?.type === 'text') last.text += text;
    else this.#said.push({ type: 'text', text });
  }

  #call(call: Extract<TurnEvent, { type: 'call' }>): TurnEvent[] {
    const served = this.#serving.serve(call.name, call.args);
    if (!served) {
      this.#passedOn++;
      return [call];
    }
    this.#served++;
    const { name } = served;
    const id = this.#serving.newId();
    this.#running = { id, served };
    this.#said.push({ type: 'server_tool_use', id, name, input: call.args });
    const { signature } = call;
    const told = { type: 'server-call', ref: id, id, name, input: call.args } as const;
    return [{ ...told, ...(signature === undefined ? {} : { signature }) }];
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
