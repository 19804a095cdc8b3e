/**
 * One client request, as it is kept: its story, and the bytes that came and went. While the request goes on its parts are
 * objects that `OngoingRequest` changes; once it has ended they are packed, and unpacked for whoever looks.
 */
import type { TraceEvent } from '../trace/events.ts';
import type { Oddness } from '../trace/odd.ts';
import { agentCalls } from './agent-calls.ts';
import type { Bodies } from './bodies.ts';
import type { ByteLog } from './byte-log.ts';
import type { Contexts } from './contexts.ts';
import type { Opening, RawNews } from './news.ts';
import { type Packed, packed, unpacked } from './packed.ts';
import { costOf, type Exchange, type Parts, type Translation } from './parts.ts';
import type { Resends } from './shapes.ts';
import type { Shelf } from './shelf.ts';
import type { AgentCall, Origin } from './subagents.ts';

/** A body could cause a million warnings. The number of all is in the summary. */
export const MOST_WARNINGS = 200;

const decoder = new TextDecoder();
const ORDINARY: Oddness = { sign: 'ordinary' };
const NONE: readonly AgentCall[] = [];

/** Who keeps the requests. */
export type Keeper = {
  readonly shelf: Shelf;
  readonly bodies: Bodies;
  readonly contexts: Contexts;
  /** The request that was unpacked last, and its parts: who looks at a request asks for several of them. */
  unpacked: { request: KeptRequest; parts: Parts } | undefined;
  /** True where no request of the same conversation was seen before, or none is known to belong to it. */
  isNewThread(session: string | undefined): boolean;
  begun(request: KeptRequest): void;
  /** Hears each change that a row shows. */
  changed(request: KeptRequest): void;
  ended(request: KeptRequest): void;
};

export class KeptRequest {
  id = '';
  /** In the order of arrival. */
  number = 0;
  /** In the order of changes. */
  sequence = 0;
  /** The request that this one repeats. */
  readonly resends: Resends | undefined;
  /** Milliseconds since the epoch, and by the monotonic clock. */
  at = 0;
  startedAt = 0;
  session: string | undefined;
  agent: string | undefined;
  client: string | undefined;
  /** The key that was asked last. */
  key: string | undefined;
  /** The model that should have answered, and the one that was asked in its place last. */
  replacement: { from: string; to: string } | undefined;
  attempts = 0;
  /** How many events have been told, and how many warnings. */
  told = 0;
  warnings = 0;
  /** The call that has begun the subagent that sends this one. */
  origin: Origin | undefined;
  /** Known once somebody looks at the request after its end. */
  oddness = ORDINARY;
  /** When upstream was heard last, while it is to say more; by the milliseconds of the story. */
  heardAt: number | undefined;
  /** True once it was told that upstream is silent. */
  isSilent = false;
  isEnded = false;
  /** True once it is known what was odd in the request. */
  isRead = false;
  /** True once the request is not kept any more. */
  isDropped = false;
  /** The bytes of memory that were counted for the request. */
  counted = 0;
  /** Bytes of memory beside what lies on the shelf and in the arena; known once the request has ended. */
  cost = 0;
  readonly #keeper: Keeper;
  #state: Parts | Packed;
  /** The calls of the answer that begin subagents; known before the answer is let go. */
  #agentCalls: readonly AgentCall[] | undefined;

  constructor(parts: Parts, keeper: Keeper, resends: Resends | undefined) {
    this.#state = parts;
    this.#keeper = keeper;
    this.resends = resends;
  }

  /** What was changed in the parts of an ended request is kept only by `pack`. */
  get parts(): Parts {
    if (!('length' in this.#state)) return this.#state;
    const { unpacked: last, shelf } = this.#keeper;
    if (last?.request === this) return last.parts;
    const parts = unpacked(this.#state, shelf);
    this.#keeper.unpacked = { request: this, parts };
    return parts;
  }

  /** To be called at the end, and after each later change. */
  pack(parts: Parts): void {
    if (this.#keeper.unpacked?.request === this) this.#keeper.unpacked = undefined;
    this.#state = packed(parts);
    this.cost = costOf(parts, this.told);
  }

  get hasTexts(): boolean {
    const { areTextsGone, room } = this.parts;
    return !areTextsGone && !room.isGone;
  }

  get path(): string {
    return this.parts.path;
  }

  /** Those of the client's request. */
  get headers(): Headers {
    return this.parts.headers;
  }

  /** The story so far. */
  get events(): readonly TraceEvent[] {
    return this.parts.story.events;
  }

  /** How many warnings were not kept. */
  get furtherWarnings(): number {
    return Math.max(0, this.warnings - MOST_WARNINGS);
  }

  get news(): RawNews | undefined {
    return this.parts.news;
  }

  get opening(): Opening | undefined {
    return this.parts.opening;
  }

  get exchanges(): readonly Exchange[] {
    return this.parts.exchanges;
  }

  get translations(): readonly Translation[] {
    return this.parts.translations;
  }

  /** What the client got. */
  get answer(): ByteLog {
    return this.parts.answer;
  }

  /** The bytes of the client's body; undefined where there was none, or it was let go. */
  clientBytes(): Uint8Array | undefined {
    const { body } = this.parts;
    return body && this.#keeper.bodies.arena.bytes(body);
  }

  sentText({ body }: Exchange): string | undefined {
    const bytes = this.#keeper.bodies.arena.bytes(body);
    return bytes && decoder.decode(bytes);
  }

  /** The calls of the answer that begin subagents. */
  agentCalls(): readonly AgentCall[] {
    if (this.session === undefined) return NONE;
    return this.#agentCalls ?? agentCalls(this.parts.answer.bytes);
  }

  letTextsGo(): void {
    const { arena } = this.#keeper.bodies;
    const { parts } = this;
    if (this.isEnded && !this.isRead && !this.isDropped) this.#agentCalls = this.agentCalls();
    parts.areTextsGone = true;
    if (parts.body) arena.letGo(parts.body);
    parts.translations.length = 0;
    for (const { body, answer } of parts.exchanges) {
      arena.letGo(body);
      answer.letGo();
    }
    parts.answer.letGo();
    parts.room.close();
    if (this.isEnded) this.pack(parts);
  }
}
