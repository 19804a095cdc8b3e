import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planUndo, planWrite, type Wanted } from '../../src/launch/settings-file.ts';

const WANTED: Wanted = [
  [['env', 'URL'], 'http://127.0.0.1:1'],
  [['permissions', 'defaultMode'], 'acceptEdits'],
];

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
  file = join(folder, '.claude', 'settings.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lay = (text: string | Uint8Array) => {
  mkdirSync(join(folder, '.claude'), { recursive: true });
  writeFileSync(file, text);
};
const state = () => join(folder, 'state');
const write = (wanted: Wanted = WANTED) => planWrite(file, () => wanted, state())?.apply();
const undo = () => planUndo(file, state())?.apply();
const text = () => readFileSync(file, 'utf8');
const json = () => JSON.parse(text());

describe('written and taken back', () => {
  test.each([
    ['as Claude Code writes', '{\n  "theme": "dark"\n}\n'],
    ['on one line, without an end', '{"theme":"dark","env":{"A":"1"}}'],
    [
      'with our members set otherwise',
      '{ "env": {"URL": "https://x", "A" : "1"}, "permissions": {"allow": []} }\n',
    ],
    ['empty', ''],
    ['of blanks', ' \n'],
    ['an empty object', '{}'],
    [
      'with the line ends of Windows and a mark',
      '\uFEFF{\r\n\t"a" : [1,\t2],\r\n\t"big": 12345678901234567890\r\n}\r\n',
    ],
    ['with half a pair in a string', '{"a":"\\ud800"}'],
    ['with nothing but a mark', '\uFEFF'],
    ['with the line ends of old Macs', '{\r"a":1\r}\r'],
    ['with objects of ours that are empty', '{"env":{},"permissions":{ }}\n\n'],
    ['with members twice', '{"env":{"URL":"x"},"a":1,"env":{"URL":"y","B":"1","URL":"z"}}'],
    ['with values of ours that are no texts', '{"env":{"URL":1},"permissions":{"defaultMode":{"a":[1]}}}'],
    ['with names of JavaScript', '{"__proto__":{"x":1},"env":{"__proto__":"z","constructor":"y"}}'],
    ['with a list in lists, ten thousand deep', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
    [
      'of two megabytes',
      JSON.stringify({ a: Array.from({ length: 20_000 }, () => 'x'.repeat(100)) }, null, 2),
    ],
    ['as we would write it ourselves', '{"env":{"URL":"http://127.0.0.1:1"},"permissions":{"allow":["a"]}}'],
  ])('%s: the same bytes', (_name, before) => {
    lay(before);
    write();
    expect(JSON.parse(text().replace('\uFEFF', ''))).toMatchObject({
      env: { URL: 'http://127.0.0.1:1' },
      permissions: { defaultMode: 'acceptEdits' },
    });
    undo();
    expect(text()).toBe(before);
  });

  test('every folder that was made for the file is gone again, and no other', () => {
    const deep = join(folder, 'config/of/claude/settings.json');
    mkdirSync(join(folder, 'config'));
    planWrite(deep, () => WANTED, state())?.apply();
    planUndo(deep, state())?.apply();
    expect(readdirSync(join(folder, 'config'))).toEqual([]);
  });

  test('of two files, each is taken back by itself', () => {
    const other = join(folder, '.claude', 'settings.local.json');
    lay('{"a":1}');
    write();
    planWrite(other, () => WANTED, state())?.apply();
    undo();
    expect([text(), existsSync(other)]).toEqual(['{"a":1}', true]);
    planUndo(other, state())?.apply();
    expect(existsSync(other)).toBe(false);
  });

  test('a file that was not there is gone again, and so is its folder', () => {
    write();
    expect(existsSync(file)).toBe(true);
    undo();
    expect(existsSync(join(folder, '.claude'))).toBe(false);
  });

  test('a folder in which there is more stays', () => {
    write();
    writeFileSync(join(folder, '.claude', 'other'), '');
    undo();
    expect(existsSync(file)).toBe(false);
    expect(existsSync(join(folder, '.claude', 'other'))).toBe(true);
  });

  test('written twice with other values, it is taken back to what it was before the first', () => {
    lay('{"a":1}');
    write();
    write([[['env', 'URL'], 'http://127.0.0.1:2']]);
    expect(json()).toEqual({ a: 1, env: { URL: 'http://127.0.0.1:2' } });
    undo();
    expect(text()).toBe('{"a":1}');
    expect(planUndo(file, state())).toBeUndefined();
  });

  test('written once more with the same values, nothing is to be done', () => {
    write();
    expect(planWrite(file, () => WANTED, state())).toBeUndefined();
  });

  test('nothing is written before it is agreed on', () => {
    lay('{"a":1}');
    expect(planWrite(file, () => WANTED, state())?.after).toContain('127.0.0.1');
    expect(text()).toBe('{"a":1}');
  });
});

test('changed while the question was open: refused, and theirs stays', () => {
  lay('{"a":1}');
  const planned = planWrite(file, () => WANTED, state());
  lay('{"a":2}');
  expect(() => planned?.apply()).toThrow('was changed meanwhile');
  expect(text()).toBe('{"a":2}');
});

test.each([
  ['none', undefined],
  ['other settings', '{"a":1}'],
  ['a value of ours', '{"env":{"URL":"http://127.0.0.1:1"}}'],
])(
  'killed after the note and before the file, where there was %s: an undo changes nothing',
  (_name, before) => {
    if (before !== undefined) lay(before);
    write();
    if (before === undefined) rmSync(file);
    else lay(before);
    undo();
    expect(existsSync(file) ? text() : undefined).toBe(before);
    expect(planUndo(file, state())).toBeUndefined();
  },
);

test('killed after the file was taken back: a second undo changes nothing', () => {
  lay('{"env":{"A":"1"}}');
  write();
  const note = join(state(), 'settings', readdirSync(join(state(), 'settings'))[0] ?? '');
  const kept = readFileSync(note);
  undo();
  writeFileSync(note, kept);
  undo();
  expect(text()).toBe('{"env":{"A":"1"}}');
});

describe('changed by others since', () => {
  const change = (edit: (settings: Record<string, Record<string, unknown>>) => void) => {
    const settings = json();
    edit(settings);
    writeFileSync(file, JSON.stringify(settings, null, 2));
  };

  test.each([
    ['theirs stays, ours goes', '{"env":{"A":"1"}}', { env: { A: '1' }, more: {} }],
    ['what we had replaced comes back', '{"env":{"URL":"old"}}', { env: { URL: 'old' }, more: {} }],
    ['objects that we made go', '{}', { more: {} }],
  ])('%s', (_name, before, after) => {
    lay(before);
    write();
    change((settings) => {
      settings['more'] = {};
    });
    expect(planUndo(file, state())?.isPartial).toBe(true);
    undo();
    expect(json()).toEqual(after);
  });

  test('a value that they have changed is theirs', () => {
    write();
    change((settings) => {
      settings['env'] = { URL: 'theirs' };
    });
    undo();
    expect(json()).toEqual({ env: { URL: 'theirs' } });
  });

  test('only written anew: the file goes, as there was none', () => {
    write();
    change(() => {});
    undo();
    expect(existsSync(file)).toBe(false);
  });

  test('theirs survives a second write and its undo', () => {
    lay('{}');
    write();
    change((settings) => {
      settings['more'] = {};
    });
    write([[['env', 'URL'], 'http://127.0.0.1:2']]);
    undo();
    expect(json()).toEqual({ more: {} });
  });

  test('removed: it stays so', () => {
    lay('{}');
    write();
    rmSync(file);
    undo();
    expect(existsSync(file)).toBe(false);
  });
});

describe('refused, and left as it is', () => {
  test.each([
    ['a comment', '{ // why\n}', 'is not valid JSON'],
    ['a comma at the end', '{"a":1,}', 'is not valid JSON'],
    ['a list', '[]', 'holds no JSON object'],
    ['an env that is none', '{"env":[]}', 'env is no object'],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'it is not UTF-8'],
  ])('%s', (_name, before, message) => {
    lay(before);
    const bytes = readFileSync(file);
    expect(() => write()).toThrow(message);
    expect(readFileSync(file)).toEqual(bytes);
    expect(existsSync(state())).toBe(false);
  });

  test('what is no ordinary file', () => {
    mkdirSync(join(folder, '.claude'));
    for (const target of ['/dev/null', folder]) {
      symlinkSync(target, file);
      expect(() => write()).toThrow('it is no ordinary file');
      expect(lstatSync(file).isSymbolicLink()).toBe(true);
      rmSync(file);
    }
    expect(existsSync(state())).toBe(false);
  });

  test('a link that leads to itself', () => {
    mkdirSync(join(folder, '.claude'));
    symlinkSync('settings.json', file);
    expect(() => write()).toThrow('is a link that leads to itself');
  });

  test.each(['', '{', '{}'])('a note that is damaged: %p', (damaged) => {
    lay('{}');
    write();
    const after = text();
    const notes = join(state(), 'settings');
    for (const name of readdirSync(notes)) writeFileSync(join(notes, name), damaged);
    expect(() => undo()).toThrow('is damaged');
    expect(() => write([[['env', 'URL'], 'http://127.0.0.1:2']])).toThrow('is damaged');
    expect(text()).toBe(after);
  });

  test('an undo of what is broken by now', () => {
    lay('{}');
    write();
    writeFileSync(file, '{');
    expect(() => undo()).toThrow('is not valid JSON');
    expect(text()).toBe('{');
  });
});

