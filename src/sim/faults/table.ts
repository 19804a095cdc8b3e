/**
 * The table of faults, with one row for each fault. `--help`, the docs, the parser and the matrix test are made from
 * this table.
 */
import * as answer from './answers.ts';
import * as chunk from './chunks.ts';
import * as connection from './connection.ts';
import * as damage from './damage.ts';
import * as ending from './ending.ts';
import type { Behaviour, Effect, ErrorWord, FaultRow, RefusalMaker } from './fault.ts';
import * as framing from './framing.ts';
import * as head from './head.ts';
import * as order from './order.ts';
import * as pace from './pace.ts';
import * as quota from './quota.ts';
import * as status from './status.ts';

const same: Effect = { kind: 'same' };
const sameContent: Effect = { kind: 'same-content' };
const asSent: Effect = { kind: 'as-sent' };
/** The effect of one error, after another attempt where the client has seen nothing yet. */
const retried = (error: ErrorWord): Effect => ({ kind: 'error', error, retried: true });
/** The same effect as `retried`, except where the answer was complete before the fault. */
const retriedUnlessWhole = (error: ErrorWord): Effect => ({
  kind: 'error',
  error,
  retried: true,
  sparesWhole: true,
});
/** The effect of one error without another attempt. */
const told = (error: ErrorWord): Effect => ({ kind: 'error', error, retried: false });

type Row = (says: string, effect: Effect, behave: Behaviour, takes?: FaultRow['takes']) => FaultRow;

const rowOf =
  (family: FaultRow['family'], common: FaultRow['takes'] = {}): Row =>
  (says, effect, behave, takes = {}) => ({ family, says, effect, takes: { ...common, ...takes }, behave });

const onConnection = rowOf('connection');
const onHead = rowOf('head');
const onStream = rowOf('stream');
const onPace = rowOf('pace');
/** A fault of an event. By default it strikes the first event that it can change. */
const onEvent = rowOf('stream', { frame: undefined });
const PLACE = { frame: 1, byte: undefined, after: undefined };
const WAITS: FaultRow['takes'] = { 'retry-after': undefined, 'retry-info': undefined };

/** A fault that only refuses, so scenarios have it as an error, too. */
const refusing = (says: string, effect: Effect, refusal: RefusalMaker, takes = WAITS): FaultRow => ({
  ...onHead(says, effect, status.refuses(refusal), takes),
  refusal,
});

const refuses = (code: number, effect: Effect): FaultRow =>
  refusing(`HTTP ${code} with Google's error object`, effect, status.statusError(code));

const { fails, hangs, keepsSilent, losesAnswer } = connection;

