/**
 * 200 sessions of clients. Each asks when its time comes, reads strictly, and tries again after errors as Claude Code
 * does.
 */
import type { Clock, Random } from '../../src/lib/ports.ts';
import { foldEvents } from '../../src/translate/response/message.ts';
import { type Wish, wishText } from './answer.ts';
import type { Asked } from './asked.ts';
import { readAnswer } from './read-answer.ts';
import { BIG, endOf, MIDNIGHT, type Phase, phaseAt, startOf } from './script.ts';

/** The proxy, as a client sees it. */
export type Door = (request: Request) => Promise<Response>;

export type ClientsOptions = {
  door: Door;
  clock: { readonly time: number; sleep: Clock['sleep'] };
  random: Random;
  script: readonly Phase[];
  sessions: number;
  /** After one ask. */
  comebacks?: number;
};

/** The kind of a request, apart from what it asks for. */
type Manner = { model: string; stream: boolean; thinking: boolean };

/** The model that a request names, drawn with a die of 100: the first row above the number. */
const MODELS: readonly (readonly [below: number, model: string])[] = [
  [66, 'claude-opus-5-5'],
  [94, 'claude-haiku-5-5'],
  [97, BIG],
  [100, 'gemini-4-carbon'],
];
const COMEBACKS = 3;
/** The share of requests whose client does not wait for the end. */
const LEAVING = { soon: 0.02, inTheAnswer: 0.02 };
const NEXT_DAY = ' (next day)';
/** Seconds. If it is told to wait longer, the client ends the turn. */
const LONGEST_WAIT = 60;

const TOOLS = [
  {
    name: 'report',
    description: 'Reports what was done',
    input_schema: {
      type: 'object',
      properties: { nonce: { type: 'string' }, attempt: { type: 'integer' }, note: { type: 'string' } },
      required: ['nonce', 'attempt', 'note'],
    },
  },
];

export class Clients {
  readonly asked: Asked[] = [];
  readonly #options: ClientsOptions;
  #nonces = 0;
  #busy = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  get done(): boolean {
    return this.#busy === 0;
  }

  start(): void {
    const times = this.#times();
    this.#busy = times.length;
    times.forEach((own, index) => {
      const session = new Session(`session-${index}`, own, index, this.#options, this);
      session.run().finally(() => {
        this.#busy--;
      });
    });
  }

  nextNonce(): string {
    return `r${++this.#nonces}`;
  }

  /** When each session asks. */
  #times(): number[][] {
    const { script, sessions, random } = this.#options;
    const times: number[][] = Array.from({ length: sessions }, () => []);
    let turn = 0;
    for (const phase of script) {
      for (let i = 0; i < phase.asks; i++) {
        const at = startOf(phase) + random.next() * (endOf(phase) - startOf(phase) - 1_000);
        times[turn++ % sessions]?.push(Math.round(at / 20) * 20);
      }
    }
    return times.map((own) => own.sort((a, b) => a - b));
  }
}

class Session {
  #name: string;
  readonly #times: readonly number[];
  readonly #comesBack: boolean;
  readonly #options: ClientsOptions;
  readonly #clients: Clients;
  /** The last answer, which had a call; the session goes on from it. */
  #before: Asked | undefined;

  constructor(
    name: string,
    times: readonly number[],
    index: number,
    options: ClientsOptions,
    clients: Clients,
  ) {
    this.#name = name;
    this.#times = times;
    this.#comesBack = index % 2 === 0;
    this.#options = options;
    this.#clients = clients;
  }

  async run(): Promise<void> {
    const { clock } = this.#options;
    for (const at of this.#times) {
      if (at > clock.time) await clock.sleep(at - clock.time);
      if (at >= MIDNIGHT) this.#beginAnew();
      await this.#askUntilAnswered();
    }
  }

  /** Another day, another session. */
  #beginAnew(): void {
    if (this.#name.endsWith(NEXT_DAY)) return;
    this.#name += NEXT_DAY;
    this.#before = undefined;
  }

  async #askUntilAnswered(): Promise<void> {
    const { clock, random, comebacks = COMEBACKS } = this.#options;
    const dice = random.next() * 100;
    const [, model = ''] = MODELS.find(([below]) => dice < below) ?? [];
    let manner: Manner = { model, stream: random.next() < 0.85, thinking: random.next() < 0.5 };
    for (let comeback = 0; ; comeback++) {
      const asked = await this.#ask(manner);
      if (asked.message && lastCall(asked)) this.#before = asked;
      const { error } = asked;
      if (!error || !this.#comesBack || comeback >= comebacks || !mayComeBack(error)) return;
      // After content a stream is not tried again: the client asks for a whole answer.
      if (asked.contentAt !== undefined) manner = { ...manner, stream: false };
      const backoff = Math.min(32_000, 500 * 2 ** comeback) * (1 + random.next() / 4);
      await clock.sleep(error.retryAfter === undefined ? backoff : error.retryAfter * 1_000);
    }
  }