describe('the file itself', () => {
  test('keeps its mode; a new one is of its user alone, and so is what is noted of it', () => {
    lay('{}');
    chmodSync(file, 0o644);
    write();
    expect(statSync(file).mode & 0o777).toBe(0o644);
    rmSync(join(folder, '.claude'), { recursive: true });
    rmSync(state(), { recursive: true });
    write();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(state(), 'settings')).mode & 0o777).toBe(0o700);
  });

  test('stays a link to where it is kept', () => {
    const kept = join(folder, 'dotfiles.json');
    writeFileSync(kept, '{"a":1}');
    mkdirSync(join(folder, '.claude'));
    symlinkSync(kept, file);
    write();
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(kept, 'utf8')).toContain('127.0.0.1');
    undo();
    expect(readFileSync(kept, 'utf8')).toBe('{"a":1}');
  });

  test('that is not there yet is made where its link leads, and the link stays', () => {
    const kept = join(folder, 'dotfiles/claude.json');
    mkdirSync(join(folder, '.claude'));
    symlinkSync('../dotfiles/claude.json', file);
    write();
    expect(readFileSync(kept, 'utf8')).toContain('127.0.0.1');
    undo();
    expect([existsSync(kept), lstatSync(file).isSymbolicLink()]).toEqual([false, true]);
    expect(existsSync(join(folder, 'dotfiles'))).toBe(false);
  });

  test('is the same file by whichever way it is named', () => {
    const way = join(folder, 'way');
    symlinkSync(folder, way);
    planWrite(join(way, '.claude/settings.json'), () => WANTED, state())?.apply();
    expect(existsSync(file)).toBe(true);
    undo();
    expect(existsSync(join(folder, '.claude'))).toBe(false);
  });
});
