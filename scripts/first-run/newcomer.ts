/** A user who has just come: an empty home, empty folders for temporary files and caches, the programs of this machine, and no Bun. */
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { removeWhenEnded } from './removal.ts';

/** What a newcomer does not have. */
const NOT_THERE = /^(?:bunx?|claude|gemini-claude-proxy)(?:\.\w+)?$/;
/** How this machine reaches a package registry. */
const NETWORK =
  /^(?:npm_config_registry|BUN_CONFIG_REGISTRY|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|(?:https?|no|all)_proxy)$/i;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Links to all programs of PATH but those that a newcomer does not have. The first of a name wins, as on PATH. */
function linkPrograms(folder: string): void {
  const seen = new Set<string>();
  for (const from of (process.env['PATH'] ?? '').split(delimiter)) {
    let names: string[] = [];
    try {
      names = readdirSync(from);
    } catch {
      continue;
    }
    for (const name of names) {
      if (seen.has(name) || NOT_THERE.test(name) || !isProgram(join(from, name))) continue;
      seen.add(name);
      symlinkSync(join(from, name), join(folder, name));
    }
  }
}

export class Newcomer {
  readonly root = removeWhenEnded(mkdtempSync(join(tmpdir(), 'first-run-')));
  readonly home = join(this.root, 'home');
  readonly #bin = join(this.root, 'bin');
  readonly #temporary = join(this.root, 'tmp');

  /** `claude`: the program of Claude Code, which the newcomer has installed already. */
  constructor(claude: string) {
    for (const folder of [this.home, this.#bin, this.#temporary]) mkdirSync(folder);
    linkPrograms(this.#bin);
    symlinkSync(claude, join(this.#bin, 'claude'));
  }

  emptyFolder(name: string): string {
    const folder = join(this.root, name);
    mkdirSync(folder);
    return folder;
  }

  /** Nothing of this process's environment but the way to a registry. */
  get env(): Record<string, string> {
    const network = Object.entries(process.env).filter(([name]) => NETWORK.test(name));
    return {
      ...(Object.fromEntries(network) as Record<string, string>),
      PATH: [join(this.home, '.npm-global/bin'), this.#bin].join(delimiter),
      HOME: this.home,
      TMPDIR: this.#temporary,
      LANG: 'C.UTF-8',
      // A global installation without the rights of an administrator.
      npm_config_prefix: join(this.home, '.npm-global'),
      // What Claude Code would ask of its maker is not what is measured.
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    };
  }
}
