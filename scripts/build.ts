/**
 * `bun run build [--outfile path] [--target bun-linux-x64 …]` makes one executable of the program, with Bun and all of
 * the program's files in it.
 */

import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PAGE_FOLDER, VENDOR_FILES } from '../src/http/ui/page-files.ts';
import { SCHEMA_FILE } from '../src/sim/scenario/json-schema.ts';
import { commandLine } from './command-line/command-line.ts';

const ROOT = join(import.meta.dir, '..');
/** Besides the entry: what is loaded by the name of its file. */
const THREADS = [
  'src/compose/watchdog-thread.ts',
  'src/sim/record/writer-thread.ts',
  'src/sim/redact-thread.ts',
  'src/answer/media/pdf-thread.ts',
];
const SCENARIOS = 'fixtures/scenarios/*.{yaml,yml,json}';
const MEGABYTE = 1_000_000;

const { values } = commandLine({
  name: 'bun run build',
  about: 'Makes one executable of the program, with Bun in it (default: dist/gemini-claude-proxy)',
  options: { outfile: { type: 'string' }, target: { type: 'string' } },
});
const outfile = resolve(values.outfile ?? join(ROOT, 'dist/gemini-claude-proxy'));
/** An entry that brings the files of the inspector's page along as they are, TypeScript among them. */
const PAGE_ENTRY = join(ROOT, 'src/http/ui/embedded-page.ts');
const pageFiles = [
  ...[...new Bun.Glob(`${PAGE_FOLDER}/**/*`).scanSync(ROOT)].sort(),
  ...Object.values(VENDOR_FILES).map(({ file }) => `node_modules/${file}`),
];
const scenarios = [...new Bun.Glob(SCENARIOS).scanSync(ROOT)]
  .filter((path) => !path.endsWith(SCHEMA_FILE))
  .sort();
await Bun.build({
  entrypoints: ['src/main.ts', ...THREADS, ...scenarios].map((path) => join(ROOT, path)).concat(PAGE_ENTRY),
  files: {
    [PAGE_ENTRY]: pageFiles
      .map(
        (path, index) => `import file${index} from '../../../${path}' with { type: 'file' };\nfile${index};`,
      )
      .join('\n'),
  },
  root: ROOT,
  // `lib/program/own-files.ts` finds files under the names that they have here.
  naming: { entry: '[dir]/[name].[ext]', asset: '[dir]/[name].[ext]' },
  splitting: true,
  minify: { whitespace: true, syntax: true },
  loader: { '.yaml': 'file', '.yml': 'file' },
  compile: {
    outfile,
    ...(values.target === undefined ? {} : { target: values.target as Bun.Build.CompileTarget }),
    // Nothing of the folder that a user happens to be in may change how the program is loaded.
    autoloadBunfig: false,
    autoloadDotenv: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
});
console.log(`${outfile}  ${Math.round(statSync(outfile).size / MEGABYTE)} MB`);
