/** The headers of answers that are the proxy's own. */
import type { JsonObject } from '../../lib/json.ts';

export const HEADERS = {
  'request-id': {
    description: 'The id of the request. It is in the log, too, and in the body of an error.',
    required: true,
    schema: { type: 'string', pattern: '^req_[A-Za-z0-9_-]{1,36}$' },
  },
  'retry-after': {
    description: 'Seconds to wait before the next attempt. Absent where nothing is known.',
    schema: { type: 'integer', minimum: 0 },
  },
  'x-should-retry': {
    description: '`false`: no further attempt of this request can succeed. Clients of Anthropic obey it.',
    schema: { type: 'string', enum: ['true', 'false'] },
  },
  'x-gemini-model': {
    description:
      'The Gemini model that answers, as far as that is known when the head is sent. `RESPONSE_HEADERS=false` leaves out this header and those below.',
    schema: { type: 'string' },
  },
  'x-proxy-warnings': {
    description:
      'The kinds of warnings that the translation of the request has caused, parted by commas; the log has each. Absent where there were none.',
    schema: { type: 'string' },
  },
  'x-fallback-model': {
    description:
      'The request went to another model: `<model>; in-place-of=<model>; because=<failure>`. Absent where it went to the mapped model alone.',
    schema: { type: 'string' },
  },
  'x-model-notice': {
    description:
      'What the user should know of the Gemini model, in words: Google is about to retire it, has retired it, or answers with another. Absent for other models.',
    schema: { type: 'string' },
  },
  'x-mock-source': {
    description:
      'What answers in place of Gemini: `scenario/step` of the mock, or `replay/request` of the recording. Absent where Gemini answers, and where a fault struck before anything could.',
    schema: { type: 'string' },
  },
} as const satisfies Record<string, JsonObject>;
export type HeaderName = keyof typeof HEADERS;
