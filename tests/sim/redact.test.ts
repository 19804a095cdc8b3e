import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Redaction } from '../../src/sim/cassette/types.ts';
import { createRedactor, credentialsIn } from '../../src/sim/redact.ts';

const KEY = 'AIza-canary/key+0123="x';
const redactor = createRedactor([KEY]);
const clean = (text: string) => redactor.text(text, 'it', []);
const x = (count: number) => 'x'.repeat(count);

/** Text as it stands in JSON within JSON. */
const inner = (text: string, depth: number): string =>
  depth === 0 ? text : inner(JSON.parse(text).before, depth - 1);

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Ways to write a secret. */
const allEscaped = (secret: string): string =>
  [...secret].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

const WRITINGS: Record<string, (secret: string) => string> = {
  raw: (secret) => secret,
  'percent-encoded': encodeURIComponent,
  'percent-encoded, every byte, lower case': (secret) =>
    [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'percent-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'JSON string': (secret) => JSON.stringify(secret).slice(1, -1),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  'JSON, all escaped': allEscaped,
  'JSON with escaped slashes': (secret) => JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
  hexadecimal: (secret) => Buffer.from(secret).toString('hex'),
  'base64, offset 0': (secret) => base64(secret),
  'base64, offset 1': (secret) => base64(`a${secret}bc`),
  'base64, offset 2': (secret) => base64(`ab${secret}`),
  'base64 in JSON': (secret) => JSON.stringify(base64(`??${secret}??`)).replaceAll('/', '\\/'),
  'base64url, offset 0': (secret) => Buffer.from(secret).toString('base64url'),
  'base64url, offset 1': (secret) => Buffer.from(`?${secret}`).toString('base64url'),
  'base64url, offset 2': (secret) => Buffer.from(`>?${secret}`).toString('base64url'),
};

/** Whether any four neighbouring characters of `secret` can be read in `text`, in any encoding. */
const shows = (text: string, written: string) => {
  for (let i = 0; i + 6 <= written.length; i++) if (text.includes(written.slice(i, i + 6))) return true;
  return false;
};

describe('secrets', () => {
  test.each(Object.entries(WRITINGS))('%s', (_name, write) => {
    const written = write(KEY);
    const text = `before ${written} after`;
    const result = clean(text);
    expect(result).toHaveLength(text.length);
    expect(shows(result, written)).toBe(false);
    expect(result).toStartWith('before ');
    expect(result).toEndWith(' after');
  });

  test('any secret, in any writing, across reads split anywhere', () => {
    const secret = fc
      .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 30 })
      .filter((s) => !/x{3}/.test(s));
    const way = fc.constantFrom(...Object.values(WRITINGS));
    fc.assert(
      fc.property(secret, way, fc.array(fc.nat(60), { maxLength: 4 }), (key, write, cuts) => {
        const written = write(key);
        const bytes = new TextEncoder().encode(`{"text":"é ${written}"}`);
        const edges = [
          0,
          ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
          bytes.length,
        ];
        const reads = edges.slice(1).map((edge, i) => ({ ms: i, bytes: bytes.slice(edges[i], edge) }));
        const list: Redaction[] = [];
        const after = createRedactor([key]).reads(reads, 'body', list);
        expect(after.map((read) => read.bytes.length)).toEqual(reads.map((read) => read.bytes.length));
        const text = Buffer.concat(after.map((read) => read.bytes)).toString();
        expect(text).not.toContain(written);
        expect(list.map(({ kind }) => kind)).toContain('secret');
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(['%\\00 and more', 'a\\x41bcdefg', 'u\\u0041bcdef', '%\\41\\x42\\\\43'])(
    'one that looks like an escape, each character escaped: %s',
    (secret) => {
      const written = allEscaped(secret);
      const list: Redaction[] = [];
      createRedactor([secret]).text(`before ${written} after`, 'it', list);
      expect(list.map(({ kind }) => kind)).toEqual(['secret']);
    },
  );

  test('short values are no secrets', () => {
    expect(createRedactor(['dummy']).text('a dummy value', 'it', [])).toBe('a dummy value');
  });

  test('one that begins with another leaves nothing behind', () => {
    const text = createRedactor(['canary', 'canary-and-more']).text('a canary-and-more, a canary', 'it', []);
    expect(text).toBe(`a ${x(15)}, a ${x(6)}`);
  });

  test('those of a request are found in its headers and its query', () => {
    const headers = new Headers({
      authorization: 'Bearer tok-1',
      'x-api-key': 'tok-2',
      cookie: 'session=tok-4; theme=tok-5==',
      'user-agent': 'me',
    });
    const query = new URLSearchParams('key=tok-3&apiKey=tok-6&alt=sse');
    expect(credentialsIn(headers, query).sort()).toEqual([
      'tok-1',
      'tok-2',
      'tok-3',
      'tok-4',
      'tok-5==',
      'tok-6',
    ]);
  });
});

describe('what tells of a person', () => {
  test.each([
    ['a home folder', 'cd /home/alice/src', 'cd /home/xxxxx/src'],
    ['one on a Mac', '"/Users/al.ice"', '"/Users/xxxxxx"'],
    ['one on Windows, in JSON', '"C:\\\\Users\\\\alice\\\\x"', '"C:\\\\Users\\\\xxxxx\\\\x"'],
    ['a home folder behind an escaped line end', '"a\\n/home/alice/x"', '"a\\n/home/xxxxx/x"'],
    ['a name that is not ASCII', '/home/jürgen/x', `/home/${x(7)}/x`],
    [
      "a folder named after a project's path",
      '~/.claude/projects/-home-alice-a',
      '~/.claude/projects/-home-xxxxx-a',
    ],
    ['an e-mail address', 'mail a.b+c@example.co.uk now', `mail ${x(19)} now`],
    ['one behind an escaped line end', '"x\\nbob@example.com"', `"x\\n${x(15)}"`],
    ['one behind an escaped letter', '"\\u00e9bob@example.com"', `"\\u00e9${x(15)}"`],
    ['a project', '"consumer": "projects/123456789"', `"consumer": "projects/${x(9)}"`],
    ["a project's name", 'GET /v1/projects/my-project-1/locations', `GET /v1/projects/${x(12)}/locations`],
    [
      'a project in a sentence',
      'not been used in project 123456789 before',
      `not been used in project ${x(9)} before`,
    ],
    ['a user id', '"metadata":{"user_id":"u-1"}', '"metadata":{"user_id":"xxx"}'],
    [
      'ids in a string of JSON',
      '"user_id":"{\\"device_id\\":\\"ab\\",\\"account_uuid\\":\\"\\",\\"session_id\\":\\"cd\\"}"',
      '"user_id":"{\\"device_id\\":\\"xx\\",\\"account_uuid\\":\\"\\",\\"session_id\\":\\"xx\\"}"',
    ],
  ])('%s', (_name, text, expected) => {
    expect(clean(text)).toBe(expected);
    expect(clean(expected)).toBe(expected);
  });

  const homes: [string, string, string][] = [
    ['WSL', '/mnt/c/Users/alice/src', '/mnt/c/Users/xxxxx/src'],
    ['Git Bash', 'cd /c/Users/alice/src', 'cd /c/Users/xxxxx/src'],
    ['Cygwin', '/cygdrive/d/Users/alice', '/cygdrive/d/Users/xxxxx'],
    ['forward slashes', 'C:/Users/alice/a', 'C:/Users/xxxxx/a'],
    ['a URL of it', 'file:///C:/Users/alice/a', 'file:///C:/Users/xxxxx/a'],
    ['a name with a blank', String.raw`C:\Users\John Smith\a`, String.raw`C:\Users\xxxxxxxxxx\a`],
    ['one in quotes', String.raw`cd "C:\Users\John Smith"`, String.raw`cd "C:\Users\xxxxxxxxxx"`],
    ['one with a letter of an escape', String.raw`C:\Users\tom\new`, String.raw`C:\Users\xxx\new`],
    ['a share', String.raw`\\fileserver\projects\a`, String.raw`\\xxxxxxxxxx\xxxxxxxx\a`],
    ['a share of homes', String.raw`\\nas-1\Users\alice\a`, String.raw`\\xxxxx\Users\xxxxx\a`],
    ['homes in a share', String.raw`\\nas\data\home\alice\a`, String.raw`\\xxx\xxxx\home\xxxxx\a`],
    ['WSL from Windows', String.raw`\\wsl$\Ubuntu\home\alice\a`, String.raw`\\wsl$\Ubuntu\home\xxxxx\a`],
    [
      'its newer name',
      String.raw`\\wsl.localhost\Ubuntu\home\bob`,
      String.raw`\\wsl.localhost\Ubuntu\home\xxx`,
    ],
    ['with forward slashes', '//wsl$/Ubuntu/home/alice/a', '//wsl$/Ubuntu/home/xxxxx/a'],
    ['a folder named after it', '/.claude/projects/C--Users-alice-a', '/.claude/projects/C--Users-xxxxx-a'],
    ['one of WSL', '/projects/-mnt-c-Users-alice-a', '/projects/-mnt-c-Users-xxxxx-a'],
    ['another folder of homes', '/var/home/alice/a', '/var/home/xxxxx/a'],
  ];
  test.each(homes)('%s', (_name, text, expected) => {
    expect(clean(text)).toBe(expected);
    for (let [before, after] = [text, expected], depth = 0; depth < 3; depth++) {
      [before, after] = [JSON.stringify({ before }), JSON.stringify({ before: after })];
      expect(clean(before)).toHaveLength(before.length);
      expect(inner(clean(before), depth + 1)).toBe(expected);
      expect(clean(clean(before))).toBe(clean(before));
    }
  });

  test('a blank that a shell must not split at', () => {
    expect(clean(String.raw`/c/Users/John\ Smith/a`)).toBe('/c/Users/xxxxxxxxxxx/a');
  });

  test.each([
    '\\begin{a}\\item\n\\end',
    String.raw`/\d+\s\w\b/`,
    String.raw`C:\Windows\System32`,
    String.raw`printf 'a\nb\tc\\n'`,
    'a//b/home/c',
  ])('%s is left alone, and in JSON', (text) => {
    for (let before = text, depth = 0; depth < 3; depth++) {
      expect(clean(before)).toBe(before);
      before = JSON.stringify({ before });
    }
  });

  test.each([
    '/app/home/index.html',
    'git@1.2.3',
    '@types/bun@1.4.5',
    'my/projects/website',
    '/home/$USER/x',
  ])('%s is left alone', (text) => {
    expect(clean(text)).toBe(text);
  });

  test('valid JSON stays valid JSON', () => {
    const word = fc.constantFrom(
      'bob@example.com',
      '/home/alice/x',
      '\n',
      '\\',
      '"',
      '\t',
      'é',
      KEY,
      'user_id',
      ':',
    );
    const text = fc.array(fc.oneof(word, fc.string())).map((words) => words.join(''));
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        const json = JSON.stringify(value);
        const after = clean(json);
        expect(() => JSON.parse(after)).not.toThrow();
        expect(Buffer.byteLength(after)).toBe(Buffer.byteLength(json));
        expect(clean(after)).toBe(after);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the list', () => {
  test('has places in bytes, and nothing of what was there', () => {
    const list: Redaction[] = [];
    redactor.text(`é ${KEY} /home/alice`, 'answer', list);
    expect(list).toEqual([
      { kind: 'secret', where: 'answer', at: 3, length: KEY.length },
      { kind: 'home-path', where: 'answer', at: 3 + KEY.length + 7, length: 5 },
    ]);
  });

  test('of headers has only those that are allowed, and cleans them', () => {
    const list: Redaction[] = [];
    const headers = new Headers({ 'x-app': `cli ${KEY}`, authorization: 'secret', cookie: 'a' });
    expect(redactor.headers(headers, ['x-app'], 'request.headers', list)).toEqual({
      'x-app': `cli ${x(KEY.length)}`,
    });
    expect(list).toEqual([{ kind: 'secret', where: 'request.headers.x-app', at: 4, length: KEY.length }]);
  });
});
