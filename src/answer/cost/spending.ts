/** Tells what requests to upstream have cost. */
import { listPriceOf } from '../../anthropic/list-prices.ts';
import type { GeminiModel, ModelTable } from '../../gemini/models.ts';
import type { UsageMetadata } from '../../gemini/wire.ts';
import { dollarsFor, type Occasion, type Rates, ratesOf, type Tokens } from '../../prices/prices.ts';
import type { SpentFor } from '../../trace/events.ts';
import { toUsage } from '../../translate/response/usage.ts';
import type { Job } from '../job.ts';
import type { AnswerPorts } from '../ports.ts';

/** The tokens that are paid for. */
export function paidTokens(usage: UsageMetadata): Tokens {
  const { input_tokens, cache_read_input_tokens, output_tokens, output_tokens_details } = toUsage(usage);
  return {
    in: input_tokens,
    cached: cache_read_input_tokens,
    out: output_tokens,
    thinking: output_tokens_details.thinking_tokens,
  };
}

/** From a day on Google answers in the names of some models with others, which have prices of their own. */
function answering(model: GeminiModel, models: ModelTable, at: string): GeminiModel {
  const { routed } = model.lifecycle;
  return routed && routed.from <= at ? models.row(routed.to) : model;
}

/** The rates for a request that `model` has answered; undefined where nobody knows them. */
export function geminiRates(model: GeminiModel, models: ModelTable, occasion: Occasion): Rates | undefined {
  return ratesOf(answering(model, models, occasion.at).price, occasion);
}

/** What was asked for, with which model and key. `asked`: the model in the client's request. */
export type Purchase = { for: SpentFor; asked: string; model: GeminiModel; key: string };

/**
 * What Anthropic would ask for the same. A request that failed would have been one; its servers judge actions without
 * asking money for the tokens, and have a price of their own for a search.
 */
const hasListPrice = (what: SpentFor, isLost: boolean): boolean =>
  !isLost && (what === 'answer' || what === 'summary');

const ISO_DAY = 10;

export function tellSpent(
  { for: what, asked, model, key }: Purchase,
  usage: UsageMetadata,
  isLost: boolean,
  { trace }: Pick<Job, 'trace'>,
  { clock, settings }: Pick<AnswerPorts, 'clock' | 'settings'>,
): void {
  const tokens = paidTokens(usage);
  const at = clock.wall().toISOString().slice(0, ISO_DAY);
  const promptTokens = usage.promptTokenCount ?? 0;
  const rates = geminiRates(model, settings.models, {
    at,
    promptTokens,
    service: usage.serviceTier?.toLowerCase(),
  });
  const list = hasListPrice(what, isLost) ? listPriceOf(asked) : undefined;
  const listRates = list && ratesOf(list, { at, promptTokens });
  trace.tell({
    type: 'spent',
    for: what,
    isLost: isLost || undefined,
    model: model.id,
    key,
    ...tokens,
    rates,
    dollars: rates && dollarsFor(tokens, rates),
    listRates,
    listDollars: listRates && dollarsFor(tokens, listRates),
  });
}
