/** Every class of failure that Google tells: refusals with a status, error objects in a stream. */
import type { JsonObject } from '../../../src/lib/json.ts';
import type { TurnCases } from '../build.ts';
import {
  asBody,
  asEvent,
  chunk,
  counts,
  end,
  googleError,
  type Reply,
  refuses,
  refusesWith,
  says,
  text,
  thought,
} from '../wire.ts';
import { BASH } from './asks.ts';

const hello = says(chunk([text('Hello.')]), end());
const twice = (reply: Reply): Reply[] => [reply, reply];

const TYPE = 'type.googleapis.com/google.rpc';
const QUOTA = 'You exceeded your current quota, please check your plan and billing details.';
const TOO_LONG = 'The input token count exceeds the maximum number of tokens allowed';
const BUSY = 'This model is currently experiencing high demand. Please try again later.';

const retryInfo = (retryDelay: string): JsonObject => ({ '@type': `${TYPE}.RetryInfo`, retryDelay });
const quotaFailure = (quotaId: string): JsonObject => ({
  '@type': `${TYPE}.QuotaFailure`,
  violations: [{ quotaMetric: 'generativelanguage.googleapis.com/requests', quotaId, quotaValue: '10' }],
});

/** Another attempt would be useless: the client is told at once. */
const REFUSED: TurnCases = {
  'status-400': {
    shows: 'INVALID_ARGUMENT, with the field violation that Google found',
    replies: [
      refuses(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.', [
        {
          '@type': `${TYPE}.BadRequest`,
          fieldViolations: [{ field: 'contents[0]', description: 'Unknown name "x"' }],
        },
      ]),
    ],
  },
  'status-400-signature': {
    shows: 'A signature that Google cannot read: asked once more without any, which is no retry',
    replies: [refuses(400, 'INVALID_ARGUMENT', 'Corrupted thought signature.'), hello],
  },
  'status-400-schema': {
    shows:
      'A schema that Google does not take, told by a place inside of it: asked once more with a simple form, which is no retry',
    ask: { tools: [BASH] },
    replies: [
      refuses(400, 'INVALID_ARGUMENT', 'value for description at properties.command must be a poem'),
      hello,
    ],
  },
  'status-400-too-long': {
    shows: 'A prompt over the window: the words that make Claude Code compact',
    replies: [
      refuses(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
      ),
    ],
  },
  'status-400-too-long-maximum': {
    shows: 'The same with the maximum alone: the prompt is counted, so that both numbers are told',
    replies: [refuses(400, 'INVALID_ARGUMENT', `${TOO_LONG} (1048576).`), counts(1_196_265)],
  },
  'status-400-too-long-plain': {
    shows: 'The same in a third wording, while Google cannot count: told as just over the maximum',
    replies: [refuses(400, 'INVALID_ARGUMENT', `${TOO_LONG} 1048576.`), refuses(503, 'UNAVAILABLE', BUSY)],
  },
  'status-400-bad-key': {
    shows: 'A bad key, which Google calls 400: an authentication error that is not retried',
    replies: [refuses(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.')],
  },
  'status-400-location': {
    shows: 'FAILED_PRECONDITION: a region that is not served',
    replies: [refuses(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.')],
  },
  'status-400-image': {
    shows: 'A picture that Google cannot read: the words after which clients leave it out',
    replies: [refuses(400, 'INVALID_ARGUMENT', 'Unable to process input image.')],
  },
  'status-401': {
    shows: 'UNAUTHENTICATED',
    replies: [refuses(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')],
  },
  'status-402': { shows: 'A status that Google does not use, from a front', replies: [refusesWith(402, '')] },
  'status-403': {
    shows: 'PERMISSION_DENIED',
    replies: [refuses(403, 'PERMISSION_DENIED', 'The caller does not have permission')],
  },
  'status-404': {
    shows: 'NOT_FOUND: a model that is gone',
    gemini: 'gemini-2.0-flash',
    replies: [refuses(404, 'NOT_FOUND', 'models/gemini-2.0-flash is not found for API version v1beta.')],
  },
  'status-409': { shows: 'A conflict', replies: [refuses(409, 'ABORTED', 'The operation was aborted.')] },
  'status-413': {
    shows: 'A body over Google’s limit, as a page of HTML',
    replies: [refusesWith(413, '<html><title>413</title></html>', { 'content-type': 'text/html' })],
  },
  'status-429': {
    shows: 'RESOURCE_EXHAUSTED without details',
    replies: [refuses(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).')],
  },
  'status-429-minute': {
    shows: 'A quota per minute with RetryInfo: the client is told how long to wait',
    replies: [
      refuses(429, 'RESOURCE_EXHAUSTED', `${QUOTA} Please retry in 21.4s.`, [
        quotaFailure('GenerateRequestsPerMinutePerProjectPerModel'),
        retryInfo('21s'),
      ]),
    ],
  },
  'status-429-day': {
    shows: 'A quota of the day with a short retryDelay all the same: waiting is no use',
    replies: [
      refuses(429, 'RESOURCE_EXHAUSTED', QUOTA, [
        retryInfo('47s'),
        quotaFailure('GenerateRequestsPerDayPerProjectPerModel-FreeTier'),
      ]),
    ],
  },
};

/** Worth another attempt. */
const PASSING: TurnCases = {
  'status-408': {
    shows: 'A timeout upstream, twice',
    replies: twice(refusesWith(408, 'Request Timeout', { 'content-type': 'text/plain' })),
  },
  'status-499': {
    shows: 'CANCELLED, then an answer',
    replies: [refuses(499, 'CANCELLED', 'The operation was cancelled.'), hello],
  },
  'status-500': {
    shows: 'INTERNAL, twice',
    replies: twice(refuses(500, 'INTERNAL', 'An internal error has occurred.')),
  },
  'status-502': {
    shows: 'A front’s page of HTML, then an answer',
    replies: [refusesWith(502, '<html><title>502</title></html>', { 'content-type': 'text/html' }), hello],
  },
  'status-503': { shows: 'UNAVAILABLE, twice', replies: twice(refuses(503, 'UNAVAILABLE', BUSY)) },
  'status-504': {
    shows: 'DEADLINE_EXCEEDED, twice',
    replies: twice(refuses(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.')),
  },
  'status-529': { shows: 'Overloaded, without a body, twice', replies: twice(refusesWith(529, '')) },
  'status-array': {
    shows: 'An error object inside an array, as the method without alt=sse gives it',
    replies: [
      refusesWith(
        400,
        asBody([googleError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.')]),
      ),
    ],
  },
};

const busyEvent = asEvent(googleError(503, 'UNAVAILABLE', BUSY));

const IN_STREAM: TurnCases = {
  'stream-error-first': {
    shows: 'An error event before anything else, then an answer',
    replies: [says(busyEvent), hello],
  },
  'stream-error-after-thoughts': {
    shows: 'An error event after thoughts: retried, nothing was shown',
    replies: [says(chunk([thought('Hm.')]), busyEvent), hello],
  },
  'stream-error-after-text': {
    shows: 'An error event after text: the client is told in the stream',
    replies: [says(chunk([text('Half an ans')]), busyEvent)],
  },
  'stream-error-bare': {
    shows: 'An error object without framing after good events, pretty-printed and without a final blank line',
    replies: [
      says(
        chunk([text('Half')]),
        asBody(googleError(499, 'CANCELLED', 'The operation was cancelled.')).trimEnd(),
      ),
    ],
  },
  'stream-error-without-code': {
    shows: 'An error object that has a name and no number',
    replies: [
      says(
        chunk([text('Half')]),
        asEvent({ error: { status: 'RESOURCE_EXHAUSTED', message: 'Too much at once.' } }),
      ),
    ],
  },
  'stream-error-grpc-code': {
    shows: 'An error object with gRPC’s code instead of a status',
    replies: [
      says(
        chunk([text('Half')]),
        asEvent({ error: { code: 14, message: 'connection lost', status: 'UNAVAILABLE' } }),
      ),
    ],
  },
  'stream-error-text': {
    shows: 'An error that is a sentence, twice',
    replies: twice(says(asEvent({ error: 'something went wrong' }))),
  },
  'stream-error-with-content': {
    shows: 'One object with content and an error: the content is not lost',
    replies: [
      says({
        raw: {
          candidates: [{ content: { parts: [{ text: 'Half' }], role: 'model' }, index: 0 }],
          ...googleError(500, 'INTERNAL', 'An internal error has occurred.'),
        },
      }),
    ],
  },
  'stream-error-not-retryable': {
    shows: 'An INVALID_ARGUMENT in mid-stream keeps its type',
    replies: [
      says(
        chunk([text('Half')]),
        asEvent(googleError(400, 'INVALID_ARGUMENT', 'The request is no longer valid.')),
      ),
    ],
  },
};

export const ERRORS: TurnCases = { ...REFUSED, ...PASSING, ...IN_STREAM };
