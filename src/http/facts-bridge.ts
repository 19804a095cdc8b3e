/** Tells at the end of a request what is gathered on the way so far, until it is told where it happens. */
import type { Call } from './client-request.ts';

export function tellFacts({ facts, trace }: Call): void {
  const { model, geminiModel, replacedModel, replacedBecause } = facts;
  if (model !== undefined)
    trace.tell({
      type: 'asked',
      model,
      stream: facts.stream === true,
      caller: facts.caller ?? 'unknown',
      asker: facts.asker,
    });
  const key = facts.key?.slice(1) ?? '';
  if (replacedModel !== undefined && geminiModel !== undefined)
    trace.tell({ type: 'model-replaced', from: replacedModel, to: geminiModel, because: replacedBecause });
  if (geminiModel !== undefined) trace.tell({ type: 'chosen', model: geminiModel, key, why: 'home' });
  if (geminiModel !== undefined && facts.key !== undefined)
    trace.tell({
      type: 'attempt',
      number: 1,
      model: geminiModel,
      key,
      streamed: facts.stream === true,
      paidBy: 'first',
    });
  for (let at = 0; at < facts.retries; at++)
    trace.tell({ type: 'step', step: 'retry', cost: 'budget', retriesLeft: 0 });
  for (let at = 0; at < facts.failovers; at++)
    trace.tell({ type: 'step', step: 'other-key', cost: 'nothing', retriesLeft: 0 });
  for (let at = 0; at < facts.mended; at++) trace.tell({ type: 'mended', what: 'request' });
}
