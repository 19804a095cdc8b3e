import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Frame, FrameDecoder } from '../../src/gemini/frames.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function decode(text: string | Uint8Array): Frame[] {
  const decoder = new FrameDecoder();
  return [...decoder.feed(typeof text === 'string' ? bytes(text) : text), ...decoder.end()];
}

const chunk = (text: string) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0 }],
});
const content = (text: string, ...repairs: string[]) => ({
  kind: 'content',
  chunk: chunk(text),
  ...(repairs.length > 0 ? { repairs } : {}),
});
const A = JSON.stringify(chunk('a'));
const B = JSON.stringify(chunk('b'));
const COUNTED = JSON.stringify({ ...chunk('ha'), usageMetadata: { candidatesTokenCount: 2 } });
const ERROR = { code: 503, message: 'overloaded', status: 'UNAVAILABLE' };
const PRETTY_ERROR = JSON.stringify({ error: ERROR }, null, 2);
const error = (...repairs: string[]) => ({
  kind: 'error',
  error: ERROR,
  ...(repairs.length > 0 ? { repairs } : {}),
});

/** Every shape of wire section 2 and issue reports: bytes → frames. */
const CASES: [name: string, body: string, frames: unknown[]][] = [
  ['well-formed', `data: ${A}\r\n\r\ndata: ${B}\r\n\r\n`, [content('a'), content('b')]],
  ['LF line ends', `data: ${A}\n\ndata: ${B}\n\n`, [content('a'), content('b')]],
  ['CR line ends', `data: ${A}\r\rdata: ${B}\r\r`, [content('a'), content('b')]],
  ['mixed line ends', `data: ${A}\r\n\ndata: ${B}\n\r\n`, [content('a'), content('b')]],
  ['no space after the colon', `data:${A}\n\n`, [content('a')]],
  ['byte order mark', `\uFEFFdata: ${A}\n\n`, [content('a', 'byte-order-mark')]],
  ['comments and other fields', `: hi\nevent: x\nid: 1\nretry: 5\ndata: ${A}\n\n`, [content('a')]],
  [
    'data over several lines',
    'data: {"candidates":\ndata: [{"content":{}}]}\n\n',
    [{ kind: 'content', chunk: { candidates: [{ content: {} }] } }],
  ],
  ['a line break inside a string', `data: ${A.slice(0, 20)}\ndata: ${A.slice(20)}\n\n`, [content('a')]],
  [
    'an event that comes twice, counts and all',
    `data: ${COUNTED}\r\n\r\ndata: ${COUNTED}\r\n\r\ndata: ${A}\r\n\r\n`,
    [
      { kind: 'content', chunk: JSON.parse(COUNTED) },
      { kind: 'content', chunk: JSON.parse(COUNTED) },
      content('a'),
    ],
  ],
  ['the same words twice, without counts', `data: ${A}\n\ndata: ${A}\n\n`, [content('a'), content('a')]],
  ['no final blank line', `data: ${A}\r\n`, [content('a', 'no-final-blank-line')]],
  ['no final line end', `data: ${A}`, [content('a', 'no-final-blank-line')]],
  [
    'events glued together',
    `data: ${A}${B}\n\n`,
    [content('a', 'joined-events'), content('b', 'joined-events')],
  ],
  [
    'events glued with their prefix',
    `data: ${A}data: ${B}\n\n`,
    [content('a', 'joined-events'), content('b', 'joined-events')],
  ],
  [
    'events without a blank line between',
    `data: ${A}\ndata: ${B}\n\n`,
    [content('a', 'broken-event', 'joined-events'), content('b', 'broken-event', 'joined-events')],
  ],
  [
    'one object over two events',
    `data: ${A.slice(0, 30)}\r\n\r\ndata: ${A.slice(30)}\r\n\r\ndata: ${B}\r\n\r\n`,
    [content('a', 'broken-event'), content('b')],
  ],
  [
    'one object over an event and a bare line',
    `data: ${A.slice(0, 30)}\r\n\r\n${A.slice(30)}\r\n\r\n`,
    [content('a', 'bare-json')],
  ],
  [
    'an object that is never finished, then a whole one',
    `data: ${A.slice(0, 30)}\n\ndata: ${B}\n\n`,
    [{ kind: 'malformed', text: A.slice(0, 30) }, content('b')],
  ],
  ['JSON array stream', `[${A}\n,\r\n${B}\n]`, [content('a'), content('b')]],
  ['pretty-printed unary body', `${JSON.stringify(chunk('a'), null, 2)}\n`, [content('a')]],
  ['bare error after good events', `data: ${A}\r\n\r\n${PRETTY_ERROR}\n`, [content('a'), error('bare-json')]],
  [
    'bare error glued to the event before',
    `data: ${A}\r\n${PRETTY_ERROR}`,
    [content('a'), error('bare-json')],
  ],
  ['error in an event', `data: ${JSON.stringify({ error: ERROR })}\n\n`, [error()]],
  ['array-wrapped error', `[${PRETTY_ERROR}\n]`, [error()]],
  [
    'error without a numeric code',
    'data: {"error":{"status":"UNAVAILABLE"}}\n\n',
    [{ kind: 'error', error: { status: 'UNAVAILABLE' } }],
  ],
  ['error as text', 'data: {"error":"gone"}\n\n', [{ kind: 'error', error: { message: 'gone' } }]],
  ['status object without a wrapper', `data: ${JSON.stringify(ERROR)}\n\n`, [error()]],
  [
    'comma runs in an error',
    '{"error":{"code":503,,"message":"overloaded","status":"UNAVAILABLE",}}',
    [error('stray-comma')],
  ],
  [
    'commas at the start of brackets',
    '{,"error":{,,"code":503,"message":"overloaded","status":"UNAVAILABLE"}}',
    [error('stray-comma')],
  ],
  [
    'answer and error in one object',
    `data: ${JSON.stringify({ ...chunk('a'), error: ERROR })}\n\n`,
    [{ kind: 'content', chunk: { ...chunk('a'), error: ERROR } }, error()],
  ],
  [
    'truncated in an event',
    `data: ${A}\n\ndata: ${B.slice(0, 25)}`,
    [content('a'), { kind: 'truncated', text: B.slice(0, 25) }],
  ],
  [
    'broken JSON in an event',
    'data: {"candidates": [}]}\n\n',
    [
      { kind: 'malformed', text: '{"candidates": [}]' },
      { kind: 'malformed', text: '}' },
    ],
  ],
  ['HTML', '<html>\n', [{ kind: 'malformed', text: '<html>' }]],
  ['sentinel', 'data: [DONE]\n\n', [{ kind: 'unknown', text: '[DONE]' }]],
  [
    'usage only',
    'data: {"usageMetadata":{"promptTokenCount":1}}\n\n',
    [{ kind: 'usage', chunk: { usageMetadata: { promptTokenCount: 1 } } }],
  ],
  [
    'prompt feedback',
    'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n',
    [{ kind: 'content', chunk: { promptFeedback: { blockReason: 'SAFETY' } } }],
  ],
  ['empty candidates', 'data: {"candidates":[]}\n\n', [{ kind: 'usage', chunk: { candidates: [] } }]],
  ['JSON of no known shape', 'data: {"x":1}\n\n', [{ kind: 'unknown', text: '{"x":1}' }]],
  ['empty body', '', []],
  ['empty data', 'data:\n\n', []],
];

