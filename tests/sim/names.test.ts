import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Read } from '../../src/sim/cassette/types.ts';
import { differenceOf } from '../../src/sim/difference.ts';
import { requestKey } from '../../src/sim/match.ts';
import { NameBook, type NameRule, namesIn, standIns } from '../../src/sim/names.ts';
import { replaceInReads } from '../../src/sim/replace-in-reads.ts';

const RULES: readonly NameRule[] = [
  { why: 'a test', introduced: /\bjob: ([a-z0-9]{6})\b/g },
  { why: 'a test', introduced: /\brun: (r-\d+)\b/g, derived: (name) => [`${name}-short`] },
];
const NOISE = [standIns(RULES)];

const request = (body: unknown) => ({
  method: 'POST',
  path: '/v1/messages',
  query: '',
  body: JSON.stringify(body),
});
const key = (body: unknown) => requestKey(request(body), NOISE);

describe('two requests that differ in a name', () => {
  const body = (job: string, other = job) => ({
    messages: [`job: ${job}`, { input: { path: `/tasks/${other}.out`, text: `stop "${other}"` } }],
  });

  test('that the client made up are the same, wherever the name stands', () => {
    expect(key(body('aaaaaa'))).toBe(key(body('bbbbbb')));
  });

  test('that nothing introduced are not', () => {
    expect(key({ path: '/tasks/aaaaaa.out' })).not.toBe(key({ path: '/tasks/bbbbbb.out' }));
  });

  test('are not where the one speaks of the thing, and the other of another', () => {
    expect(key(body('aaaaaa'))).not.toBe(key(body('aaaaaa', 'cccccc')));
  });

  test('are not where two things change places', () => {
    const two = (first: string, second: string) => ['job: aaaaaa', 'job: bbbbbb', first, second];
    expect(key(two('aaaaaa', 'bbbbbb'))).not.toBe(key(two('bbbbbb', 'aaaaaa')));
    expect(key(two('aaaaaa', 'bbbbbb'))).toBe(key(['job: cccccc', 'job: dddddd', 'cccccc', 'dddddd']));
  });

  test('show no difference in a report', () => {
    expect(differenceOf(request(body('aaaaaa')), request(body('bbbbbb')), NOISE).lines).toEqual([]);
  });
});

test('names come in the order of a walk with sorted keys, each once, with those made of them', () => {
  expect(namesIn({ b: 'run: r-1, job: bbbbbb', a: ['job: aaaaaa', 'job: bbbbbb'] }, RULES)).toEqual([
    'aaaaaa',
    'bbbbbb',
    'r-1',
    'r-1-short',
  ]);
});

const read = (text: string, ms = 1): Read => ({ ms, bytes: new TextEncoder().encode(text) });
const textOf = (reads: readonly Read[]) =>
  new TextDecoder().decode(Buffer.concat(reads.map(({ bytes }) => bytes)));

describe('a name book', () => {
  const book = new NameBook();
  book.learn(['aaaaaa', 'r-1', 'same'], ['bbbbbb', 'r-22', 'same']);

  test.each([
    ['{"a":"stop bbbbbb"}', '{"a":"stop aaaaaa"}'],
    ['{"a":"one\\nbbbbbb"}', '{"a":"one\\naaaaaa"}'],
    ['/tasks/bbbbbb.output', '/tasks/aaaaaa.output'],
    ['bbbbbbb xbbbbbb', 'bbbbbbb xbbbbbb'],
    ['r-22, r-222', 'r-1, r-222'],
    ['same', 'same'],
  ])('reads %s of now as %s', (now, recorded) => {
    expect(book.toRecorded(now)).toBe(recorded);
  });

  test('plays what was recorded with the names of now, across reads, in as many reads', () => {
    const reads = [read('é stop aaa', 3), read('aa', 4), read('a and r-', 5), read('1.', 6)];
    const played = book.toNow(reads);
    expect(textOf(played)).toBe('é stop bbbbbb and r-22.');
    expect(played.map(({ ms }) => ms)).toEqual([3, 4, 5, 6]);
  });

  test('that knows nothing changes nothing', () => {
    const reads = [read('aaaaaa')];
    expect(new NameBook().toNow(reads)).toBe(reads);
  });
});

test('replacing in reads is replacing in what they make together, however it was cut', () => {
  const word = fc.constantFrom('ab', 'abc', '-', 'é', 'x', '\n');
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat({ max: 6 })), (words, sizes) => {
      const bytes = Buffer.from(words.join(''));
      const reads: Read[] = [];
      let at = 0;
      for (const size of [...sizes, bytes.length]) {
        reads.push({ ms: reads.length, bytes: new Uint8Array(bytes.subarray(at, at + size)) });
        at = Math.min(bytes.length, at + size);
      }
      const replaced = replaceInReads(reads, /ab(?!c)/g, () => 'longer');
      expect(textOf(replaced)).toBe(words.join('').replaceAll(/ab(?!c)/g, 'longer'));
      expect(replaced.map(({ ms }) => ms)).toEqual(reads.map(({ ms }) => ms));
    }),
  );
});
