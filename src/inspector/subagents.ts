/**
 * Which call of a conversation has begun which subagent. Nothing in a subagent's requests names the call, so its first words
 * are compared with the prompts of the calls. Where that leaves several calls, none is named.
 */
import { RecentMap } from '../lib/recent-map.ts';

/** Prompts that are remembered, and subagents. */
const MOST = 200;
/** Calls with the same prompt that are remembered. */
const MOST_EQUAL = 20;

/** A call in an answer. `prompt`: a hash of the words for the subagent. `id`: under which the client tells its result. */
export type AgentCall = { id: string; prompt: string };

/** `call`: undefined where several calls of the request have the same prompt. */
export type Origin = { request: string; call: string | undefined };

/** Where a call stands, and when its request came, in milliseconds. */
type Place = { request: string; call: string; at: number };

/** The calls and the subagents of one session. */
export class Subagents {
  /** The calls of which no subagent is known. */
  readonly #calls = new RecentMap<string, Place[]>(MOST);
  readonly #origins = new RecentMap<string, Origin>(MOST);

  called({ id, prompt }: AgentCall, request: string, at: number): void {
    const equal = this.#calls.get(prompt) ?? [];
    this.#calls.set(prompt, [...equal, { request, call: id, at }].slice(-MOST_EQUAL));
  }

  /** `first`: what its first request begins with, and when it came; undefined for a later request. */
  originOf(agent: string, first: { prompt: string; at: number } | undefined): Origin | undefined {
    const known = this.#origins.get(agent);
    if (known || !first) return known;
    const equal = this.#calls.get(first.prompt) ?? [];
    const [call, ...others] = equal.filter(({ at }) => at <= first.at);
    if (!call || others.some(({ request }) => request !== call.request)) return undefined;
    const origin = { request: call.request, call: others.length === 0 ? call.call : undefined };
    this.#origins.set(agent, origin);
    // A call begins one subagent: an equal call that comes later is another one’s.
    if (others.length === 0)
      this.#calls.set(
        first.prompt,
        equal.filter((one) => one !== call),
      );
    return origin;
  }
}
