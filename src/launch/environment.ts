/**
 * What Claude Code must be told to work on this proxy: the variables to set, and the variables of other accounts that would get in the way.
 * They are the same for a launch, for a shell and for a settings file.
 */
import { delimiter, sep } from 'node:path';
import type { Environment } from '../config/env-files.ts';

export type Served = {
  baseUrl: string;
  /** The key that the proxy wants to see. Where it wants none: any word. */
  token: string;
  /** The window, in tokens, of the smallest model that a Claude id leads to. */
  inputTokens: number;
};

type Variable = {
  value(served: Served): string;
  /** True where the user's own value stays. False for the variables of the connection: another value there leads elsewhere. */
  isTaste: boolean;
};

/** Claude Code takes no larger window. */
const MAX_WINDOW = 1_000_000;
/** Claude Code treats a smaller window as if it were this one. */
const MIN_WINDOW = 100_000;

const VARIABLES: Readonly<Record<string, Variable>> = {
  ANTHROPIC_BASE_URL: { value: ({ baseUrl }) => baseUrl, isTaste: false },
  // A token wins over a login and over a key, and Claude Code does not ask whether to use it.
  ANTHROPIC_AUTH_TOKEN: { value: ({ token }) => token, isTaste: false },
  // With this variable `/model` lists the models of the proxy.
  CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: { value: () => '1', isTaste: true },
  // Without this variable titles and other small requests go to the main model, where the base URL is not Anthropic's.
  // The only haiku id that all versions know.
  ANTHROPIC_DEFAULT_HAIKU_MODEL: { value: () => 'claude-haiku-4-5', isTaste: true },
  // Claude Code goes by the windows of Claude's models, and compacts too late where Gemini's is smaller.
  CLAUDE_CODE_AUTO_COMPACT_WINDOW: {
    value: ({ inputTokens }) => String(Math.max(MIN_WINDOW, Math.min(MAX_WINDOW, inputTokens))),
    isTaste: true,
  },
};

/**
 * Variables that get in the way. Claude Code would send the API key beside the token, and a login's token must not come here. With each of
 * the other variables Claude Code asks another provider in place of the base URL.
 */
export const IN_THE_WAY: readonly string[] = [
  'ANTHROPIC_API_KEY',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'ANTHROPIC_UNIX_SOCKET',
  'CLAUDE_CODE_USE_ANTHROPIC_AWS',
  'CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_GATEWAY',
  'CLAUDE_CODE_USE_MANTLE',
  'CLAUDE_CODE_USE_VERTEX',
];

/** Edits run, and Claude Code asks before anything else. The default, auto mode, wants verdicts that the proxy gives only with AUTO_MODE_CLASSIFIER (docs/discoveries/0002). */
export const PERMISSION_MODE = 'acceptEdits';

const HTTP_PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
const NO_PROXY = ['NO_PROXY', 'no_proxy'] as const;

const isSet = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

/** Claude Code sends even requests to 127.0.0.1 through a company's proxy, which cannot reach this machine. */
export function withoutDetour(baseUrl: string, now: Environment): Record<string, string> {
  if (!HTTP_PROXIES.some((name) => isSet(now[name]) || isSet(now[name.toLowerCase()]))) return {};
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '');
  const hostsIn = (text: string) => text.split(',').map((entry) => entry.trim());
  const spares = (text: string) => hostsIn(text).some((entry) => entry === '*' || entry === host);
  // Some programs read one of the two names, some the other, and an empty value hides the other name.
  const lists = NO_PROXY.map(
    (name) => [name, now[name] || now['NO_PROXY'] || now['no_proxy'] || ''] as const,
  );
  const added = lists.map(([name, list]) => {
    if (spares(list)) return [name, list] as const;
    return [name, list === '' ? host : `${list},${host}`] as const;
  });
  return Object.fromEntries(added.filter(([name, list]) => list !== now[name]));
}

/** `own`: the variables that the user may have set. `network`: the variables that may name a company's proxy. */
export function variablesFor(served: Served, own: Environment, network: Environment): Record<string, string> {
  const wanted = Object.entries(VARIABLES).filter(([name, { isTaste }]) => !(isTaste && isSet(own[name])));
  return {
    ...Object.fromEntries(wanted.map(([name, { value }]) => [name, value(served)])),
    ...withoutDetour(served.baseUrl, { ...network, ...own }),
  };
}

export const inTheWay = (now: Environment): string[] => IN_THE_WAY.filter((name) => isSet(now[name]));

// ── what package managers leave behind ───────────────────────────────────────────────────────────────────────

/** What `bun run` and npm tell a script about its own package: wrong in every other folder. */
const OF_THE_SCRIPT = /^(?:npm_(?!config_)\w+|npm_config_(?:local_prefix|user_agent)|INIT_CWD|NODE)$/;

/** The environment without what the package manager that started us has put there. */
export function withoutScriptRunner(env: Environment): Environment {
  const manifest = env['npm_package_json'];
  if (manifest === undefined) return env;
  const rest = Object.entries(env).filter(([name]) => !OF_THE_SCRIPT.test(name));
  const packageFolder = manifest.replace(/[\\/][^\\/]*$/, '');
  const isOfPackage = (folder: string) => {
    const owner = /^(.*)[\\/]node_modules[\\/]\.bin$/.exec(folder)?.[1];
    return owner !== undefined && (packageFolder === owner || packageFolder.startsWith(owner + sep));
  };
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => !isOfPackage(folder));
  return { ...Object.fromEntries(rest), PATH: path.join(delimiter) };
}
