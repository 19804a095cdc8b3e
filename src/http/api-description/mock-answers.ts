/** What the mock and a replay tell tests. */
import { type Static, Type } from '@sinclair/typebox';
import { Nullable } from '../../anthropic/schema-words.ts';
import type { Json } from '../../lib/json.ts';
import { TEST_ID_SCHEMA } from '../mocking/test-id.ts';
import { date, text } from './answer-words.ts';

const status = (description: string) => Nullable(Type.Integer({ minimum: 100, maximum: 599, description }));
const body = (description: string) => Type.Unsafe<Json>({ description });
const faults = (description: string) => Type.Array(Type.String(), { description });

export const JournalAttempt = Type.Object(
  {
    model: Nullable(text('The Gemini model that was asked; null for a request that is for no model.')),
    method: Nullable(text("Google's method, such as `streamGenerateContent`.")),
    body: body('What Gemini was sent, parsed.'),
    status: status('The status of the answer; null where no answer came.'),
    error: Nullable(text('Why the connection failed.')),
    source: Nullable(
      text('What answered: `scenario/step` of the mock, or `replay/request` of the recording.'),
    ),
    faults: faults('The rules of faults that struck this attempt, as they were written.'),
  },
  { description: 'One request that was sent in the direction of Gemini.' },
);
export type JournalAttempt = Static<typeof JournalAttempt>;

export const JournalEntry = Type.Object(
  {
    id: text('The `request-id` of the answer.'),
    at: date('When the request came.'),
    test_id: text('The `x-test-id` of the request, or `default`.'),
    method: text('The method of the request.'),
    path: text('The path as the client wrote it, with its query.'),
    headers: Type.Record(Type.String(), Type.String(), {
      description: 'The headers of the client, with secrets blotted out.',
    }),
    body: body(
      'The body of the client, parsed; its text where it is no JSON; null where no body was read, as where the key was wrong.',
    ),
    caller: Nullable(
      text('The kind of request: `main`, `subagent`, `title` …; null where the body was not understood.'),
    ),
    answer: Type.Object(
      {
        status: status(
          'The status that the client got; null while there is none yet, and where the client left before there was one.',
        ),
        stop_reason: Nullable(text('Why the answer ended.')),
        error: Nullable(
          Type.Object(
            { type: text("Anthropic's name of the error."), message: text('What the client was told.') },
            { description: 'The error that the client got, in a status or in the stream.' },
          ),
        ),
        source: Nullable(text('What answered, of the last attempt that was answered: `scenario/step`.')),
      },
      { description: 'What the client got.' },
    ),
    faults: faults('The rules of faults that struck, in the order of the attempts.'),
    attempts: Type.Array(JournalAttempt, {
      description: 'What was sent in the direction of Gemini, oldest first.',
    }),
  },
  { description: 'One request of a client.' },
);
export type JournalEntry = Static<typeof JournalEntry>;

const testId = (description: string) =>
  Type.Optional(Nullable(Type.String({ ...TEST_ID_SCHEMA, description })));

export const ResetParams = Type.Object({
  test_id: testId('Only what belongs to this `x-test-id`; without it, everything.'),
});
export type ResetParams = Static<typeof ResetParams>;

export const ResetAnswer = Type.Object(
  { test_id: Nullable(text('The test that begins anew; null for all of them.')) },
  { description: 'What was forgotten.' },
);
export type ResetAnswer = Static<typeof ResetAnswer>;

export const FaultsParams = Type.Object({
  faults: text('The rules, as `FAULTS` has them. An empty text for none.'),
  test_id: testId('For the requests with this `x-test-id`; without it, for those that have none.'),
});
export type FaultsParams = Static<typeof FaultsParams>;

export const FaultsAnswer = Type.Object(
  {
    test_id: text('The test whose requests to Gemini fail by these rules.'),
    faults: faults('The rules, one by one.'),
  },
  { description: 'The faults from now on.' },
);
export type FaultsAnswer = Static<typeof FaultsAnswer>;

export const JournalAnswer = Type.Object(
  {
    requests: Type.Array(JournalEntry, { description: 'Oldest first.' }),
    dropped: Type.Integer({
      minimum: 0,
      description: 'How many older requests are not kept any more.',
    }),
  },
  { description: 'The requests of clients that the mock or the replay has got.' },
);
export type JournalAnswer = Static<typeof JournalAnswer>;