export const FAULTS = {
  refused: onConnection(
    'nothing listens',
    retried('unreachable'),
    fails('ECONNREFUSED', 'ECONNREFUSED: Unable to connect. Is the computer able to access the url?'),
  ),
  dns: onConnection(
    'the name has no address',
    retried('unreachable'),
    fails('ENOTFOUND', 'getaddrinfo ENOTFOUND upstream.invalid'),
  ),
  tls: onConnection(
    'the TLS handshake fails',
    retried('unreachable'),
    fails('EPROTO', 'EPROTO: The TLS handshake failed. Does the server speak TLS on this port?'),
  ),
  'not-http': onConnection(
    'the answer is no HTTP',
    retried('overloaded'),
    fails('Malformed_HTTP_Response', 'Malformed_HTTP_Response fetching the url.'),
  ),
  closed: onConnection('upstream takes the request and hangs up', retried('overloaded'), losesAnswer),
  hang: onConnection('the connection is never made', retried('timeout'), hangs, { for: Infinity }),
  silence: onConnection('upstream takes the request and never says a word', retried('timeout'), keepsSilent, {
    for: Infinity,
  }),

  'http-400': refuses(400, told('invalid-request')),
  'http-401': refuses(401, told('authentication')),
  'http-403': refuses(403, told('permission')),
  'http-404': refuses(404, told('not-found')),
  'http-408': refuses(408, retried('timeout')),
  'http-413': refuses(413, told('too-large')),
  'http-429': refuses(429, told('rate-limit')),
  'http-499': refuses(499, retried('internal')),
  'http-500': refuses(500, retried('internal')),
  'http-502': refuses(502, retried('internal')),
  'http-503': refuses(503, retried('overloaded')),
  'http-504': refuses(504, retried('timeout')),
  'http-529': refuses(529, retried('overloaded')),
  'bad-key': refusing('the key is refused, with a 400', told('authentication'), status.badKey),
  location: refusing('this country is not served', told('permission'), status.wrongLocation),
  'too-long': refusing('the prompt exceeds the context window', told('invalid-request'), status.tooLong),
  // Google sends a short wait with the quota of the day, too.
  'daily-quota': refusing("429 for the day's quota", told('rate-limit'), quota.dayIsOver, {
    ...WAITS,
    'retry-info': 47_000,
  }),
  'minute-quota': refusing("429 for the minute's quota", told('rate-limit'), quota.minuteIsOver, {
    ...WAITS,
    'retry-info': 21_400,
  }),
  'quota-window': onHead(
    '429 for that long, with the seconds that are really left; with a limit, a new window follows each',
    told('rate-limit'),
    quota.keepsQuota,
    { for: 60_000, limit: 0 },
  ),
  html: onHead('a page instead of an error object', retried('internal'), head.answersPage, { code: 502 }),
  'html-200': onHead('a page instead of an answer', retried('overloaded'), head.answersPage, { code: 200 }),
  'empty-error': onHead('an error without a body', retried('overloaded'), head.answersNothing, { code: 503 }),
  'content-type': onHead('the right stream, labelled text/html', same, head.mislabels),
  'json-array': onHead('one JSON array, as without alt=sse', same, head.answersArray),
  redirect: onHead('a redirect, which is not followed', told('address'), head.redirects, {
    code: 302,
  }),
  'giant-headers': onHead('a header of that size', same, head.swells, { size: 100_000 }),
  'many-headers': onHead(
    'more headers than the HTTP client takes',
    retried('overloaded'),
    fails('Malformed_HTTP_Response', 'Malformed_HTTP_Response fetching the url.'),
  ),

  'wrong-encoding': onHead('it says gzip, and is not', retried('overloaded'), head.miscodes),
  'long-length': onHead(
    'it promises more bytes than come',
    retriedUnlessWhole('overloaded'),
    head.overstates,
  ),
  'short-length': onHead(
    'it promises fewer bytes than come, and the rest is lost',
    retried('overloaded'),
    head.understates,
    { byte: 100 },
  ),

  empty: onStream('200 and no body', retried('overloaded'), ending.cuts, { byte: 0 }),
  cut: onStream('the body ends there, as if it were whole', retried('overloaded'), ending.cuts, PLACE),
  reset: onStream('the connection breaks there', retriedUnlessWhole('overloaded'), ending.resets, PLACE),
  'no-last-chunk': onStream(
    'all bytes come, then the connection breaks',
    retriedUnlessWhole('overloaded'),
    ending.losesLastChunk,
  ),
  stall: onStream('silence from there on', retriedUnlessWhole('timeout'), ending.stalls, {
    ...PLACE,
    frame: 0,
    for: Infinity,
  }),
  'stall-mid-event': onStream('silence inside the event', retried('timeout'), ending.stallsMidEvent, {
    frame: 1,
    for: Infinity,
  }),
  'stall-mid-character': onStream(
    'silence inside a character of several bytes',
    retried('timeout'),
    ending.stallsMidCharacter,
    { frame: 1, for: Infinity },
  ),
  'stall-after-text': onStream(
    'silence when all is said but the end',
    retriedUnlessWhole('timeout'),
    ending.stallsAfterText,
    { for: Infinity },
  ),
  'stays-open': onStream(
    'the whole answer, and the connection stays open',
    retriedUnlessWhole('timeout'),
    ending.staysOpen,
    { for: Infinity },
  ),
  'error-object': onStream(
    'a bare error object in the stream, and its end',
    retried('overloaded'),
    ending.failsBare,
    { ...PLACE, code: 503 },
  ),
  'error-event': onStream(
    'an error event in the stream, and its end',
    retried('overloaded'),
    ending.failsInEvent,
    {
      ...PLACE,
      code: 503,
    },
  ),

  crlf: onEvent('lines end in CRLF', same, framing.endsLinesWith('\r\n')),
  lf: onEvent('lines end in LF', same, framing.endsLinesWith('\n')),
  cr: onEvent('lines end in CR', same, framing.endsLinesWith('\r')),
  'mixed-line-ends': onStream('lines end in LF, CRLF and CR by turns', same, framing.mixesLineEnds),
  bom: onStream('a byte order mark comes first', same, framing.beginsWithMark),
  comments: onEvent('comments and the other fields of SSE', same, framing.addsComments),
  'multi-line': onEvent('events of many data lines', same, framing.breaksLines),
  'no-blank-line': onStream('the last event lacks its blank line', same, framing.dropsBlankLine),
  glued: onStream('an event and the next on one line', same, framing.gluesEvents, { frame: 1 }),
  broken: onEvent('one event comes as two', same, framing.breaksEvent),
  sentinel: onStream('[DONE] at the end', same, framing.addsSentinel),
  duplicate: onEvent('an event comes twice', asSent, order.repeats),
  reorder: onStream('an event comes after the next one', asSent, order.swaps, { frame: 1 }),
  late: onStream('an event comes after the end', asSent, order.delaysEvent, { frame: 1 }),
  'invalid-utf8': onEvent('a byte in a text that is no UTF-8', asSent, damage.spoilsText),
  'malformed-json': onEvent('an event that is no JSON', retried('overloaded'), damage.spoilsJson),
  'null-candidates': onEvent('candidates, contents and parts that are null', same, chunk.addsNullCandidates),
  'no-candidates': onEvent('events without candidates', same, chunk.addsNoCandidates),
  'unknown-part': onEvent('parts and fields of no known kind', same, chunk.addsUnknownPart),
  'unknown-finish': onEvent(
    'a finishReason of no known kind, in place of STOP',
    retried('overloaded'),
    chunk.inventsReason,
  ),
  'no-finish': onEvent('no finishReason', retried('overloaded'), chunk.dropsReason),
  'big-event': onEvent('an event of that size', same, chunk.addsBigEvent, { size: 10_000_000 }),
  'no-usage': onEvent('no token counts', sameContent, chunk.dropsUsage),
  'shrinking-usage': onEvent('token counts that go down', sameContent, chunk.shrinksUsage),
  'malformed-call': onStream(
    'MALFORMED_FUNCTION_CALL and no content',
    retried('overloaded'),
    answer.breaksCall,
  ),
  'undeclared-call': onStream(
    'a call of an unknown tool',
    { kind: 'for-the-client' },
    answer.callsUndeclared,
  ),
  'empty-stop': onStream('STOP and no content', retried('overloaded'), answer.saysNothing),
  'thoughts-only': onStream('MAX_TOKENS after thoughts alone', asSent, answer.onlyThinks),

  'slow-head': onPace('the head takes its time', same, head.delaysHead, { for: 3_000 }),
  bandwidth: onPace('so many bytes a second', same, pace.narrows, { rate: 10_000 }),
  jitter: onPace('a pause of up to that long before every read', same, pace.jitters, { for: 2_000 }),
  bytes: onPace('one byte a read', same, pace.readsBytes),
  slices: onPace('reads of random sizes', same, pace.readsAtRandom),
} satisfies Record<string, FaultRow>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_ROWS = Object.entries(FAULTS) as readonly (readonly [FaultName, FaultRow])[];

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(FAULTS, name);
