/** Forms are read the same however their bytes are cut. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { boundaryOf, MultipartError, MultipartReader, namesOf } from '../../../src/http/uploads/multipart.ts';

type Part = { headers: Record<string, string>; data: string };

/** The parts of a body that comes in `pieces`. */
function read(boundary: string, pieces: readonly Uint8Array[]): Part[] {
  const reader = new MultipartReader(boundary);
  const parts: { headers: Record<string, string>; data: Buffer[] }[] = [];
  for (const piece of pieces) {
    for (const event of reader.feed(piece)) {
      if (event.type === 'part') parts.push({ headers: Object.fromEntries(event.headers), data: [] });
      else parts.at(-1)?.data.push(Buffer.from(event.bytes));
    }
  }
  reader.end();
  return parts.map(({ headers, data }) => ({ headers, data: Buffer.concat(data).toString('latin1') }));
}

function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...pieces, bytes.subarray(at)];
}

const bodyOf = (boundary: string, parts: readonly string[]) =>
  Buffer.from(
    `${parts.map((data, index) => `--${boundary}\r\nX-Part: ${index}\r\n\r\n${data}\r\n`).join('')}--${boundary}--\r\n`,
    'latin1',
  );

describe('a form', () => {
  test('has the same parts however its bytes are cut, whatever its data look like', () => {
    // Data that are made of pieces of a boundary, but hold no whole one.
    const data = fc
      .array(fc.constantFrom('\r', '\n', '-', '--', 'bo', 'und', '\r\n--bou', 'x', '\0'), { maxLength: 20 })
      .map((pieces) => pieces.join(''))
      .filter((text) => !`\r\n${text}`.includes('\r\n--bound'));
    fc.assert(
      fc.property(
        fc.array(data, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat({ max: 12 }), { maxLength: 60 }),
        (parts, lengths) => {
          const expected = parts.map((text, index) => ({ headers: { 'x-part': String(index) }, data: text }));
          expect(read('bound', cut(bodyOf('bound', parts), lengths))).toEqual(expected);
        },
      ),
    );
  });

  test('may have text before its first boundary and after its last', () => {
    const body = Buffer.concat([Buffer.from('hello\r\n'), bodyOf('b', ['x']), Buffer.from('bye')]);
    expect(read('b', [body])).toEqual([{ headers: { 'x-part': '0' }, data: 'x' }]);
  });

  test.each([
    ['no boundary', 'hello'],
    ['an end too early', '--b\r\nX: y\r\n\r\ndata'],
    ['text behind a boundary', '--bx\r\n'],
    ['endless headers', `--b\r\nX: ${'y'.repeat(20_000)}`],
  ])('with %s is refused', (_, text) => {
    expect(() => read('b', [Buffer.from(text)])).toThrow(MultipartError);
  });
});

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['Multipart/Form-Data; charset=x; boundary="a b"', 'a b'],
  ['multipart/form-data', undefined],
  ['application/json; boundary=abc', undefined],
  [null, undefined],
])('the boundary of %p is %p', (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary);
});

test.each([
  ['form-data; name="file"; filename="a.txt"', 'file', 'a.txt'],
  ['form-data; name=file; filename=a.txt', 'file', 'a.txt'],
  ['form-data; name="file"; filename="a%22b.txt"', 'file', 'a"b.txt'],
  ['form-data; name="file"; filename="a\\"b.txt"', 'file', 'a"b.txt'],
  ['form-data; name="file"; filename="100%25.txt"', 'file', '100%25.txt'],
  ['form-data; name="file"; filename*=utf-8\'\'Gr%C3%BC%C3%9Fe.txt; filename="x"', 'file', 'Grüße.txt'],
  ['form-data; name="x"', 'x', undefined],
])('the names in %p', (disposition, field, filename) => {
  expect(namesOf(new Map([['content-disposition', disposition]]))).toEqual({ field, filename });
});
