import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { mergeEnvTexts, openEnvFiles } from '../../src/config/env-files.ts';

const root = mkdtempSync(join(tmpdir(), 'env-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Env = Record<string, string>;
type Files = Readonly<Record<string, string>>;

function folderWith(files: Files): string {
  const folder = mkdtempSync(join(root, 'case-'));
  write(folder, files);
  return folder;
}

function write(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** What Bun itself makes of the files. */
function bunEnvironment(folder: string, env: Env, flags: readonly string[] = []): Env {
  const print = 'process.stdout.write(JSON.stringify(process.env))';
  const child = Bun.spawnSync([process.execPath, ...flags, '-e', print], { cwd: folder, env });
  return JSON.parse(child.stdout.toString());
}

/** The reader of a process that was started in the folder. */
function opened(folder: string, env: Env, execArgv: readonly string[] = []) {
  return openEnvFiles({ env: bunEnvironment(folder, env, execArgv), execArgv, cwd: () => folder });
}

const DOTENV = `# comment
PLAIN=hello world  
TRAILING=value # comment
TIGHT=value#comment
DOUBLE="double # quoted"   # comment
SINGLE='single $PLAIN'
BACK=\`back "tick" 'x'\`
export EXPORTED=exported
  SPACED  =  spaced out  
EMPTY=
EMPTY_QUOTED=""
BREAKS="a\\nb\\tc\\\\d"
RAW='a\\nb'
REFERENCE=$PLAIN-x
BRACES=\${PLAIN}y
QUOTED_REFERENCE="\${PLAIN} z"
UNKNOWN=[$NOPE]
DEFAULT=\${NOPE:-fallback}
NO_DEFAULT=\${PLAIN:-fallback}
EMPTY_DEFAULT=\${EMPTY:-fallback}
OTHER_FORM=\${NOPE-fallback}
NESTED=\${NOPE:-\${PLAIN}}z
OPEN=\${PLAIN
OPEN_DEFAULT=\${PLAIN:-x
NOTHING=\${}
ESCAPED=\\$PLAIN
ESCAPED_QUOTED="\\$PLAIN"
ESCAPED_TWICE=\\\\$PLAIN
OUTSIDE=$GIVEN
LATER=$AFTER
AFTER=after
CHAIN=$CHAIN_2
CHAIN_2=$CHAIN_3
CHAIN_3=deep
SELF=x\${SELF}y
TWICE=one
TWICE=two
LINES="line1
line2"
JSON={"a":"b,c"}
LIST=["k1", "k2"]
COLON: yaml
DOLLAR_END=price$
DOLLARS=a$$b
DIGIT=a$1b
NO_EQUALS
UNICODE=ü$Ü
WINDOWS=crlf\r
INNER=abc"def"
ESCAPED_QUOTE="a\\"b"
OVERRULED=file
OF_OVERRULED=$OVERRULED
UNTERMINATED="abc
`;

describe('read as Bun reads them', () => {
  const env = { GIVEN: 'given', OVERRULED: 'outside', PATH: '/bin' };

  test('a file with everything', () => {
    const folder = folderWith({ '.env': DOTENV });
    expect(opened(folder, env).read()).toEqual(bunEnvironment(folder, env));
    expect(opened(folder, env).atStart).toEqual(bunEnvironment(folder, env));
  });

  test.each<[string, Env, string[]]>([
    ['development', {}, []],
    ['development by name', { NODE_ENV: 'development' }, []],
    ['production', { NODE_ENV: 'production' }, []],
    ['test', { NODE_ENV: 'test' }, []],
    ['another', { NODE_ENV: 'staging' }, []],
    ['files by name', {}, ['--env-file=.env.test', '--env-file', '.env']],
    ['a list of files by name', {}, ['--env-file=.env.test,.env.local']],
    ['none at all', {}, ['--no-env-file']],
  ])('several files: %s', (_name, given, flags) => {
    const names = [
      '.env',
      '.env.local',
      '.env.development',
      '.env.development.local',
      '.env.production',
      '.env.test',
    ];
    const folder = folderWith(
      Object.fromEntries(
        names.map((name, index) => [name, `WHICH=${name}\nONLY_${index}=1\nOF_${index}=$WHICH`]),
      ),
    );
    const all = { ...env, ...given };
    const files = opened(folder, all, flags);
    expect([files.atStart, files.read()]).toEqual(Array(2).fill(bunEnvironment(folder, all, flags)));
  });

  test('NODE_ENV in a file does not say which files are read', () => {
    const folder = folderWith({
      '.env': 'NODE_ENV=production',
      '.env.production': 'X=1',
      '.env.development': 'Y=1',
    });
    expect(opened(folder, env).read()).toEqual(bunEnvironment(folder, env));
    expect(opened(folder, env).read()).toMatchObject({ NODE_ENV: 'production', Y: '1' });
  });

  test('a mark of byte order, a folder in place of a file', () => {
    const folder = folderWith({ '.env': '\uFEFFFIRST=1' });
    mkdirSync(join(folder, '.env.local'));
    expect(opened(folder, env).read()).toEqual(bunEnvironment(folder, env));
  });

  test('whatever references stand in it', () => {
    const piece = fc.constantFrom(
      '$',
      '{',
      '}',
      ':-',
      '\\',
      'A',
      'B',
      'NOPE',
      '-',
      '1',
      ' ',
      '$A',
      '${B',
      '${NOPE:-',
    );
    const value = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const file = fc.array(value, { minLength: 1, maxLength: 300 }).map((values) => {
      const lines = values.map((text, index) => `V_${index}=${text}`);
      return ['A=a', 'B=$A', ...lines].join('\n');
    });
    const property = fc.property(file, (text) => {
      const folder = folderWith({ '.env': text });
      expect(mergeEnvTexts([text], env)).toEqual(bunEnvironment(folder, env));
    });
    fc.assert(property, { numRuns: 10 });
  });
});

describe('read anew', () => {
  test.each<[string, string, string, Env, Env]>([
    ['a new value wins over the old one', 'KEY=old', 'KEY=new', {}, { KEY: 'new' }],
    ['but not over the environment', 'KEY=old', 'KEY=new', { KEY: 'outside' }, { KEY: 'outside' }],
    ['an empty variable of the environment stays empty', 'KEY=old', 'KEY=new', { KEY: '' }, { KEY: '' }],
    ['what was removed is gone', 'KEY=old\nB=1', 'B=1', {}, { B: '1' }],
    ['what was added is there', 'B=1', 'B=1\nKEY=new', {}, { B: '1', KEY: 'new' }],
    [
      'what was added does not win over the environment',
      '',
      'KEY=new',
      { KEY: 'outside' },
      { KEY: 'outside' },
    ],
    ['the same value in both follows the file', 'KEY=same', 'KEY=new', { KEY: 'same' }, { KEY: 'new' }],
    ['quotes and comments', 'KEY="old" # x', "export KEY='new # y' # z", {}, { KEY: 'new # y' }],
    ['references', 'A=1\nKEY=$A', 'A=2\nKEY=$A$B', { B: 'b' }, { A: '2', KEY: '2b', B: 'b' }],
    [
      'a reference to what the environment overrules',
      'KEY=$A\nA=1',
      'KEY=x$A\nA=2',
      { A: 'o' },
      { A: 'o', KEY: 'xo' },
    ],
    ['a file that is made later', '', 'KEY=new', {}, { KEY: 'new' }],
  ])('%s', (_name, before, after, env, expected) => {
    const folder = folderWith(before === '' ? {} : { '.env': before });
    const files = opened(folder, env);
    write(folder, { '.env': after });
    expect(files.read()).toEqual(expected);
  });

  test('a file of a higher rank that comes later wins', () => {
    const folder = folderWith({ '.env': 'KEY=old' });
    const files = opened(folder, {});
    write(folder, { '.env.local': 'KEY=local' });
    expect(files.read()).toEqual({ KEY: 'local' });
  });

  test('a process that was not to read the files is not given them later', () => {
    const folder = folderWith({ '.env': 'KEY=old', 'bunfig.toml': 'env = false' });
    const files = opened(folder, { A: '1' });
    write(folder, { '.env': 'KEY=new' });
    expect([files.paths, files.read()]).toEqual([[], { A: '1' }]);
  });
});