  async #ask(manner: Manner): Promise<Asked> {
    const { clock, random, script, door } = this.#options;
    const wish: Wish = {
      nonce: this.#clients.nextNonce(),
      pieces: 3 + Math.floor(random.next() * 6),
      thoughts: Math.floor(random.next() * 3),
      call: random.next() < 0.4,
    };
    const phase = phaseAt(clock.time, script);
    const asked: Asked = {
      wish,
      ...manner,
      session: this.#name,
      phase: phase.name,
      startedAt: clock.time,
      headAt: undefined,
      contentAt: undefined,
      endedAt: undefined,
      silentMs: 0,
      leftAt: undefined,
      status: undefined,
      headers: undefined,
      events: [],
      message: undefined,
      error: undefined,
      broken: [],
    };
    this.#clients.asked.push(asked);
    const leave = new AbortController();
    const answered = new AbortController();
    const leaving = this.#whetherToLeave(phase);
    if (leaving === 'soon') this.#leaveSoon(asked, leave, answered.signal);
    const onEvents = () => {
      if (leaving === 'in the answer' && asked.contentAt !== undefined) this.#leave(asked, leave);
    };
    try {
      const response = await door(this.#request(asked, leave.signal));
      await readAnswer(asked, response, { time: () => clock.time, onEvents, signal: leave.signal });
    } catch (error) {
      if (asked.leftAt === undefined) asked.broken.push(`the connection broke: ${error}`);
    }
    answered.abort();
    asked.endedAt = clock.time;
    fold(asked);
    return asked;
  }

  #whetherToLeave(phase: Phase): 'soon' | 'in the answer' | 'never' {
    const { soon, inTheAnswer } = phase.leaving ?? LEAVING;
    const dice = this.#options.random.next();
    if (dice < soon) return 'soon';
    return dice < soon + inTheAnswer ? 'in the answer' : 'never';
  }

  #leaveSoon(asked: Asked, leave: AbortController, answered: AbortSignal): void {
    const { clock, random } = this.#options;
    const ms = 100 + Math.floor(random.next() * 10_000);
    clock.sleep(ms, answered).then(
      () => this.#leave(asked, leave),
      () => {}, // the answer came first
    );
  }

  #leave(asked: Asked, leave: AbortController): void {
    asked.leftAt ??= this.#options.clock.time;
    leave.abort();
  }

  #request(asked: Asked, signal: AbortSignal): Request {
    const { wish, model, stream, thinking } = asked;
    const body = {
      model,
      stream,
      max_tokens: 8_000,
      tools: TOOLS,
      ...(thinking ? { thinking: { type: 'enabled', budget_tokens: 4_000 } } : {}),
      messages: this.#history(wish),
    };
    return new Request('http://localhost/v1/messages', {
      method: 'POST',
      body: JSON.stringify(body),
      signal,
      headers: {
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
        'x-claude-code-session-id': this.#name,
      },
    });
  }

  /** The next request answers a call with its result. */
  #history(wish: Wish): object[] {
    const before = this.#before;
    this.#before = undefined;
    const call = before ? lastCall(before) : undefined;
    if (!before || !call) return [{ role: 'user', content: wishText(wish) }];
    const result = { type: 'tool_result', tool_use_id: call.id, content: `done. ${wishText(wish)}` };
    return [
      { role: 'user', content: wishText(before.wish) },
      { role: 'assistant', content: before.message?.content },
      { role: 'user', content: [result] },
    ];
  }
}

const lastCall = ({ message }: Asked) => message?.content.find((block) => block.type === 'tool_use');

/** The message of a stream that ended well. */
function fold(asked: Asked): void {
  if (!asked.stream || asked.error || asked.leftAt !== undefined || asked.broken.length > 0) return;
  try {
    asked.message = foldEvents(asked.events);
  } catch (error) {
    asked.broken.push(`no message: ${error}`);
  }
}

/** Claude Code's own rule. */
function mayComeBack({ status, type, retryAfter, shouldRetry }: NonNullable<Asked['error']>): boolean {
  if (shouldRetry !== null) return shouldRetry === 'true';
  if ((retryAfter ?? 0) > LONGEST_WAIT) return false;
  if (status === 200) return type === 'overloaded_error' || type === 'api_error';
  return status === 408 || status === 409 || status === 429 || status >= 500;
}
