/** What the questions will cost: told before, and held against the budget while they are asked. */
import type { GeminiModel, ModelTable } from '../../../src/gemini/models.ts';
import { tokenCounts } from '../../../src/gemini/token-counts.ts';
import type { UsageMetadata } from '../../../src/gemini/wire.ts';
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import { dollarsFor, ratesOf } from '../../../src/prices/prices.ts';
import { ANSWERED_TOKENS } from './conversation.ts';
import type { Probe } from './probe.ts';
import { asksForAnswer } from './requests.ts';

/** `requests` are all questions. Tokens and dollars are estimates of those that our simulator answers: refusals are free. */
export type Plan = { requests: number; models: number; input: number; output: number; dollars: number };

const CHARACTERS_PER_TOKEN = 3;
/** No answer to "Say hello." is longer, whatever its limit. */
const LONGEST = 1_024;

/** The tokens of a request and of its answer. */
function tokensOf({ asked }: Probe): { input: number; output: number } {
  if (!asksForAnswer(asked)) return { input: 0, output: 0 };
  const { body = '' } = asked;
  const parsed = tryParseJson(body);
  const config = isObject(parsed) && isObject(parsed['generationConfig']) ? parsed['generationConfig'] : {};
  const limit = Number(config['maxOutputTokens']) || 0;
  return {
    input: Math.ceil(body.trim().length / CHARACTERS_PER_TOKEN),
    output: Math.min(LONGEST, limit),
  };
}

/** The dollars of an answer; 0 where nobody knows the price. */
export function dollarsOf(model: GeminiModel, at: string, input: number, output: number): number {
  const rates = ratesOf(model.price, { at, promptTokens: input });
  return rates ? dollarsFor({ in: input, cached: 0, out: output, thinking: 0 }, rates) : 0;
}

export type Planned = {
  /** The model of each family. */
  families: readonly GeminiModel[];
  probes: readonly { probe: Probe; isTaken: boolean }[];
  /** Tokens that are kept for a minute, by model. */
  kept: readonly { model: GeminiModel; tokens: number }[];
  /** Requests beside the probes and the conversations. */
  others: number;
};

export function planOf({ families, probes, kept, others }: Planned, table: ModelTable, at: string): Plan {
  const plan: Plan = {
    requests: probes.length + others + families.length * ANSWERED_TOKENS.length,
    models: new Set(probes.map(({ probe }) => probe.model).filter((id) => table.own(id))).size,
    input: 0,
    output: 0,
    dollars: 0,
  };
  const add = (model: GeminiModel, input: number, output: number) => {
    plan.input += input;
    plan.output += output;
    plan.dollars += dollarsOf(model, at, input, output);
  };
  for (const { probe, isTaken } of probes) {
    const { input, output } = tokensOf(probe);
    if (isTaken) add(table.row(probe.model), input, output);
  }
  for (const model of families) for (const { input, output } of ANSWERED_TOKENS) add(model, input, output);
  for (const { model, tokens } of kept) add(model, tokens, 0);
  return plan;
}

/** Counts the dollars of what Google has answered. */
export class Spending {
  readonly #table: ModelTable;
  readonly #at: string;
  dollars = 0;

  constructor(table: ModelTable, at: string) {
    this.#table = table;
    this.#at = at;
  }

  add(model: string, usage: UsageMetadata | undefined): void {
    const counts = tokenCounts(usage);
    if (!counts) return;
    const {
      promptTokenCount: input = 0,
      candidatesTokenCount: said = 0,
      thoughtsTokenCount: thought = 0,
    } = counts;
    this.dollars += dollarsOf(this.#table.row(model), this.#at, input, said + thought);
  }
}
