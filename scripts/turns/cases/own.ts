/** Counts, and turns that the proxy answers itself: upstream is asked for no answer. */
import type { TurnCase, TurnCases } from '../build.ts';
import { counts, neverAnswers, type Reply, refuses } from '../wire.ts';
import { BASH } from './asks.ts';

const COUNT = '/v1/messages/count_tokens';

const counting = (shows: string, reply: Reply, ask: TurnCase['ask'] = 'How many?'): TurnCase => ({
  shows,
  path: COUNT,
  ask,
  replies: [reply],
});

export const OWN: TurnCases = {
  'own-not-json': { shows: 'A body that is no JSON', body: '{"model": ' },
  'own-field-missing': {
    shows: 'A request without messages',
    body: '{"model":"claude-opus-5-5","max_tokens":5}',
  },
  'own-unknown-block': {
    shows: 'A block of a type that nobody knows, named by its place',
    body: '{"model":"claude-opus-5-5","max_tokens":5,"messages":[{"role":"user","content":[{"type":"smell"}]}]}',
  },
  'own-prefill': {
    shows: 'A last message of the assistant’s, which would be prefilled',
    ask: {
      messages: [
        { role: 'user', content: 'Go.' },
        { role: 'assistant', content: 'I' },
      ],
    },
  },
  'own-unknown-model': {
    shows: 'An id that names neither a Claude nor a Gemini model',
    ask: { model: 'gpt-5' },
  },
  'own-server-tool': {
    shows: 'A tool that only Anthropic’s servers run',
    ask: { tools: [BASH, { type: 'computer_20251124', name: 'computer' }] },
  },
  'own-empty-answer': {
    shows: '`max_tokens: 0` warms a cache: an empty message, and nothing asked of upstream',
    ask: { max_tokens: 0 },
  },
  'count-tokens': counting('A count', counts(42)),
  'count-tokens-busy': counting(
    'A count while Google is busy: an estimate instead of an error',
    refuses(503, 'UNAVAILABLE', 'Please try again later.'),
  ),
  'count-tokens-refused': counting(
    'A count that Google refuses',
    refuses(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'),
  ),
  'count-tokens-slow': counting('A count that does not come in ten seconds: an estimate', neverAnswers()),
};
