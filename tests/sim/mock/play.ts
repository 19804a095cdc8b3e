/** A small client on Gemini's wire: it says a prompt and answers every call, until a text without calls ends it. */
import type { GenerateContentResponse, ResponsePart } from '../../../src/gemini/wire.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { ask, declare, fakeExchange, type Note, partsOf, textOf, userSays } from './harness.ts';

export type Call = NonNullable<ResponsePart['functionCall']>;

/** The result of a tool for its arguments; an Error is a failed call. */
export type Tools = Readonly<Record<string, (args: Record<string, unknown>) => string | Error>>;

export type Play = {
  fetch: Fetch;
  prompt: string;
  tools: Tools;
  caller?: string;
  model?: string;
  /** The history before the prompt; what is said and done is added behind it. */
  contents?: unknown[];
};

export type Played = {
  /** The calls of each step. */
  steps: Call[][];
  text: string;
  /** Of the last answer. */
  chunks: GenerateContentResponse[];
  notes: Note[];
};

const ENVIRONMENT = '<system-reminder>\n - Primary working directory: /home/dev/project\n</system-reminder>';
const MOST_STEPS = 20;

export const namesOf = ({ steps }: Played): string[][] =>
  steps.map((calls) => calls.map((call) => call.name ?? ''));

export async function play(options: Play): Promise<Played> {
  const { fetch, prompt, tools, caller = 'main', model = 'gemini-4-argon', contents = [] } = options;
  contents.push({ role: 'user', parts: [{ text: ENVIRONMENT }, ...userSays(prompt).parts] });
  const exchange = fakeExchange(caller);
  const steps: Call[][] = [];
  while (steps.length < MOST_STEPS) {
    const body = { contents, tools: declare(...Object.keys(tools)) };
    const chunks = await ask(fetch, model, body, exchange);
    const parts = partsOf(chunks).filter(
      (part) => !part.thought && (part.text !== '' || part.thoughtSignature),
    );
    contents.push({ role: 'model', parts });
    const calls = parts.flatMap((part) => part.functionCall ?? []);
    if (calls.length === 0) return { steps, text: textOf(chunks), chunks, notes: exchange.notes };
    steps.push(calls);
    contents.push({ role: 'user', parts: calls.map((call) => respond(call, tools)) });
  }
  throw new Error(`no end after ${MOST_STEPS} steps`);
}

function respond({ name = '', id, args = {} }: Call, tools: Tools) {
  const given = tools[name]?.(args) ?? new Error(`no tool is called ${name}`);
  const response = given instanceof Error ? { error: given.message } : { output: given };
  return { functionResponse: { ...(id ? { id } : {}), name, response } };
}