describe('frames', () => {
  for (const [name, body, frames] of CASES) {
    test(name, () => expect(decode(body)).toEqual(frames as Frame[]));
  }

  test('U+FEFF inside the text survives', () => {
    expect(decode(`data: ${JSON.stringify(chunk('x\uFEFFy'))}\n\n`)).toEqual([
      content('x\uFEFFy'),
    ] as Frame[]);
  });

  const slices = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 400 });
  for (const [name, body] of CASES) {
    test(`any slicing gives the same: ${name}`, () => {
      const whole = decode(body);
      fc.assert(
        fc.property(slices, (sizes) => {
          const all = bytes(body);
          const decoder = new FrameDecoder();
          const frames: Frame[] = [];
          let at = 0;
          for (const size of sizes) {
            frames.push(...decoder.feed(all.subarray(at, at + size)));
            at += size;
          }
          frames.push(...decoder.feed(all.subarray(at)), ...decoder.end());
          expect(frames).toEqual(whole);
        }),
        { numRuns: 40 },
      );
    });
  }

  test('never throws on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => void decode(noise)));
  });

  test('no text of any sequence of events is lost', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.constantFrom('\r\n', '\n', '\r'), (all, end) => {
        const body = all.map((text) => `data: ${JSON.stringify(chunk(text))}${end}${end}`).join('');
        expect(decode(body)).toEqual(all.map((text) => content(text)) as Frame[]);
      }),
    );
  });
});
