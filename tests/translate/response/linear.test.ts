/** The work for an answer grows with its bytes alone: twice the bytes, twice the work. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { FrameDecoder } from '../../../src/gemini/frames.ts';
import { MAX_CALLS } from '../../../src/gemini/limits.ts';
import { jsonShape, withoutStrayCommas } from '../../../src/lib/json-text.ts';
import { readLostCalls } from '../../../src/translate/response/lost-calls/read.ts';
import { StopScanner } from '../../../src/translate/response/stop-scanner.ts';
import { answerFrames, planFor } from '../../support/answers/answer.ts';
import { stepsOf } from '../../support/steps.ts';

const event = (json: string) => `data: ${json}\r\n\r\n`;
const parts = (list: string) => event(`{"candidates":[{"content":{"parts":[${list}]}}]}`);
const STOP = event('{"candidates":[{"finishReason":"STOP"}]}');
const many = (text: string, count: number, between = ''): string =>
  Array.from({ length: count }, () => text).join(between);
const calls = (name: string, count: number) =>
  many(`{"functionCall":{"name":"${name}","id":"1","args":{"a":1.0}}}`, count, ',');
const pieces = (count: number) =>
  Array.from({ length: count }, (_, i) => `{"jsonPath":"$.a[${i}].b","stringValue":"x"}`).join(',');

/** Bodies by their size. */
const BODIES: Readonly<Record<string, (size: number) => string>> = {
  'small events': (n) => many(parts('{"text":"a"}'), n) + STOP,
  'parts of one event': (n) => parts(many('{"text":"a"}', n, ',')) + STOP,
  'signed parts': (n) => parts(many('{"text":"a","thoughtSignature":"s"}', n, ',')) + STOP,
  'half characters': (n) => many(parts('{"text":"\\ud83d"}'), n) + STOP,
  thoughts: (n) => many(parts('{"text":"a","thought":true}'), n) + parts('{"text":"a"}') + STOP,
  calls: (n) => parts(calls('Bash', Math.min(n, MAX_CALLS))) + STOP,
  'undeclared calls, then their results': (n) =>
    parts(calls('x', n)) +
    parts(many('{"functionResponse":{"name":"x"}}', n, ',')) +
    parts('{"text":"a"}') +
    STOP,
  'arguments in pieces': (n) => parts(`{"functionCall":{"name":"Bash","partialArgs":[${pieces(n)}]}}`) + STOP,
  'arguments as a text': (n) =>
    parts(`{"functionCall":{"name":"Bash","args":${JSON.stringify(`{"a":[${many('1.0', n, ',')}]}`)}}}`) +
    STOP,
  'stray commas': (n) => event(`{${many(',', n)}"candidates":[{"finishReason":"STOP"}]}`),
  'commas in lists': (n) => event(`{"a":[${many('1 , ', n)}],"candidates":[{"finishReason":"STOP"}]}`),
  'objects in one event': (n) => event(many('{"candidates":[]}', n)) + STOP,
  'one object over many events': (n) =>
    `data: {"candidates":[\n\n${many('data: [],\n\n', n)}data: {"finishReason":"STOP"}]}\n\n`,
  'lines without framing': (n) =>
    `${many('{"candidates":[]\n}\n,\n', n)}{"candidates":[{"finishReason":"STOP"}]}`,
  'backslashes in a text': (n) => parts(`{"text":"${many('\\\\', n)}"}`) + STOP,
  'quotes in a text': (n) => parts(`{"text":"${many('\\"', n)}"}`) + STOP,
  'a sequence that nearly comes': (n) => many(parts('{"text":"a"}'), n) + STOP,
};

const utf8 = new TextEncoder();
const plan = planFor(['Bash'], { stopSequences: [`${'a'.repeat(1_000)}b`, 'aab', '</block>'] });

async function read(body: string): Promise<void> {
  const decoder = new FrameDecoder();
  await answerFrames([...decoder.feed(utf8.encode(body)), ...decoder.end()], plan);
}

/** Twice the work, and something that every answer costs. */
const isLinear = (small: number, large: number) => large <= 2.2 * small + 2_000;

describe('an answer twice as long is twice the work', () => {
  test.each(Object.keys(BODIES))('%s', async (name) => {
    const body = BODIES[name] ?? (() => '');
    const [small, large] = [await stepsOf(() => read(body(400))), await stepsOf(() => read(body(800)))];
    expect({ small, large, linear: isLinear(small, large) }).toEqual({ small, large, linear: true });
    // All readers together look at each character at most twelve times.
    expect(large / body(800).length).toBeLessThan(40);
  });
});

describe('texts of a few characters, in any order', () => {
  const text = (unit: string) => fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: 30 });

  test.each([
    ['the shape of JSON', '"\\[]{},:1.e- ', (input: string) => jsonShape(input)],
    ['stray commas', '"\\[]{}, ', (input: string) => withoutStrayCommas(input)],
    ['frames', '"\\[]{},\n dat:', (input: string) => new FrameDecoder().feed(utf8.encode(input))],
    [
      'calls in braces',
      '"\'\\[]{},:1.e- <',
      (input: string) => readLostCalls(`Malformed function call: call:a{${input}`),
    ],
    [
      'calls in Python',
      '"\'\\[]{},=1.e- rn',
      (input: string) => readLostCalls(`Malformed function call: print(a(${input}`),
    ],
  ] as const)('%s: repeated, they are no more work each', async (_name, unit, work) => {
    await fc.assert(
      fc.asyncProperty(text(unit), async (piece) => {
        const small = await stepsOf(() => work(piece.repeat(200)));
        const large = await stepsOf(() => work(piece.repeat(400)));
        expect(isLinear(small, large)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('stop sequences: each character is looked at twice at most', async () => {
    const unit = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { maxLength: 6 }), unit, async (sequences, piece) => {
        const scanner = new StopScanner(sequences.map((sequence) => sequence.repeat(20)));
        const steps = await stepsOf(() => {
          for (let at = 0; at < 300; at++) scanner.push(piece);
        });
        // One look-up for each character, one for each that is dropped, and the rest that is kept.
        expect(steps).toBeLessThanOrEqual(8 * 300 * piece.length + 300 * 240);
      }),
    );
  });
});
