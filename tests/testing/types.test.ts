/** The declarations, as the compiler of a stranger's project reads them: with none of our packages, and with every library checked. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ownPackage from '../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dir, '../..');
const TSC = join(ROOT, 'node_modules/.bin/tsc');

const folder = mkdtempSync(join(tmpdir(), 'types-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const installed = join(folder, 'node_modules', ownPackage.name);
  mkdirSync(join(installed, 'src'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
  cpSync(join(ROOT, 'src/testing'), join(installed, 'src/testing'), { recursive: true });
});

const PROGRAM = `
import { connect, startMock, startProxy, startReplay } from '${ownPackage.name}';
import type { Control, JournalEntry, MockOptions, Running, Scenario } from '${ownPackage.name}';

export async function use(): Promise<string> {
  const scenario: Scenario = { name: 'weather', description: 'Tells it', rules: [{ name: 'all', text: 'Sunny.' }] };
  const options: MockOptions = { scenarios: [scenario, 'more.yaml'], strict: true, pace: 'instant', settings: { MAX_RETRIES: 0 } };
  const mock: Running = await startMock(options);
  const others = [await startMock(), await startReplay({ recording: 'r', speed: 2, match: 'loose', onMiss: 'mock', repeat: true }), await startProxy({ key: 'k', upstream: 'http://127.0.0.1:1' })];
  const last: JournalEntry | undefined = await mock.lastRequest({ testId: 'a' });
  await mock.faults('http-503', { testId: 'a' });
  await mock.reset();
  await mock.stop();
  const elsewhere: Control = connect(mock.url);
  // @ts-expect-error
  await elsewhere.stop();
  // @ts-expect-error
  await startMock({ pace: 'slow' });
  // @ts-expect-error
  await startMock({ scenario_s: [] });
  // @ts-expect-error
  await startReplay({});
  // @ts-expect-error
  others[0].url = '';
  const path: string = last?.path ?? '';
  return path;
}
`;

const PROJECTS = [
  { name: 'Node 16, modules', file: 'index.mts', module: 'Node16', moduleResolution: 'Node16' },
  { name: 'Node 16, CommonJS', file: 'index.cts', module: 'Node16', moduleResolution: 'Node16' },
  { name: 'NodeNext', file: 'index.mts', module: 'NodeNext', moduleResolution: 'NodeNext' },
  { name: 'a bundler', file: 'index.ts', module: 'ESNext', moduleResolution: 'Bundler' },
  {
    name: 'Bun',
    file: 'index.ts',
    module: 'Preserve',
    moduleResolution: 'Bundler',
    customConditions: ['bun'],
  },
];

test.each(PROJECTS)('compile in a project for $name', ({ name, file, ...resolution }) => {
  const project = join(folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(project);
  writeFileSync(join(project, file), PROGRAM);
  const strict = { exactOptionalPropertyTypes: true, skipLibCheck: false };
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022'],
    types: [],
    noEmit: true,
    ...strict,
    ...resolution,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const { stdout, exitCode } = Bun.spawnSync([TSC, '-p', project]);
  expect({ said: stdout.toString(), exitCode }).toEqual({ said: '', exitCode: 0 });
});

test('what Node runs keeps to the same types', () => {
  const { stdout, exitCode } = Bun.spawnSync([TSC, '-p', join(ROOT, 'tsconfig.node.json')]);
  expect({ said: stdout.toString(), exitCode }).toEqual({ said: '', exitCode: 0 });
});

test('compilers and bundlers that know nothing of `exports` find what `require` finds', () => {
  const { require: classic } = ownPackage.exports['.'];
  expect({ types: ownPackage.types, default: ownPackage.main }).toEqual(classic);
});
