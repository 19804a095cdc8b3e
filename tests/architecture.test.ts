import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  codeLines,
  crowdedRooms,
  importCycles,
  importsOf,
  RULES,
  type SourceFile,
} from './support/architecture.ts';

/** What a program leaves in the folder in which it runs, such as a cache, is one `git add` away from everybody's clone. */
const TOP = [
  ...['bin', 'docs', 'examples', 'fixtures', 'scripts', 'src', 'tests', '.ci'],
  ...['AGENTS.md', 'CHANGELOG.md', 'LICENSE', 'README.md', '.env.example'],
  ...['package.json', 'bun.lock', 'bunfig.toml', 'biome.json', 'tsconfig.json', 'tsconfig.node.json'],
  ...['Dockerfile', 'compose.yaml', '.dockerignore', '.gitattributes', '.gitignore'],
];

const ROOT = join(import.meta.dir, '..');

const filesOf = (folder: string): SourceFile[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({
      path: `${folder}/${path.replaceAll('\\', '/')}`,
      text: readFileSync(join(ROOT, folder, path), 'utf8'),
    }));

const SOURCE = filesOf('src');
const ALL = [...SOURCE, ...filesOf('scripts'), ...filesOf('tests')];

/** Folders of tests for what is no room of `src/` or of `scripts/`. */
const FOLDERS_OF_TESTS = [
  '',
  // Real clients; load and attacks; a day of use; real recordings.
  ...['e2e', 'load', 'day', 'corpus'],
  // The whole proxy over HTTP, by what the tests are about.
  ...['context', 'hosted', 'media', 'models', 'recordings', 'recovery', 'requests', 'spending'].map(
    (name) => `http/${name}`,
  ),
  'support',
  ...[
    'answers',
    'clients',
    'corpus',
    'doctor',
    'faults',
    'google',
    'made',
    'pools',
    'programs',
    'survival',
    'talks',
    'turns',
  ].map((name) => `support/${name}`),
];

describe('the house', () => {
  test.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
    const files = rule.everywhere ? ALL : SOURCE;
    expect(
      files.flatMap((file) => rule.breaches(file)),
      rule.why,
    ).toEqual([]);
  });

  test.skipIf(!existsSync(join(ROOT, '.git')))('nothing is kept at the top but what belongs there', () => {
    const { stdout } = Bun.spawnSync(['git', 'ls-files'], { cwd: ROOT });
    const kept = new Set(
      stdout
        .toString()
        .split('\n')
        .map((path) => path.split('/')[0] ?? ''),
    );
    expect([...kept].filter((name) => name !== '').sort()).toEqual(TOP.toSorted());
  });

  test('there are no import cycles', () => {
    expect(importCycles(SOURCE)).toEqual([]);
  });

  test('no room is crowded', () => {
    // Each file directly in `scripts/` is a command.
    const inRooms = ALL.filter(({ path }) => dirname(path) !== 'scripts');
    expect(crowdedRooms(inRooms)).toEqual([]);
  });

  test('tests mirror src: a folder of tests is a room of src or of scripts, or says below what it is', () => {
    const folderOf = ({ path }: SourceFile) => path.split('/').slice(1, -1).join('/');
    const rooms = new Set(SOURCE.map(folderOf));
    const scripts = new Set(filesOf('scripts').map((file) => join('scripts', folderOf(file))));
    const others = new Set(FOLDERS_OF_TESTS);
    const folders = new Set(filesOf('tests').map(folderOf));
    expect([...folders].filter((name) => ![rooms, scripts, others].some((set) => set.has(name)))).toEqual([]);
  });

  test('decision records are numbered and titled', () => {
    const records = readdirSync(join(ROOT, 'docs/decisions')).sort();
    expect(records.length).toBeGreaterThan(0);
    expect(new Set(records.map((name) => name.slice(0, 4))).size).toBe(records.length);
    for (const name of records) {
      expect(name).toMatch(/^\d{4}-[a-z0-9-]+\.md$/);
      const title = readFileSync(join(ROOT, 'docs/decisions', name), 'utf8').split('\n')[0];
      expect(title).toMatch(new RegExp(`^# ${name.slice(0, 4)} · \\S`));
    }
  });
});

