/**
 * Google on loopback for one case: the mock behind a socket, as `bun run gemini` has it, with the scenarios of this folder. What a request is for is not on
 * Google's wire, so it is read from the request. Every request and every refusal is kept.
 */
import { join } from 'node:path';
import { SCENARIOS } from '../../src/compose/mock-upstream.ts';
import type { GenerateContentRequest, RequestPart } from '../../src/gemini/wire.ts';
import { createSeededRandom, type Exchange, systemClock } from '../../src/lib/ports.ts';
import { createMockFetch } from '../../src/sim/mock/index.ts';
import { STAND_IN } from '../../src/sim/mock/self.ts';
import { loadScenarios } from '../../src/sim/scenarios.ts';

export type Asked = {
  method: string;
  model: string;
  caller: string;
  body: GenerateContentRequest;
  /** What Google answers, once it has been sent. */
  answer: Promise<string>;
};

/** What Google does instead of answering; with undefined the model answers. */
export type Trouble = (asked: Omit<Asked, 'answer'>) => Response | undefined;

export type Google = {
  url: string;
  /** Requests for answers and counts, in order. */
  asked: Asked[];
  /** What the validator refused, in Google's words. */
  refused: string[];
  /** Signatures that came back on a part that is not theirs, and stand-ins for lost ones. */
  oddSignatures(): number;
  stop(): Promise<void>;
};

const SUMMARY = /create a detailed summary|summar(?:y|ize)[^.]{0,40} conversation so far/i;
const QUESTION = '# The action to judge';

const textsOf = (parts: readonly RequestPart[] | undefined): string =>
  (parts ?? []).map(({ text }) => text ?? '').join('\n');

/** The kinds of the scenarios, told apart by the shape of what Gemini is asked, and by words where the shape is the same. */
export function callerOf({ contents = [], tools = [], generationConfig }: GenerateContentRequest): string {
  const declares = tools.some((tool) => 'functionDeclarations' in tool);
  const last = textsOf(contents.findLast(({ role }) => role === 'user')?.parts);
  if (last.includes(QUESTION)) return 'action-check';
  if (SUMMARY.test(last)) return 'compaction';
  if (declares) return 'main';
  if (tools.some((tool) => 'googleSearch' in tool)) return 'web-search';
  if (JSON.stringify(generationConfig?.responseJsonSchema ?? {}).includes('"title"')) return 'title';
  return 'sdk';
}

/** How Claude Code brings back a conversation that it has summarised. The scenarios here go on from such words. */
const SUMMED_UP = 'This session is being continued';

const SAID = [...loadScenarios(join(import.meta.dir, 'scenarios')), ...loadScenarios(SCENARIOS)]
  .toSorted((a, b) => a.order - b.order)
  .map((scenario) => ({
    ...scenario,
    asideTexts: scenario.asideTexts.filter((text) => !text.startsWith(SUMMED_UP)),
  }));

type Notes = { refusal?: { message: string }; signatures?: { moved: number; sentinel: number } };

/** `trouble` is asked before each answer. */
export function startGoogle(trouble: Trouble = () => undefined): Google {
  const mock = createMockFetch({
    scenarios: SAID,
    random: createSeededRandom(11),
    clock: systemClock,
    self: STAND_IN,
  });
  const asked: Asked[] = [];
  const refused: string[] = [];
  let odd = 0;
  const answer = async (request: Request): Promise<Response> => {
    const { url, method, signal } = request;
    const text = await request.text();
    if (text === '') return mock(url, { method, signal }, { id: 'compat', labels: {}, note() {} });
    const body: GenerateContentRequest = JSON.parse(text);
    const [, model = '', called = ''] = /models\/([^:]+):(\w+)/.exec(url) ?? [];
    const caller = callerOf(body);
    const notes: Notes = {};
    const exchange: Exchange = {
      id: 'compat',
      labels: { caller },
      note: (name, value) => Object.assign(notes, { [name]: value }),
    };
    const seen = { method: called, model, caller, body };
    const reply = trouble(seen) ?? (await mock(url, { method, body: text, signal }, exchange));
    if (notes.refusal) refused.push(notes.refusal.message);
    odd += (notes.signatures?.moved ?? 0) + (notes.signatures?.sentinel ?? 0);
    const [toProxy, kept] = reply.body?.tee() ?? [null, null];
    asked.push({ ...seen, answer: new Response(kept).text() });
    return new Response(toProxy, reply);
  };
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: answer });
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    refused,
    oddSignatures: () => odd,
    stop: () => server.stop(true),
  };
}
