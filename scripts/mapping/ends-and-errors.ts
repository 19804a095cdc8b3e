/** The tests that show what becomes of each end of an answer, and of each error. */
import type { ErrorType } from '../../src/anthropic/errors.ts';
import type { FailureClass } from '../../src/gemini/failure-class.ts';
import type { BlockReason, KnownFinishReason } from '../../src/translate/response/stop-reason.ts';
import { IN, type Row, row, type Shown } from './row.ts';

const turn = <Name extends string>(name: Name) => `fixtures/turns/${name}` as const;

export const ENDS = {
  STOP: turn('end-stop'),
  MAX_TOKENS: turn('end-max-tokens'),
  CONTINUATION: turn('end-continuation'),
  SAFETY: turn('end-safety'),
  RECITATION: turn('end-recitation'),
  BLOCKLIST: turn('end-blocklist'),
  PROHIBITED_CONTENT: turn('end-prohibited-content'),
  SPII: turn('end-spii'),
  LANGUAGE: turn('end-language'),
  ESCALATION: turn('end-escalation'),
  MODEL_ARMOR: turn('end-model-armor'),
  IMAGE_SAFETY: turn('end-image-safety'),
  IMAGE_PROHIBITED_CONTENT: turn('end-image-prohibited-content'),
  IMAGE_RECITATION: turn('end-image-recitation'),
  IMAGE_OTHER: turn('end-image-other'),
  NO_IMAGE: turn('end-no-image'),
  MALFORMED_FUNCTION_CALL: turn('end-malformed-function-call'),
  UNEXPECTED_TOOL_CALL: turn('end-unexpected-tool-call'),
  TOO_MANY_TOOL_CALLS: turn('end-too-many-tool-calls'),
  MISSING_THOUGHT_SIGNATURE: turn('end-missing-thought-signature'),
  MALFORMED_RESPONSE: turn('end-malformed-response'),
  OTHER: turn('end-other'),
  PUP_LIMITED_DISABLED: turn('end-pup-limited-disabled'),
} as const satisfies Record<KnownFinishReason, Shown>;

export const BLOCKED = {
  SAFETY: turn('blocked-safety'),
  BLOCKLIST: turn('blocked-blocklist'),
  PROHIBITED_CONTENT: turn('blocked-prohibited-content'),
  IMAGE_SAFETY: turn('blocked-image-safety'),
  MODEL_ARMOR: turn('blocked-model-armor'),
  JAILBREAK: turn('blocked-jailbreak'),
} as const satisfies Record<BlockReason, Shown>;

/** The classes of upstream's failures; what the client is told is in `translate/errors.ts`. */
export const FAILURES = {
  key: IN.failure,
  credentials: 'tests/http/models/vertex.test.ts',
  billing: 'tests/http/recovery/billing.test.ts',
  barred: 'tests/gemini/who-speaks.test.ts',
  address: 'tests/gemini/who-speaks.test.ts',
  'quota-minute': IN.failure,
  'quota-day': 'tests/http/recovery/quota.test.ts',
  'model-missing': IN.failure,
  schema: IN.failure,
  signature: IN.failure,
  thinking: 'tests/http/recovery/thinking-refused.test.ts',
  'context-overflow': IN.failure,
  'too-large': IN.failure,
  'upload-failed': 'tests/http/media/uploads-to-google.test.ts',
  'upload-refused': 'tests/http/media/uploads-to-google.test.ts',
  'content-filter': IN.failure,
  media: IN.failure,
  region: IN.failure,
  request: IN.failure,
  network: IN.failure,
  timeout: IN.failure,
  overloaded: IN.failure,
  internal: IN.failure,
  malformed: IN.failure,
} as const satisfies Record<FailureClass, Shown>;

/** The errors that the proxy tells by itself. */
export const OWN_ERRORS = {
  invalid_request_error: row('the request is wrong, or asks for what is not served', IN.refusals),
  authentication_error: row("no key of Gemini's works; or `PROXY_API_KEY` is another", IN.errors),
  billing_error: row('the project of the key has no money', 'tests/http/recovery/billing.test.ts'),
  permission_error: row('the key may not do this; or a page of another site asks', IN.errors),
  not_found_error: row('no such model, file or endpoint', 'tests/http/requests/envelope.test.ts'),
  conflict_error: row("Google's 409", IN.errors),
  request_too_large: row(
    'the body is larger than this proxy, or Google, takes',
    'tests/http/context/too-large.test.ts',
  ),
  rate_limit_error: row('a quota is used up, and no other key is left', IN.errors),
  api_error: row(
    'Google failed by its own account, cannot be reached, or is not asked for a while',
    IN.errors,
  ),
  timeout_error: row('Google did not answer in time', IN.errors),
  overloaded_error: row('Google is overloaded, or its answer broke off', IN.errors),
} as const satisfies Record<ErrorType, Row>;
