/** The peers that can be had from npm and PyPI, each in one version, and how each is brought to a Gemini of ours. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Start } from './process.ts';

/** Known to all of them. */
export const MODEL = 'gemini-3.7-flash';
const KEY = 'AIzaSyCompare000000000000000000000000000';
/** LiteLLM starts with none weaker. */
export const CLIENT_KEY = 'sk-7f3a9d2c41e85b60f7c2a9d1';

export type Installable = {
  name: string;
  version: string;
  /** Installs it into the folder that the commands run in, by its documented way. */
  install: readonly (readonly string[])[];
};

export type Peer = Installable & {
  /** `folder`: where it is installed. `home`: a new folder of its own. */
  start(folder: string, home: string, port: number, gemini: string): Start;
};

export const npm = (what: string): string[] => [
  'npm',
  'install',
  '--no-audit',
  '--no-fund',
  '--loglevel',
  'error',
  what,
];

function litellmConfig(gemini: string): object {
  const parameters = { model: `gemini/${MODEL}`, api_base: `${gemini}/v1beta`, api_key: KEY };
  return {
    model_list: [{ model_name: '*', litellm_params: parameters }],
    general_settings: { master_key: CLIENT_KEY },
  };
}

function routerConfig(gemini: string, port: number): object {
  const provider = {
    name: 'gemini',
    api_base_url: `${gemini}/v1beta/models/`,
    api_key: KEY,
    models: [MODEL],
    transformer: { use: ['gemini'] },
  };
  return {
    LOG: false,
    PORT: port,
    HOST: '127.0.0.1',
    APIKEY: CLIENT_KEY,
    Providers: [provider],
    Router: { default: `gemini,${MODEL}` },
  };
}

/** `tarball`: this package, as `npm pack` makes it. */
export const peers = (version: string, tarball: string): readonly Peer[] => [
  {
    name: 'gemini-claude-proxy',
    version,
    install: [npm(tarball)],
    start: (folder, home, port, gemini) => ({
      command: ['node', join(folder, 'node_modules/gemini-claude-proxy/bin/gemini-claude-proxy.js'), 'start'],
      cwd: home,
      env: {
        GEMINI_API_KEY: KEY,
        GOOGLE_GEMINI_BASE_URL: gemini,
        BIG_MODEL: MODEL,
        SMALL_MODEL: MODEL,
        PROXY_API_KEY: CLIENT_KEY,
        PORT: String(port),
      },
    }),
  },
  {
    name: 'LiteLLM',
    version: '1.108.7',
    install: [
      ['python3', '-m', 'venv', 'env'],
      ['env/bin/pip', 'install', '--quiet', 'litellm[proxy]==1.108.7', 'google-genai==3.6.1'],
    ],
    start: (folder, home, port, gemini) => {
      writeFileSync(join(home, 'config.yaml'), JSON.stringify(litellmConfig(gemini)));
      const options = ['--config', join(home, 'config.yaml'), '--host', '127.0.0.1', '--port', String(port)];
      // Else it asks the internet for its prices, before it serves.
      return {
        command: [join(folder, 'env/bin/litellm'), ...options],
        cwd: home,
        env: { LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
      };
    },
  },
  {
    name: 'claude-code-router',
    version: '2.0.0',
    install: [npm('@musistudio/claude-code-router@2.0.0')],
    start: (folder, home, port, gemini) => {
      mkdirSync(join(home, '.claude-code-router'));
      writeFileSync(
        join(home, '.claude-code-router/config.json'),
        JSON.stringify(routerConfig(gemini, port)),
      );
      const program = join(folder, 'node_modules/@musistudio/claude-code-router/dist/cli.js');
      return { command: ['node', program, 'start'], cwd: home, env: { SERVICE_PORT: String(port) } };
    },
  },
];

/** Installs a peer unless it is there, and tells its folder. */
export async function installed(peer: Installable, cache: string): Promise<string> {
  const folder = join(cache, `${peer.name}-${peer.version}`);
  if (existsSync(join(folder, '.complete'))) return folder;
  rmSync(folder, { recursive: true, force: true });
  // Programs of a Python environment know its path, so nothing is renamed; the mark comes last.
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  for (const command of peer.install) {
    const child = Bun.spawn([...command], {
      cwd: folder,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
    });
    if ((await child.exited) !== 0) throw new Error(`${command.join(' ')} ended with ${child.exitCode}`);
  }
  writeFileSync(join(folder, '.complete'), '');
  return folder;
}
