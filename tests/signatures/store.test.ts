import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { openSignatureStore, type SignatureStoreOptions } from '../../src/signatures/store.ts';
import { ManualClock } from '../support/manual-clock.ts';

const root = mkdtempSync(join(tmpdir(), 'signatures-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let files = 0;
const newFile = () => {
  const folder = join(root, `${++files}`);
  mkdirSync(folder);
  return join(folder, 'signatures.sqlite');
};

const stored = async (file: string, asked: readonly string[]) => {
  const store = open(file, { maxRows: 1_000_000 });
  const found = await store.get(asked);
  store.close();
  return found;
};

const MODULE = join(import.meta.dir, '../../src/signatures/store.ts');

function open(file: string, more: Partial<SignatureStoreOptions> = {}) {
  const warnings: string[] = [];
  const store = openSignatureStore({
    file,
    maxRows: 1_000,
    clock: new ManualClock(),
    onWarning: (message) => warnings.push(message),
    ...more,
  });
  return Object.assign(store, { warnings });
}

/** Runs `code` in a process of its own, with `store` open on `file`. */
function inAnotherProcess(file: string, code: string) {
  const program = `
    import { openSignatureStore } from ${JSON.stringify(MODULE)};
    const clock = { monotonic: () => 0, wall: () => new Date(0), sleep: () => Promise.resolve() };
    const onWarning = (message) => { console.error(message); process.exitCode = 3; };
    const store = openSignatureStore({ file: ${JSON.stringify(file)}, maxRows: 100000, clock, onWarning });
    ${code}`;
  return Bun.spawn([process.execPath, '-e', program], { stderr: 'pipe', stdout: 'ignore' });
}

const keys = (count: number, name = 'key') => Array.from({ length: count }, (_, i) => `${name}:${i}`);

describe('keeping', () => {
  test('known keys are found, unknown ones absent', async () => {
    const store = open(newFile());
    store.put('call:1', 'one');
    store.put('call:2', 'two\nthree');
    expect(await store.get(['call:2', 'call:9', 'call:1'])).toEqual(
      new Map([
        ['call:1', 'one'],
        ['call:2', 'two\nthree'],
      ]),
    );
    expect(await store.get([])).toEqual(new Map());
    store.close();
  });

  test('a key that was asked for in vain is found once somebody has put it', async () => {
    const file = newFile();
    const [store, other] = [open(file), open(file)];
    const many = keys(30_000, 'never');
    for (let turn = 0; turn < 3; turn++) expect(await store.get(['a', 'b', ...many])).toEqual(new Map());
    store.put('a', 'ours');
    other.put('b', 'theirs');
    expect(await store.get(['a', 'b', ...many])).toEqual(
      new Map([
        ['a', 'ours'],
        ['b', 'theirs'],
      ]),
    );
    for (const one of [store, other]) one.close();
  });

  for (const file of [':memory:', newFile()]) {
    test(`any puts and gets: the last write wins (${file === ':memory:' ? 'memory' : 'file'})`, async () => {
      const key = fc.constantFrom('a', 'b', "'; DROP TABLE signatures; --", '', 'ключ "🎉"\n');
      const step = fc.record({ key, envelope: fc.string({ unit: 'grapheme' }) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
          const store = open(file);
          const known = new Map<string, string>();
          for (const { key, envelope } of steps) {
            store.put(key, envelope);
            known.set(key, envelope);
            expect(await store.get([key])).toEqual(new Map([[key, envelope]]));
          }
          expect(await store.get([...known.keys()])).toEqual(known);
          expect(store.warnings).toEqual([]);
          store.close();
        }),
        { numRuns: 30 },
      );
    });
  }

  test('a restart keeps everything', async () => {
    const file = newFile();
    const before = open(file);
    for (const key of keys(300)) before.put(key, `envelope of ${key}`);
    before.put('key:7', 'replaced');
    before.close();
    const after = open(file);
    const found = await after.get(keys(300));
    expect(found.size).toBe(300);
    expect(found.get('key:8')).toBe('envelope of key:8');
    expect(found.get('key:7')).toBe('replaced');
    after.close();
  });

  test('a process that is killed right after a put has kept it', async () => {
    const file = newFile();
    const child = inAnotherProcess(
      file,
      `store.put('call:1', 'kept'); process.kill(process.pid, 'SIGKILL');`,
    );
    await child.exited;
    expect(child.signalCode).toBe('SIGKILL');
    const store = open(file);
    expect(await store.get(['call:1'])).toEqual(new Map([['call:1', 'kept']]));
    store.close();
  });

  test('a closed store warns once and throws never', async () => {
    const store = open(newFile());
    store.close();
    store.put('a', 'b');
    store.put('a', 'c');
    expect(store.warnings.filter((warning) => warning.startsWith('cannot write'))).toHaveLength(1);
  });
});

describe('bounds', () => {
  test('never more rows than allowed; the latest are among them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 200 }),
        async (maxRows, puts) => {
          const file = newFile();
          const store = open(file, { maxRows });
          const all = keys(puts);
          for (const key of all) store.put(key, 'x');
          store.close();
          const found = await stored(file, all);
          expect(found.size).toBeLessThanOrEqual(maxRows);
          expect(found.size).toBeGreaterThanOrEqual(Math.min(puts, Math.floor(maxRows / 2)));
          expect([...found.keys()]).toEqual(
            expect.arrayContaining(all.slice(-Math.floor(maxRows / 2) || puts)),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  test('what is read now and then outlives what is not', async () => {
    const file = newFile();
    const store = open(file, { maxRows: 100 });
    store.put('used', 'still here');
    store.put('unused', 'gone');
    for (const [i, key] of keys(400).entries()) {
      store.put(key, 'x');
      if (i % 20 === 0) expect((await store.get(['used'])).get('used')).toBe('still here');
    }
    store.close();
    const found = await stored(file, ['used', 'unused']);
    expect(found).toEqual(new Map([['used', 'still here']]));
  });

  test('opening with a smaller bound drops the oldest', async () => {
    const file = newFile();
    const large = open(file);
    for (const key of keys(200)) large.put(key, 'x');
    large.close();
    const small = open(file, { maxRows: 32 });
    small.put('new', 'x');
    small.close();
    const found = await stored(file, [...keys(200), 'new']);
    expect(found.size).toBeLessThanOrEqual(32);
    expect([...found.keys()]).toEqual(expect.arrayContaining(['key:199', 'new']));
  });
});

describe('the file', () => {
  test('its folder is made, and nobody else may read it', () => {
    const file = join(root, 'deep', 'er', 'signatures.sqlite');
    const store = open(file);
    store.put('a', 'b');
    for (const name of readdirSync(join(root, 'deep', 'er'))) {
      expect(statSync(join(root, 'deep', 'er', name)).mode & 0o077).toBe(0);
    }
    store.close();
  });

  test('a file that is no database is moved aside, with one warning, and a new one begun', async () => {
    const file = newFile();
    open(file).close();
    writeFileSync(file, 'this is not a database '.repeat(500));
    const store = open(file);
    expect(store.warnings).toHaveLength(1);
    expect(store.warnings[0]).toContain('corrupt');
    expect(existsSync(`${file}.corrupt-${new ManualClock().wall().getTime()}`)).toBe(true);
    store.put('a', 'b');
    expect(await store.get(['a'])).toEqual(new Map([['a', 'b']]));
    store.close();
    expect(await open(file).get(['a'])).toEqual(new Map([['a', 'b']]));
  });

  test('a file that turns out broken later is replaced without losing the put that found it', async () => {
    const file = newFile();
    const before = open(file);
    for (const key of keys(500)) before.put(key, 'x'.repeat(500));
    before.close();
    const page = 4096;
    const bytes = await Bun.file(file).bytes();
    bytes.fill(0xff, page, bytes.length);
    writeFileSync(file, bytes);
    const store = open(file);
    store.put('a', 'b');
    expect(store.warnings).toHaveLength(1);
    store.close();
    expect(await open(file).get(['a'])).toEqual(new Map([['a', 'b']]));
  });

  test('a place that cannot be written to is an error at the start', () => {
    writeFileSync(join(root, 'a-file'), '');
    expect(() => open(join(root, 'a-file', 'signatures.sqlite'))).toThrow();
  });
});

describe('two processes on one file', () => {
  test('each finds what the other wrote, the newest of it', async () => {
    const file = newFile();
    const one = open(file);
    const two = open(file);
    one.put('key', 'from one');
    expect((await two.get(['key'])).get('key')).toBe('from one');
    two.put('key', 'from two');
    expect((await one.get(['key'])).get('key')).toBe('from two');
    one.close();
    two.close();
  });

  test('both find the file broken: one moves it aside, the other takes the new one', async () => {
    const file = newFile();
    const first = open(file);
    for (const key of keys(500)) first.put(key, 'x'.repeat(500));
    first.close();
    const bytes = await Bun.file(file).bytes();
    bytes.fill(0xff, 4096, bytes.length);
    writeFileSync(file, bytes);
    const [one, two] = [open(file), open(file)];
    one.put('a', 'of one');
    two.put('b', 'of two');
    one.put('c', 'of one');
    expect([...one.warnings, ...two.warnings]).toHaveLength(1);
    const aside = readdirSync(dirname(file)).filter((name) => name.includes(`${basename(file)}.corrupt`));
    expect(aside.filter((name) => !/-(?:wal|shm)$/.test(name))).toHaveLength(1);
    for (const store of [one, two]) store.close();
    expect([...(await stored(file, ['a', 'b', 'c'])).keys()].sort()).toEqual(['a', 'b', 'c']);
  });

  test('many that start on a broken file at once move it aside once, and lose nothing', async () => {
    const file = newFile();
    writeFileSync(file, 'this is not a database '.repeat(500));
    const names = ['a', 'b', 'c', 'd'];
    const children = names.map((name) =>
      inAnotherProcess(file, `for (let i = 0; i < 100; i++) store.put('${name}:' + i, 'x'); store.close();`),
    );
    const codes = await Promise.all(children.map((child) => child.exited));
    // The process that warns is the one that moved the file.
    expect(codes.sort()).toEqual([0, 0, 0, 3]);
    const found = await stored(
      file,
      names.flatMap((name) => keys(100, name)),
    );
    expect(found.size).toBe(400);
  });

  test('a lock that is no file of SQLite is made anew', async () => {
    const file = newFile();
    writeFileSync(`${file}.lock`, 'this is not a database '.repeat(500));
    const store = open(file);
    store.put('a', 'b');
    expect(store.warnings).toEqual([]);
    store.close();
  });

  test('opening and writing at the same moment loses nothing', async () => {
    const file = newFile();
    const names = ['a', 'b', 'c'];
    const children = names.map((name) =>
      inAnotherProcess(file, `for (let i = 0; i < 300; i++) store.put('${name}:' + i, 'x'); store.close();`),
    );
    for (const child of children) {
      const [code, errors] = await Promise.all([child.exited, new Response(child.stderr).text()]);
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
    }
    const store = open(file);
    const found = await store.get(names.flatMap((name) => keys(300, name)));
    expect(found.size).toBe(900);
    store.close();
  });
});
