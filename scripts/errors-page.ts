/** `docs/errors.md`: what the proxy does for each way in which Gemini fails, from the table that decides it. */
import { UpstreamError } from '../src/gemini/errors.ts';
import { failureClass } from '../src/gemini/failure.ts';
import type { FailureClass } from '../src/gemini/failure-class.ts';
import { guidanceFor, isRetryable, toMessagesError } from '../src/translate/errors.ts';

const STATUS_NAMES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
};
const status = (code: number, message = 'What Google said.') =>
  new UpstreamError('status', message, {
    status: code,
    google: { code, message, status: STATUS_NAMES[code] ?? 'INVALID_ARGUMENT' },
  });
/** A gateway's answer in place of Google's. */
const page = (code: number) => new UpstreamError('status', `HTTP ${code}`, { status: code });
const daily: UpstreamError = new UpstreamError('status', 'Quota exceeded.', {
  status: 429,
  google: { code: 429, details: [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }] }] },
});

type Sample = readonly [wire: string, error: UpstreamError];

/** What each class of failure looks like on the wire, with an example. */
const SAMPLES = {
  key: ["400 `API key not valid`, not found, expired; Google's 401", status(400, 'API key not valid.')],
  credentials: [
    "Vertex AI's 401, and its 403 about a permission; no token to be had",
    new UpstreamError('status', 'What Google said.', { status: 401, means: 'credentials' }),
  ],
  billing: [
    '429 of prepaid credit, a spending cap or `quota_limit_value: "0"`; 402; `BILLING_DISABLED`; no free tier',
    status(429, 'Your prepayment credits are depleted.'),
  ],
  barred: ["403 without Google's own reason; a front's 403, 407 or 451", page(403)],
  address: ["404, 405 or 410 that is not Google's; a redirect", page(404)],
  'quota-minute': ['429 with a wait', status(429, 'Please retry in 20s.')],
  'quota-day': ['429 with a `PerDay` quota', daily],
  'model-missing': ["Google's 404, or 403, about the model", status(404)],
  schema: ['400 about a function declaration or a schema', status(400, 'function_declarations[0]: bad')],
  signature: ['400 about a thought signature', status(400, 'Corrupted thought signature.')],
  thinking: [
    '400 about a thinking level or budget',
    status(400, 'Thinking level is not supported for this model.'),
  ],
  'context-overflow': [
    '400 `The input token count (…) exceeds the maximum …`',
    status(400, 'The input token count (12) exceeds the maximum number of tokens allowed (10).'),
  ],
  'too-large': ['413; 400 `Request payload size exceeds the limit`; more than 20 MB, not sent', page(413)],
  'upload-failed': [
    'an upload of what is too large for a request: 5xx, 429, no connection',
    new UpstreamError('status', 'x', { status: 503, means: 'upload-failed' }),
  ],
  'upload-refused': [
    'any other refusal of such an upload',
    new UpstreamError('status', 'x', { status: 400, means: 'upload-refused' }),
  ],
  'content-filter': ['400 about prohibited content', status(400, 'Responsible AI')],
  media: ['400 about a picture', status(400, 'Unable to process input image')],
  region: ['400 `User location is not supported`', status(400, 'User location is not supported')],
  request: ['any other 4xx', status(400)],
  network: ['a broken connection', new UpstreamError('network', 'ECONNRESET')],
  timeout: ['408, 504; no head, or silence, for too long', status(504)],
  overloaded: ['503, 529, a 429 that says `MODEL_CAPACITY_EXHAUSTED`', status(503)],
  internal: ['any other 5xx; 499', status(500)],
  malformed: [
    'a stream that breaks off, is no JSON, or holds no answer',
    new UpstreamError('malformed', 'x'),
  ],
} as const satisfies Record<FailureClass, Sample>;

/** The same class, but the client is told something else. */
const OTHERWISE: Partial<Record<FailureClass, Sample>> = {
  key: ['403: leaked, suspended, or without the API', status(403, 'Your API key was reported as leaked.')],
  barred: ["a front's 401", page(401)],
  network: [
    'no way to the host; never another model',
    new UpstreamError(
      'unreachable',
      'cannot reach generativelanguage.googleapis.com: ECONNREFUSED (nothing listens there)',
    ),
  ],
  'model-missing': ['429 with `limit: 0`', status(429, 'Quota exceeded, limit: 0, model: x')],
};

const BY_POOL = 'with another key, or after a wait';
const BY_MENDING = 'once, mended';

/** What the proxy does before it tells the client; retries are told by the table itself. */
const INSTEAD: Partial<Record<FailureClass, string>> = {
  key: 'with another key',
  billing: 'with another key',
  barred: 'once, with another key',
  'quota-minute': BY_POOL,
  'quota-day': 'with another key, then another model',
  'model-missing': 'with another key, then another model',
  schema: BY_MENDING,
  signature: BY_MENDING,
  thinking: BY_MENDING,
};

function toldText(error: UpstreamError): string {
  const { status: code, type, retryAfter, shouldRetry } = toMessagesError(error);
  const hints = [
    retryAfter === undefined ? '' : ', `retry-after`',
    shouldRetry === false ? ', `x-should-retry: false`' : '',
  ].join('');
  return `${code} \`${type}\`${hints}`;
}

/** What the client is told of a failure of this class, as a rule. */
export const toldOf = (name: FailureClass): string => toldText(SAMPLES[name][1]);

function row(name: FailureClass, [wire, error]: Sample): string {
  if (failureClass(error) !== name) throw new Error(`the sample of ${name} is ${failureClass(error)}`);
  const again = isRetryable(error) ? 'yes' : (INSTEAD[name] ?? 'no');
  return `| ${name} | ${wire} | ${again} | ${toldText(error)} | ${guidanceFor(error)} |`;
}

function rows(name: FailureClass): string[] {
  const otherwise = OTHERWISE[name];
  return [row(name, SAMPLES[name]), ...(otherwise ? [row(name, otherwise)] : [])];
}

const names = Object.keys(SAMPLES).filter((name): name is FailureClass => name in SAMPLES);

export const errorsPage = (): string => `# What becomes of upstream's errors

Generated by \`bun run docs\` from the table in \`src/translate/errors.ts\`.

Before content, another attempt is made where the third column says so, within the ceilings and the budget
([why](decisions/0022-breakers-and-budget.md)). What is told then, or after content, is the fourth; inside a stream, whatever may be tried
again is told as \`overloaded_error\`, after which every client tries again by itself.

| class | on the wire | tried again | told | what to do |
| --- | --- | --- | --- | --- |
${names.flatMap(rows).join('\n')}

What is not sent at all, because the budget is spent or a breaker open, is told as 503 \`api_error\` with \`retry-after\`. Waits of up to
a minute are told as \`retry-after\`, up to five minutes as a minute; beyond, the message says when the key comes back.
`;
