/** A copy of this repository, in which commands are run as a developer runs them. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '../..');

/** What the commands need. Few turns show as much as all, and are copied fast. */
const COPIED = [
  ...['src', 'scripts', 'tests/support', 'tests/turns.test.ts', 'docs', 'fixtures/scenarios'],
  ...['fixtures/turns/text-3', 'fixtures/turns/call-3'],
  ...['README.md', '.env.example', '.gitignore', 'package.json', 'tsconfig.json', 'bunfig.toml'],
];

export type Ran = { code: number; text: string };

export class Copy implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'journey-'));
  readonly root = join(this.#folder, 'proxy');
  readonly env = {
    PATH: process.env['PATH'] ?? '',
    HOME: this.#folder,
    NO_COLOR: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((who) => [
        [`GIT_${who}_NAME`, 'Ada'],
        [`GIT_${who}_EMAIL`, 'ada@example.com'],
      ]),
    ),
  };

  constructor() {
    mkdirSync(this.root);
    for (const path of COPIED) cpSync(join(ROOT, path), join(this.root, path), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.root, 'node_modules'));
  }

  start(...command: string[]) {
    return Bun.spawn(command, {
      cwd: this.root,
      env: this.env,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
  }

  async run(...command: string[]): Promise<Ran> {
    const child = this.start(...command);
    const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { code: await child.exited, text: texts.join('') };
  }

  /** Throws where the file does not hold `from`. */
  change(file: string, from: string, to: string): void {
    const path = join(this.root, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not say ${from} any more`);
    writeFileSync(path, text.replace(from, to));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
