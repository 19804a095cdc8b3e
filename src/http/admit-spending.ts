/** Admits requests by what they may cost: DAILY_BUDGET_USD, and the limits of CLIENT_KEYS. */
import { geminiRates } from '../answer/cost/spending.ts';
import type { OutgoingMessage } from '../answer/outgoing.ts';
import { MessagesError } from '../anthropic/errors.ts';
import type { Permit, Refusal } from '../limits/spending-limits.ts';
import { dollarsFor } from '../prices/prices.ts';
import type { ClientRequest } from './client-request.ts';
import type { ServerDeps } from './deps.ts';

/** What is reserved for the output of a request, in tokens: most answers have fewer. */
const USUAL_OUTPUT = 1_000;
const SECOND_MS = 1_000;
const ISO_DAY = 10;

/** Throws the error for the client where it may not ask now. */
export function admitSpending(outgoing: OutgoingMessage, client: ClientRequest, deps: ServerDeps): Permit {
  const { settings, limits, clock, admission } = deps;
  const tokens = () => outgoing.tokens();
  const dollars = () => {
    const at = clock.wall().toISOString().slice(0, ISO_DAY);
    const prompt = tokens();
    const rates = geminiRates(outgoing.model, settings.models, { at, promptTokens: prompt });
    return rates && dollarsFor({ in: prompt, cached: 0, out: USUAL_OUTPUT, thinking: 0 }, rates);
  };
  const admitted = limits.admit({
    budget: settings.dailyBudget,
    client: client.named,
    model: outgoing.model.id,
    dollars,
    tokens,
  });
  if ('refusal' in admitted)
    throw told(admitted.refusal, limits.resetsAt(), admission.batched.has(client.request));
  const { near } = admitted;
  if (near) {
    const whose =
      near.client === undefined ? 'DAILY_BUDGET_USD' : `CLIENT_KEYS, dollarsPerDay of ${near.client}`;
    client.warn(
      'budget',
      'answer',
      `${Math.round(near.share * 100)} % of $${near.limit} (${whose}) is spent today`,
    );
  }
  return admitted;
}

const timeOf = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ')} UTC`;

const capText = ({ client, limit }: Extract<Refusal, { kind: 'spent' | 'reserved' }>): string =>
  client === undefined
    ? `The daily budget of this proxy, $${limit} (DAILY_BUDGET_USD),`
    : `The daily budget of ${client}, $${limit} (CLIENT_KEYS),`;

/**
 * Claude Code ends its turn at a 429 that is not to be retried, and shows the message. A batch waits: its requests are
 * run when the budget is there again.
 */
function told(refusal: Refusal, resetsAt: number, isOfBatch: boolean): MessagesError {
  const retryAfter = Math.max(1, Math.ceil(refusal.waitMs / SECOND_MS));
  switch (refusal.kind) {
    case 'spent':
      return new MessagesError(
        'rate_limit_error',
        `${capText(refusal)} is used up. It is there again at ${timeOf(resetsAt)}.`,
        {
          retryAfter,
          ...(isOfBatch ? {} : { shouldRetry: false }),
        },
      );
    case 'reserved':
      return new MessagesError(
        'rate_limit_error',
        `${capText(refusal)} is nearly used up, and requests that are under way may take the rest. Try again in ${retryAfter} s.`,
        { retryAfter },
      );
    case 'rate': {
      const { client, limit, what } = refusal;
      return new MessagesError(
        'rate_limit_error',
        `${client} may send ${limit} ${what === 'tokens' ? 'input tokens' : 'requests'} a minute (CLIENT_KEYS). Try again in ${retryAfter} s.`,
        { retryAfter },
      );
    }
  }
}
