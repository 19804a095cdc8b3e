/** What `/health` tells of usage. */
import { type Static, Type } from '@sinclair/typebox';
import { count, date, oneOf, text } from './answer-words.ts';

const dollars = (description: string) => Type.Number({ minimum: 0, description });

const knownOrNull = (description: string) =>
  Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description });

const BudgetAnswer = Type.Object({
  limit: dollars('`DAILY_BUDGET_USD`.'),
  spent: dollars('Today, by all instances.'),
  reserved: dollars('What requests under way may cost.'),
  state: oneOf(
    ['ok', 'near', 'spent'],
    '`near`: 80 % are spent. `spent`: requests are refused until `resets_at`.',
  ),
  resets_at: date('When the day ends.'),
});
export type BudgetAnswer = Static<typeof BudgetAnswer>;

const SpentAnswer = Type.Object({
  requests: count('Requests for messages.'),
  errors: count('Those that were told an error.'),
  tokens_in: count('Input tokens, without the cached ones.'),
  tokens_cached: count('Input tokens that came from a cache.'),
  tokens_out: count('Output tokens, with those of thoughts.'),
  dollars: knownOrNull('By the prices of Google; null where no price is known.'),
  unpriced_calls: count('Upstream requests whose price is not known.'),
  list_dollars: dollars('What Anthropic asks by its list for the same tokens.'),
});
export type SpentAnswer = Static<typeof SpentAnswer>;

export const UsageAnswer = Type.Object({
  today: SpentAnswer,
  budget: Type.Optional(BudgetAnswer),
  clients: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({
        requests: count('Today.'),
        dollars: knownOrNull('Today; null where no price is known.'),
        dollars_per_day: Type.Optional(dollars('What the client may spend in a day.')),
      }),
      { description: 'The clients of `CLIENT_KEYS`.' },
    ),
  ),
  session: Type.Optional(
    Type.Composite([SpentAnswer, Type.Object({ model: text('The model that has written most.') })], {
      description: 'With `?session=<label>`: all that the session has used.',
    }),
  ),
  resets_at: date('When the day ends.'),
});
export type UsageAnswer = Static<typeof UsageAnswer>;
