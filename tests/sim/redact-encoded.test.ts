/** Keys in what tools print of a file: nothing of them can be read back from what is kept. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createRedactor } from '../../src/sim/redact.ts';
import { DUMPS, IN_PIECES, numbered, SHOWN } from '../support/made/dumps.ts';

const KEY = 'AIzaSyD-canary_0123456789abcdefghijklmno';
const UNKNOWN = 'sk-proj-canary0123456789abcdefghij';
/** Letters whose codes have equally many digits, so that all forms of two keys have the same length. */
const ALIKE = ['0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabc', 'defghijklmnopqrstuvwxyz'];
const otherThan = (key: string) =>
  [...key]
    .map((char) => {
      const letters = ALIKE.find((row) => row.includes(char)) ?? char;
      return letters[(letters.indexOf(char) + 1) % letters.length];
    })
    .join('');
const ENV = (key: string) => Buffer.from(`# keys\nGEMINI_API_KEY=${key}\nDEBUG="1" # |x|\n`);

const redactor = createRedactor([KEY]);
const clean = (text: string) => redactor.text(text, 'it', []);

/** How a tool's output may stand in a body: as it is, in JSON, in JSON within JSON. */
const DEPTHS: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  'in JSON': (text) => JSON.stringify({ content: text, more: 1 }),
  'in JSON within JSON': (text) =>
    JSON.stringify({ partial_json: JSON.stringify({ content: text, more: 1 }) }),
};

/**
 * If two files differ only in the key, their dumps differ only in what stands for the key: after redaction nothing of
 * that may be left. So this test need not know how a dump is read.
 */
function shown(dump: (bytes: Uint8Array) => string, wrap: (text: string) => string, key: string): string[] {
  const [before, other] = [wrap(dump(ENV(key))), wrap(dump(ENV(otherThan(key))))];
  const after = clean(before);
  expect(after).toHaveLength(before.length);
  return [...before].flatMap((char, at) =>
    char !== other[at] && after[at] !== 'x' ? [`${at}: ${char}`] : [],
  );
}

describe.each(Object.entries(DEPTHS))('%s', (_depth, wrap) => {
  test.each(Object.entries(DUMPS))('a known key in %s', (_name, dump) => {
    expect(shown(dump, wrap, KEY)).toEqual([]);
  });

  test.each(Object.entries(DUMPS))('a key that nobody has named, in %s', (_name, dump) => {
    // It takes sixteen characters to tell text from random bytes; this file has them in every form.
    expect(shown(dump, wrap, UNKNOWN)).toEqual([]);
  });

  test.each(Object.entries({ ...SHOWN, ...IN_PIECES }))('a known key in %s', (_name, show) => {
    expect(shown((bytes) => show(Buffer.from(bytes).toString()), wrap, KEY)).toEqual([]);
  });

  test.each(Object.entries(SHOWN))('a key that nobody has named, in %s', (_name, show) => {
    expect(shown((bytes) => show(Buffer.from(bytes).toString()), wrap, UNKNOWN)).toEqual([]);
  });

  test('the rest of a dump stays', () => {
    for (const dump of Object.values(DUMPS)) {
      const text = wrap(dump(ENV('nothing-that-is-secret')));
      expect(clean(text)).toBe(text);
    }
  });
});

const piecesOf = (text: string, size: number): string[] =>
  text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];

/** An answer that says `text` in pieces of `size`, in the vocabulary of either side. */
const STREAMS: Readonly<Record<string, (text: string, size: number) => string>> = {
  'of Gemini': (text, size) =>
    piecesOf(text, size)
      .map(
        (piece) =>
          `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text: piece }] } }] })}\r\n\r\n`,
      )
      .join(''),
  'of a call': (text, size) =>
    piecesOf(JSON.stringify({ command: text }), size)
      .map(
        (piece) =>
          `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: piece } })}\n\n`,
      )
      .join(''),
};

describe.each(Object.entries(STREAMS))('over the events of a stream %s', (_name, stream) => {
  const sizes = [1, 7, 17, 40];
  test.each(sizes)('keys in pieces of %p', (size) => {
    for (const key of [KEY, UNKNOWN]) {
      const text = (bytes: Uint8Array) => stream(Buffer.from(bytes).toString(), size);
      expect(shown(text, (whole) => whole, key)).toEqual([]);
    }
  });

  test.each(sizes)('what base64 says in pieces of %p', (size) => {
    const text = (bytes: Uint8Array) => stream(Buffer.from(bytes).toString('base64'), size);
    expect(shown(text, (whole) => whole, KEY)).toEqual([]);
  });

  test.each(sizes)('the name in a home folder, and an address, in pieces of %p', (size) => {
    const clear = stream('cd /home/canary/src && mail nobody-else@example.org', size);
    const after = clean(clear);
    expect(after).toHaveLength(clear.length);
    const letters = after.replace(/[^a-z]/g, '');
    expect(letters).not.toMatch(/canary|nobodyelse/);
  });
});

test('in base64 of any width, at any offset, with or without numbers', () => {
  const width = fc.integer({ min: 1, max: 90 });
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), width, fc.boolean(), (before, columns, hasNumbers) => {
      const lines = (key: string) => {
        const text = Buffer.from(`${before}${key}\n`).toString('base64');
        const broken = text.match(new RegExp(`.{1,${columns}}`, 'g'))?.join('\n') ?? '';
        return JSON.stringify(hasNumbers ? numbered(broken) : broken);
      };
      const [one, other] = [lines(KEY), lines(otherThan(KEY))];
      const after = clean(one);
      const left = [...one].filter((char, at) => char !== other[at] && after[at] !== 'x');
      expect(left).toEqual([]);
      expect(JSON.parse(after)).toHaveLength(JSON.parse(one).length);
    }),
    { numRuns: 300 },
  );
});

test('a key that a tool cut off is gone as far as it was shown', () => {
  const text = `GEMINI_API_KEY=${KEY.slice(0, 25)}`;
  expect(clean(text)).toBe(`GEMINI_API_KEY=${'x'.repeat(25)}`);
});

test('a picture, a signature and digests stay to the byte', () => {
  const bytes = (length: number, seed: number) => {
    let state = seed;
    return Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
  };
  for (let seed = 1; seed <= 20; seed++) {
    const data = Buffer.from(bytes(60_000, seed));
    const text = JSON.stringify({
      data: data.toString('base64'),
      thoughtSignature: data.subarray(0, 3_000).toString('base64url'),
      commit: data.subarray(0, 20).toString('hex'),
      digest: data.subarray(20, 52).toString('hex'),
      id: '123e4567-e89b-12d3-a456-426614174000',
    });
    expect(clean(text)).toBe(text);
  }
});
