/** Streams with damaged bytes: those that can be repaired, and those that end in an error. */
import type { TurnCase, TurnCases } from '../build.ts';
import {
  asBody,
  asEvent,
  type Chunk,
  chunk,
  cut,
  end,
  joined,
  type Reply,
  says,
  saysWhole,
  text,
  thought,
} from '../wire.ts';

const part = (value: string, more: object = {}) => ({
  candidates: [{ content: { parts: [{ text: value }], role: 'model' }, ...more, index: 0 }],
});
const half = part('Hel');
const rest = part('lo, wörld.', { finishReason: 'STOP' });
const lines = (ending: string) => (event: object) => `data: ${JSON.stringify(event)}${ending}${ending}`;

const greeting = (shows: string, ...pieces: (string | Uint8Array | Chunk)[]): TurnCase => ({
  shows,
  gemini: 'gemini-2.5-flash',
  replies: [says(...pieces)],
});

const twice = (shows: string, reply: Reply): TurnCase => ({
  shows,
  gemini: 'gemini-2.5-flash',
  replies: [reply, reply],
});

const utf8 = new TextEncoder();

const REPAIRED: TurnCases = {
  'framing-reads-apart': greeting(
    'One event over four reads, cut inside a letter',
    ...cut(joined(asEvent(half), asEvent(rest)), 30, 100, utf8.encode(asEvent(half)).length + 71),
  ),
  'framing-reads-together': greeting('The whole stream in one read', joined(asEvent(half), asEvent(rest))),
  'framing-lf': greeting('Lines that end in LF', ...[half, rest].map(lines('\n'))),
  'framing-cr': greeting('Lines that end in CR', ...[half, rest].map(lines('\r'))),
  'framing-bom': greeting(
    'A byte-order mark before the first event',
    `\ufeff${asEvent(half)}`,
    asEvent(rest),
  ),
  'framing-comments': greeting(
    'Comments and fields that nobody asked for',
    ': keep-alive\r\n\r\n',
    `event: message\r\nid: 7\r\nretry: 10\r\n${asEvent(half)}`,
    asEvent(rest),
  ),
  'framing-no-last-blank-line': greeting(
    'The last event without its blank line',
    asEvent(half),
    asEvent(rest).trimEnd(),
  ),
  'framing-multi-line': greeting(
    'One object over several data lines',
    asEvent(half),
    `${asBody(rest)
      .trimEnd()
      .split('\n')
      .map((line) => `data: ${line}`)
      .join('\n')}\n\n`,
  ),
  'framing-glued': greeting(
    'Two objects in one event',
    `data: ${JSON.stringify(half)}${JSON.stringify(rest)}\r\n\r\n`,
  ),
  'framing-array': greeting(
    'A JSON array instead of events, as without alt=sse',
    `[${JSON.stringify(half)}\n,\n`,
    `${JSON.stringify(rest)}\n]\n`,
  ),
  'framing-broken-event': greeting(
    'One object broken over two events',
    ...brokenInTwo(asEvent(half)),
    asEvent(rest),
  ),
  'framing-bare-object': greeting(
    'An object outside of any event',
    asEvent(half),
    `${JSON.stringify(rest)}\n`,
  ),
  'framing-stray-comma': greeting(
    'Commas with nothing between them',
    asEvent(half),
    `data: ${JSON.stringify(rest).replace(',"finishReason"', ',,"finishReason"')}\r\n\r\n`,
  ),
  'framing-done': greeting(
    'A sentinel that is no JSON, and an object of no known shape',
    asEvent(half),
    asEvent({ heartbeat: true }),
    asEvent(rest),
    'data: [DONE]\r\n\r\n',
  ),
  'framing-usage-only': greeting(
    'A chunk with counts and nothing else; the last counts win',
    asEvent(half),
    asEvent(rest),
    asEvent({ usageMetadata: { promptTokenCount: 7_777, candidatesTokenCount: 3, totalTokenCount: 7_780 } }),
  ),
  'framing-usage-missing': greeting(
    'No counts anywhere, and a usage object without any',
    asEvent(half),
    asEvent({ ...rest, usageMetadata: { trafficType: 'ON_DEMAND' } }),
  ),
  'framing-half-character': greeting(
    'Half a surrogate pair at the end of an event: it waits for the other half, and the last one in vain',
    'data: {"candidates":[{"content":{"parts":[{"text":"Hi \\ud83d"}],"role":"model"},"index":0}]}\r\n\r\n',
    'data: {"candidates":[{"content":{"parts":[{"text":"\\ude00! \\ud83d"}],"role":"model"},"index":0}]}\r\n\r\n',
    asEvent(part('', { finishReason: 'STOP' })),
  ),
  'framing-invalid-utf8': greeting(
    'A byte that is no UTF-8 inside a text: shown as the replacement character',
    withBadByte(asEvent(half)),
    asEvent(rest),
  ),
};

const WHOLE = saysWhole({
  candidates: [{ content: { parts: [text('All of it.')], role: 'model' }, finishReason: 'STOP', index: 0 }],
});

const BROKEN: TurnCases = {
  'broken-json': twice(
    'An event whose JSON is broken beyond repair, twice',
    says('data: {"candidates": [{"content": oops}]}\r\n\r\n'),
  ),
  'broken-json-then-whole': {
    shows: 'A broken event: the next attempt asks for one whole answer, told as a stream all the same',
    gemini: 'gemini-2.5-flash',
    replies: [says('data: {"candidates": [{"content": oops}]}\r\n\r\n'), WHOLE],
  },
  'broken-cut-then-whole': {
    shows:
      'An orderly end in the middle of an event, after thoughts: the next attempt asks for one whole answer',
    replies: [says(chunk([thought('Let me')]), asEvent(rest).slice(0, 60)), WHOLE],
  },
  'broken-after-text': {
    shows: 'A broken event after text, with good ones behind it',
    replies: [says(chunk([text('Half')]), 'data: {"candidates": oops}\r\n\r\n', end())],
  },
  'broken-cut-in-event': {
    shows: 'An orderly end in the middle of an event, after text',
    replies: [says(chunk([text('Half')]), asEvent(rest).slice(0, 60))],
  },
  'broken-empty-body': twice('A 200 without a body, twice', says()),
  'broken-html': twice('A page of HTML under 200, twice', {
    ...says('<!doctype html><title>Sign in</title>\n'),
    headers: { 'content-type': 'text/html' },
  }),
  'broken-no-candidates': twice(
    'Chunks with an empty list of candidates, or with null, twice',
    says({ candidates: [] }, { raw: { candidates: null, usageMetadata: { promptTokenCount: 5 } } }),
  ),
};

/** Cut in the middle of the data; each half is an event of its own. */
function brokenInTwo(event: string): [string, string] {
  const data = event.slice('data: '.length).trimEnd();
  const middle = data.indexOf('"text"');
  return [`data: ${data.slice(0, middle)}\r\n\r\n`, `data: ${data.slice(middle)}\r\n\r\n`];
}

/** Takes the place of the `l` in "Hel". */
function withBadByte(event: string): Uint8Array {
  const bytes = utf8.encode(event);
  const bad = new Uint8Array(bytes);
  bad[event.indexOf('Hel') + 2] = 0xff;
  return bad;
}

export const FRAMING: TurnCases = { ...REPAIRED, ...BROKEN };