/** Source that breaks each rule: a rule that cannot fail is worthless. */
const BREAKING: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['imports go down only', 'src/lib/json.ts', "import { a } from '../gemini/wire.ts';"],
  ['imports go down only', 'src/anthropic/request.ts', "import type { Part } from '../gemini/wire.ts';"],
  ['imports go down only', 'src/keys/pool.ts', "import { mock } from '../sim/mock/index.ts';"],
  ['imports go down only', 'src/http/app.ts', "import type { Config } from '../config/config.ts';"],
  ['imports go down only', 'src/config/config.ts', "import { compose } from '../compose/compose.ts';"],
  ['imports go down only', 'src/lib/json.ts', "import { version } from '../../package.json';"],
  ['imports go down only', 'src/trace/trace.ts', "import { thing } from '../gemini/wire.ts';"],
  ['imports go down only', 'src/utils/x.ts', "import { a } from '../lib/json.ts';"],
  ['imports go down only', 'src/lib/json.ts', "const a = await import('../http/app.ts');"],
  ['imports go down only', 'src/lib/json.ts', "export {\n  a,\n  b,\n} from '../http/app.ts';"],
  ['a package lives in its rooms', 'src/http/app.ts', "import { GoogleGenAI } from '@google/genai/web';"],
  ['a package lives in its rooms', 'src/gemini/wire.ts', "import { FinishReason } from '@google/genai';"],
  ['a package lives in its rooms', 'src/answer/answer.ts', "import { Elysia } from 'elysia';"],
  ['a package lives in its rooms', 'src/translate/count.ts', "import { readFileSync } from 'node:fs';"],
  ['a package lives in its rooms', 'src/http/app.ts', "import leftPad from 'left-pad';"],
  ['imports name the file', 'src/lib/json.ts', "import { a } from './hash';"],
  ['no file over 400 lines', 'src/lib/json.ts', 'x;\n'.repeat(401)],
  [
    'tests import src, not scripts',
    'tests/http/a.test.ts',
    "import { adopt } from '../../scripts/turns/adopt.ts';",
  ],
  ['tests import src, not scripts', 'tests/support/a.ts', "import { TURNS } from '../../scripts/folder.ts';"],
  ['no any', 'src/lib/json.ts', 'const x: any = 1;'],
  ['no any', 'src/lib/json.ts', 'f(x as any);'],
  ['no default exports', 'src/lib/json.ts', 'export default 1;'],
  ['no barrels', 'src/lib/index.ts', "export * from './json.ts';"],
  ['the environment is read on the top floor', 'src/lib/log.ts', "process.env['LOG_LEVEL'];"],
  ['time, chance and ids come through ports', 'src/http/app.ts', 'const t = Date.now();'],
  ['time, chance and ids come through ports', 'src/translate/count.ts', 'const t = new Date();'],
  ['time, chance and ids come through ports', 'src/answer/answer.ts', 'Math.random();'],
  ['what is shown is cut where its secrets are hidden', 'src/lib/log.ts', 'const a = hideSecrets(b, c);'],
  [
    'what is shown is cut where its secrets are hidden',
    'src/keys/a.ts',
    `const a = \`said \${b.slice(0, 9)}\`;`,
  ],
  ['pictures are decoded in one place', 'src/answer/a.ts', 'new Bun.Image(data);'],
  ["the wall's clock tells dates", 'src/keys/breaker.ts', 'const now = clock.wall().getTime();'],
  ['no Anthropic word below the translation', 'src/sim/mock/index.ts', "const a = 'tool_use';"],
  ["no vendor's word in the story", 'src/trace/events.ts', 'const a = { googleStatus: 503 };'],
];

const KEEPING: readonly (readonly [path: string, text: string])[] = [
  ['src/http/app.ts', "import { Elysia } from 'elysia';\nimport { a } from '../answer/answer.ts';"],
  ['src/gemini/wire.ts', "import type { Part } from '@google/genai';"],
  ['src/config/config.ts', "import { version } from '../../package.json';"],
  ['src/main.ts', "import { compose } from './compose/compose.ts';\nprocess.env['PORT'];"],
  [
    'src/answer/answer.ts',
    '// Date.now() would do, but not in a test\n/**\n * any anthropic word\n */\nconst x = 1;',
  ],
  ['src/lib/ports.ts', 'Date.now();'],
  ['src/trace/log-line.ts', "const a = { gemini_model: 'x' };"],
  ['src/gemini/wire.ts', "import type { Trace } from '../trace/trace.ts';"],
  ['src/lib/a.ts', "const modes = { auto: 'AUTO', any: 'ANY' };"],
  ['src/sim/a.ts', "const many: string = 'any';"],
];

describe('the checker itself', () => {
  test.each(BREAKING)('%s: caught in %s', (name, path, text) => {
    const rule = RULES.find((candidate) => candidate.name === name);
    expect(rule?.breaches({ path, text })).toHaveLength(1);
  });

  test('every rule is shown to fail', () => {
    const shown = new Set(BREAKING.map(([name]) => name));
    expect(RULES.map((rule) => rule.name).filter((name) => !shown.has(name))).toEqual([]);
  });

  test.each(KEEPING)('nothing wrong with %s', (path, text) => {
    expect(RULES.flatMap((rule) => rule.breaches({ path, text }))).toEqual([]);
  });

  test('reads every form of import', () => {
    const text =
      "import 'a';\nimport type { B } from 'b';\nimport {\n  c,\n} from 'c';\nexport { d } from 'd';\nimport('e');";
    expect(importsOf(text)).toEqual([
      { target: 'a', typeOnly: false, line: 1 },
      { target: 'b', typeOnly: true, line: 2 },
      { target: 'c', typeOnly: false, line: 3 },
      { target: 'd', typeOnly: false, line: 6 },
      { target: 'e', typeOnly: false, line: 7 },
    ]);
  });

  test('leaves out comments and keeps line numbers', () => {
    expect(codeLines("a; // no\n/** x\n * y */\n// z\nconst u = 'http://h/*';")).toEqual([
      'a;',
      '',
      '',
      '',
      "const u = 'http://h/*';",
    ]);
  });

  test('finds a crowded room', () => {
    const files = Array.from({ length: 26 }, (_, index) => ({ path: `src/lib/a${index}.ts`, text: '' }));
    expect(crowdedRooms(files)).toEqual(['src/lib has 26 files']);
    expect(crowdedRooms(files.slice(1))).toEqual([]);
  });

  test('finds a cycle', () => {
    const files = [
      { path: 'src/a.ts', text: "import './b.ts';" },
      { path: 'src/b.ts', text: "import './c/c.ts';" },
      { path: 'src/c/c.ts', text: "import '../a.ts';" },
    ];
    expect(importCycles(files)).toEqual(['src/a.ts → src/b.ts → src/c/c.ts → src/a.ts']);
    expect(importCycles(files.slice(0, 2))).toEqual([]);
  });
});
