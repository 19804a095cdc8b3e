import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { requestSize } from '../../../src/gemini/estimate/request-size.ts';
import type { FunctionDeclaration, GenerateContentRequest, RequestPart } from '../../../src/gemini/wire.ts';
import type { JsonObject } from '../../../src/lib/json.ts';

const asking = (...parts: RequestPart[]): GenerateContentRequest => ({ contents: [{ role: 'user', parts }] });
const declaring = (...functionDeclarations: FunctionDeclaration[]): GenerateContentRequest => ({
  tools: [{ functionDeclarations }],
  contents: [],
});
const takes = (parametersJsonSchema: JsonObject) => declaring({ name: 'tool', parametersJsonSchema });
const sizeOf = (request: GenerateContentRequest) => requestSize(request, 'gemini-3').total;

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const medium = (mimeType: string, data: string): RequestPart => ({ inlineData: { mimeType, data } });
const pdf = (pages: number) => base64(`%PDF-1.4 /Type /Pages ${'/Type /Page /Parent 1 0 R '.repeat(pages)}`);

/** Two seconds of sound: the head of a WAV file says how many bytes a second has. */
function wav(): string {
  const bytes = Buffer.alloc(44 + 32_000);
  bytes.write('RIFF');
  bytes.writeUInt32LE(16_022, 28);
  return bytes.toString('base64');
}

/** A film of five seconds, by its movie header. */
function film(): string {
  const bytes = Buffer.alloc(200);
  bytes.write('mvhd', 40);
  bytes.writeUInt32BE(1_000, 56);
  bytes.writeUInt32BE(5_000, 60);
  return bytes.toString('base64');
}

describe('media', () => {
  test.each([
    ['a picture, however large', medium('image/png', 'A'.repeat(400_000)), 1_081],
    ['a PDF by its pages', medium('application/pdf', pdf(3)), 3 * 520],
    ['a PDF that hides its pages, by its length', medium('application/pdf', 'A'.repeat(160_000)), 2 * 520],
    ['sound by its seconds', medium('audio/wav', wav()), 50],
    ['a film by its seconds', medium('video/mp4', film()), 5 * 295],
    ['a text as a text', medium('text/plain', base64('one two three four five')), 5],
    ['a file behind a URL as one picture', { fileData: { fileUri: 'https://files.example/1' } }, 1_081],
  ])('%s', (_name, part, tokens) => {
    expect(Math.abs(sizeOf(asking(part)) - tokens)).toBeLessThan(3);
  });

  test('are not seen in a text that quotes one', () => {
    expect(sizeOf(asking({ text: JSON.stringify(medium('image/png', 'abc')) }))).toBeLessThan(40);
  });

  test('inside of a result count as well', () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }];
    const result = { functionResponse: { name: 'look', response: {}, parts } };
    expect(sizeOf(asking(result))).toBeGreaterThan(1_081);
  });
});

describe('thought signatures', () => {
  const signature = 'c2lnbmVk'.repeat(100);
  const called: RequestPart = { functionCall: { name: 'f' }, thoughtSignature: signature };
  const result: RequestPart = { functionResponse: { name: 'f', response: {} } };
  const spoken = (text: string): GenerateContentRequest['contents'][number] => ({
    role: 'user',
    parts: [{ text }],
  });
  const turn: GenerateContentRequest['contents'] = [
    spoken('go'),
    { role: 'model', parts: [called] },
    { role: 'user', parts: [result] },
  ];

  test('stand for thoughts, which count', () => {
    const without = sizeOf({
      contents: [spoken('go'), { role: 'model', parts: [{ functionCall: { name: 'f' } }] }],
    });
    expect(sizeOf({ contents: turn.slice(0, 2) }) - without).toBeGreaterThan(80);
  });

  test('of an earlier turn count nothing for Gemini 2.5', () => {
    const size = (contents: GenerateContentRequest['contents']) =>
      requestSize({ contents }, 'gemini-2.5').total;
    expect(size([...turn, spoken('on')])).toBeLessThan(size(turn));
  });

  test('that stand in for a missing one count nothing', () => {
    const dummy: RequestPart = { text: 'a', thoughtSignature: 'skip_thought_signature_validator' };
    expect(sizeOf(asking(dummy))).toBe(sizeOf(asking({ text: 'a' })));
  });
});

describe('tool declarations', () => {
  test('cost more than their texts', () => {
    expect(sizeOf(takes({ type: 'object', properties: { a: { type: 'string' } } }))).toBeGreaterThan(20);
  });

  test('a schema is written out where it is referred to', () => {
    const point = { type: 'object', properties: { x: { type: 'number' }, y: { type: 'number' } } };
    const places = (one: JsonObject): JsonObject => ({
      type: 'object',
      $defs: { point },
      properties: { from: one, to: one },
    });
    expect(sizeOf(takes(places({ $ref: '#/$defs/point' })))).toBe(sizeOf(takes(places(point))));
  });

  test('a schema that refers to itself, or to nothing, has an end', () => {
    const node = { type: 'object', properties: { a: { $ref: '#/$defs/node' }, b: { $ref: '#/$defs/node' } } };
    expect(sizeOf(takes({ ...node, $defs: { node } }))).toBeLessThan(100_000);
    expect(
      sizeOf(takes({ type: 'object', properties: { a: { $ref: '#/nowhere/__proto__' } } })),
    ).toBeLessThan(100);
  });

  test('values that are no texts count as they are written', () => {
    expect(
      sizeOf(takes({ type: 'object', properties: { a: { enum: [1, null, { b: 2 }] } } })),
    ).toBeGreaterThan(20);
  });
});

describe('the size of a request', () => {
  const part: fc.Arbitrary<RequestPart> = fc.oneof(
    fc.record({ text: fc.string({ maxLength: 400 }) }),
    fc.record({
      functionCall: fc.record({
        name: fc.string(),
        args: fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>,
      }),
    }),
    fc.record({
      functionResponse: fc.record({
        name: fc.string(),
        response: fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>,
      }),
    }),
    fc.record({
      inlineData: fc.record({
        mimeType: fc.constantFrom('image/png', 'application/pdf', 'audio/wav', 'video/mp4', 'text/plain', ''),
        data: fc.base64String({ maxLength: 200 }),
      }),
    }),
  );
  const contents = fc.array(
    fc.record({
      role: fc.constantFrom('user' as const, 'model' as const),
      parts: fc.array(part, { maxLength: 5 }),
    }),
    { maxLength: 6 },
  );
  const counting = fc.constantFrom(
    'gemini-2.0' as const,
    'gemini-2.5' as const,
    'gemini-3' as const,
    'vertex' as const,
  );

  test('grows with each content, and is the sum of its pieces', () => {
    fc.assert(
      fc.property(contents, counting, (some, how) => {
        const { head, upTo, total } = requestSize({ contents: some }, how);
        const steps = [head, ...upTo];
        expect(steps).toEqual(steps.toSorted((a, b) => a - b));
        expect(total).toBe(steps.at(-1) ?? 0);
        expect(Number.isFinite(total)).toBe(true);
      }),
    );
  });

  test('is the same for a beginning, whatever comes after', () => {
    fc.assert(
      fc.property(contents, contents, (before, after) => {
        const { upTo } = requestSize({ contents: [...before, ...after] }, 'gemini-2.0');
        expect(upTo.slice(0, before.length)).toEqual([
          ...requestSize({ contents: before }, 'gemini-2.0').upTo,
        ]);
      }),
    );
  });
});
