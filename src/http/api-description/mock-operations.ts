/** The operations with which tests ask the mock, or a replay. */
import type { JsonObject } from '../../lib/json.ts';
import { MOST_WANTED } from '../mocking/journal.ts';
import { TEST_ID_SCHEMA } from '../mocking/test-id.ts';
import { json, type Operation, query, WITH_KEY } from './operation-words.ts';

const testId = (description: string): JsonObject =>
  query('test_id', { type: 'string', ...TEST_ID_SCHEMA }, description);

export const MOCK_OPERATIONS = {
  'GET /__mock/requests': {
    tag: 'Tests',
    id: 'listMockRequests',
    summary: 'What came, and what was made of it',
    description:
      'The requests of clients, oldest first: also those that were refused. As many are kept as there is room for.',
    parameters: [
      testId('Only the requests with this `x-test-id`; `default` for those without one. Without it, all.'),
      // The page of the API asks for these as it is: all of them may be megabytes.
      {
        ...query('last', { type: 'integer', minimum: 1, maximum: MOST_WANTED }, 'Only so many, the latest.'),
        example: 3,
      },
    ],
    answers: { 200: { description: 'The requests.', content: json('JournalAnswer') } },
    errors: WITH_KEY,
  },
  'POST /__mock/reset': {
    tag: 'Tests',
    id: 'resetMock',
    summary: 'Begin anew',
    description:
      'Forgets everything about a test, or about all: its requests, the counts of scenarios and faults, the faults that were set, what was learned of models, the place in a recording. Requests under way go on as they began.',
    body: 'ResetParams',
    isBodyOptional: true,
    answers: { 200: { description: 'It is forgotten.', content: json('ResetAnswer') } },
    errors: WITH_KEY,
  },
  'POST /__mock/faults': {
    tag: 'Tests',
    id: 'setMockFaults',
    summary: 'Make upstream fail',
    description:
      'Replaces the faults of a test, and counts its requests anew. They hold until they are replaced, or until the test begins anew with those of `FAULTS`.',
    body: 'FaultsParams',
    answers: { 200: { description: 'The faults from now on.', content: json('FaultsAnswer') } },
    errors: WITH_KEY,
  },
} as const satisfies Record<string, Operation>;
