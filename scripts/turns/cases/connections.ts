/** Connections that fail or break, silence, and clients that leave. */
import type { TurnCases } from '../build.ts';
import {
  asBody,
  breaksAfter,
  chunk,
  clientLeavesAfter,
  end,
  googleError,
  neverAnswers,
  type Reply,
  says,
  silentAfter,
  text,
  unreachable,
} from '../wire.ts';

const hello = says(chunk([text('Hello.')]), end());
const twice = (reply: Reply): Reply[] => [reply, reply];

export const CONNECTIONS: TurnCases = {
  'network-refused': {
    shows: 'No connection, twice',
    replies: twice(
      unreachable('ConnectionRefused', 'Unable to connect. Is the computer able to access the url?'),
    ),
  },
  'network-reset-before-content': {
    shows: 'A reset after the head, then an answer',
    replies: [breaksAfter(), hello],
  },
  'network-reset-after-text': {
    shows: 'A reset after text',
    replies: [breaksAfter(chunk([text('Half an ans')]))],
  },
  'network-reset-after-error': {
    shows: 'A reset behind an error object: the object says more',
    replies: [
      breaksAfter(
        chunk([text('Half')]),
        asBody(googleError(500, 'INTERNAL', 'An internal error has occurred.')).trimEnd(),
      ),
    ],
  },
  'network-reset-after-finish': {
    shows: 'A reset after the finishReason and its counts: the answer is whole',
    replies: [breaksAfter(chunk([text('All of it.')], { finishReason: 'STOP' }))],
  },
  'network-reset-after-finish-uncounted': {
    shows: 'A reset after the finishReason, before any counts: something was still to come',
    replies: [
      breaksAfter({
        ...(chunk([text('All of it?')], { finishReason: 'STOP' }) as object),
        usageMetadata: {},
      }),
    ],
  },
  'network-reset-in-code-execution': {
    shows:
      'A reset after a finishReason and counts, while code of the model’s runs: its result was still to come',
    gemini: 'gemini-2.5-flash',
    replies: [
      breaksAfter(
        chunk(
          [text('Let me compute that.'), { executableCode: { language: 'PYTHON', code: 'print(6 * 7)' } }],
          {
            finishReason: 'STOP',
          },
        ),
      ),
    ],
  },
  'network-reset-in-event-after-finish': {
    shows: 'A reset inside an event after the finishReason and its counts: nobody knows what it said',
    replies: [
      breaksAfter(chunk([text('All of it?')], { finishReason: 'STOP' }), 'data: {"candidates": [{"con'),
    ],
  },
  'silence-after-finish': {
    shows:
      'A body that does not end after the finishReason and its counts: two seconds, then the answer is whole',
    replies: [silentAfter(chunk([text('All of it.')]), end(), { pause: 500 }, ': still here\n\n')],
  },
  'silence-in-code-execution': {
    shows:
      'Silence after a first finishReason, while code of the model’s runs, is waited for; after the last one it is not',
    gemini: 'gemini-2.5-flash',
    replies: [
      silentAfter(
        chunk([{ executableCode: { language: 'PYTHON', code: 'print(6 * 7)' } }], { finishReason: 'STOP' }),
        { pause: 5_000 },
        chunk([{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '42\n' } }]),
        { pause: 5_000 },
        chunk([text('It is 42.')], { finishReason: 'STOP' }),
      ),
    ],
  },
  'silence-of-many-events': {
    shows:
      'Comments, counts and empty events for ever: none of them says anything, so our own deadline ends it',
    replies: [
      silentAfter(
        chunk([text('Half an ans')]),
        { pause: 90_000 },
        ': still here\n\n',
        { pause: 90_000 },
        { usageMetadata: { promptTokenCount: 120, candidatesTokenCount: 3 } },
        { pause: 59_000 },
        chunk([text('')]),
      ),
    ],
  },
  'timeout-head': { shows: 'No head in time, then an answer', replies: [neverAnswers(), hello] },
  'timeout-after-text': {
    shows: 'Silence after text: signs of life for the client, then our own deadline',
    replies: [silentAfter(chunk([text('Half an ans')]))],
  },
  'client-leaves': {
    shows: 'The client leaves in the middle of a text: upstream is cut off',
    replies: [clientLeavesAfter(chunk([text('Once upon ')]), chunk([text('a time')]))],
  },
  'slow-thoughts': {
    shows: 'Half a minute of silence before an answer: pings, and the head after eight seconds',
    replies: [
      says(
        { pause: 31_000 },
        chunk([text('Worth the wait.')]),
        { pause: 12_000 },
        chunk([text(' Was it?')]),
        end(),
      ),
    ],
  },
};
