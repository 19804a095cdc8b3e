/** Finds a proxy or starts one, runs Claude Code on it, and ends the proxy if it was started here. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BEFORE_START } from '../config/before-start.ts';
import { VERSION } from '../config/config.ts';
import type { Environment } from '../config/env-files.ts';
import { ENV_FILE } from '../config/program.ts';
import { VARIABLE_ROWS } from '../config/variables.ts';
import { shortHash } from '../lib/hash.ts';
import { findClient, hasFlag, howToGet, runClient, saysPermissions } from './client.ts';
import { type LaunchContext, servedAt, settingsInForce } from './context.ts';
import { inTheWay, PERMISSION_MODE, variablesFor } from './environment.ts';
import { lookAt } from './look.ts';
import { leadingElsewhere, readManaged } from './managed-settings.ts';
import { type ProxyInUse, StartedProxies } from './proxies.ts';
import { choosesPermissions, envOf } from './settings-file.ts';

const EXIT_NOT_FOUND = 127;
/** Flags that say where the proxy is, not what it does. */
const ADDRESS_FLAG = /^--(?:host|port)(?:=|$)/;

/** Thrown where a signal came before Claude Code ran. */
export class EndedBySignal extends Error {
  readonly signal: string;
  constructor(signal: string) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

// ── the proxy ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Launches with the same settings share a proxy, so the name is made of all settings. */
function startedProxies({ ports, args, state }: LaunchContext): StartedProxies {
  const { env, cwd, serve, clock, pid } = ports;
  const settings = VARIABLE_ROWS.map(([name]) => env[name] ?? null);
  const family = shortHash(JSON.stringify([VERSION, serve, cwd, args.proxy, settings]), 16);
  return new StartedProxies({ state, family: family.replaceAll('-', '_'), clock, pid });
}

/** A user who gives flags wants a proxy with these flags, not just any proxy that happens to run. */
const isAnyProxyGood = (flags: readonly string[]): boolean =>
  flags.every((flag, at) => [flag, flags[at - 1] ?? ''].some((text) => ADDRESS_FLAG.test(text)));

async function runningProxy(context: LaunchContext): Promise<ProxyInUse | undefined> {
  const { args, config, address, expected, ports } = context;
  if (!isAnyProxyGood(args.proxy) || config.port === 0) return undefined;
  const found = await lookAt(address, expected);
  if (found.kind === 'other') ports.err(`At ${address} ${found.why}: not used.`);
  if (found.kind !== 'ours') return undefined;
  ports.err(`Proxy  ${address} (was running)`);
  const { inputTokens, upstreamProblem, differing } = found;
  if (differing.length > 0)
    ports.err(
      `       It has other settings than this command: ${differing.join(', ')}. They stay, unless you start it anew.`,
    );
  return { url: address, inputTokens, upstreamProblem, started: undefined };
}

/** The proxy serves this user alone, whatever HOST and WORKERS say. */
const FOR_ONE_USER = ['--host', '127.0.0.1', '--port', '0', '--workers', '1'];

function startProxy(started: StartedProxies, context: LaunchContext, signal: AbortSignal) {
  const { ports, args, expected, outside } = context;
  const env = { ...BEFORE_START, ...outside };
  const options = { command: ports.serve, args: [...args.proxy, ...FOR_ONE_USER], env, cwd: ports.cwd };
  return started.start(options, expected, signal);
}

async function findOrStart(
  started: StartedProxies,
  context: LaunchContext,
  signal: AbortSignal,
): Promise<ProxyInUse> {
  const { err } = context.ports;
  const running = await runningProxy(context);
  if (running) return running;
  const proxy = (await started.join(context.expected)) ?? (await startProxy(started, context, signal));
  const how = proxy.started?.isNew ? 'started' : 'of another terminal';
  err(`Proxy  ${proxy.url} (${how}; log: ${proxy.started?.log})`);
  return proxy;
}

// ── Claude Code ───────────────────────────────────────────────────────────────────────────────────────────────

type Overruling = { args: readonly string[]; remove(): void };
const NOTHING: Overruling = { args: [], remove() {} };

/**
 * For Claude Code the `env` of a settings file goes before the environment, and the flag `--settings` goes before both. The flag names a
 * file here and not the settings themselves: they hold the token, and everybody on this machine may read a process's arguments.
 */
function overrule(variables: Environment, inSettings: Environment, context: LaunchContext): Overruling {
  const { args, ports, state } = context;
  const others = Object.keys(variables).filter(
    (name) => inSettings[name] !== undefined && inSettings[name] !== variables[name],
  );
  const overruled = [...others, ...inTheWay(inSettings)];
  if (overruled.length === 0) return NOTHING;
  const named = `${overruled.join(', ')} of Claude Code's settings`;
  if (hasFlag(args.client, ['--settings'])) {
    ports.err(`Your --settings is passed on as it is, so ${named} may lead elsewhere.`);
    return NOTHING;
  }
  ports.err(`For this run, ${named} ${overruled.length === 1 ? 'is' : 'are'} overruled.`);
  const cleared = Object.fromEntries(inTheWay(inSettings).map((name) => [name, '']));
  const folder = join(state, 'launches');
  const file = join(folder, `${ports.pid}.json`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify({ env: { ...cleared, ...variables } }), { mode: 0o600 });
  return { args: ['--settings', file], remove: () => rmSync(file, { force: true }) };
}

/** The permission mode to begin in. A mode that the user has chosen stays. */
const permissionArgs = (settings: readonly unknown[], args: readonly string[]): string[] =>
  settings.some(choosesPermissions) || saysPermissions(args) ? [] : ['--permission-mode', PERMISSION_MODE];

async function runOn(proxy: ProxyInUse, path: string, context: LaunchContext): Promise<number> {
  const { args, outside, folder, ports } = context;
  const managed = readManaged(ports.managed);
  const settings = settingsInForce(context);
  const inSettings = envOf(settings);
  const fixed = managed.map((file) => file.settings);
  const own = { ...outside, ...inSettings, ...envOf(fixed) };
  const variables = variablesFor(servedAt(proxy.url, proxy.inputTokens, context), own, outside);
  const unset = new Set(inTheWay(outside));
  const kept = Object.entries(outside).filter(([name]) => !unset.has(name));
  for (const line of leadingElsewhere(variables, managed)) ports.err(line);
  const overruling = overrule(variables, inSettings, context);
  try {
    return await runClient({
      path,
      args: [...overruling.args, ...permissionArgs([...settings, ...fixed], args.client), ...args.client],
      env: { ...Object.fromEntries(kept), ...variables, PWD: folder },
      cwd: folder,
      onSignal: ports.onSignal,
      hasTerminal: ports.hasTerminal,
    });
  } finally {
    overruling.remove();
  }
}

/** Runs all of it. Resolves with Claude Code's exit code. */
export async function launch(context: LaunchContext): Promise<number> {
  const { ports, config, outside } = context;
  const path = findClient(outside, ports.home);
  if (path === undefined) {
    ports.err(howToGet(ports.platform));
    return EXIT_NOT_FOUND;
  }
  const stop = new AbortController();
  const forget = ports.onSignal((signal) => stop.abort(new EndedBySignal(signal)));
  const started = startedProxies(context);
  const proxy = await findOrStart(started, context, stop.signal).finally(forget);
  // Claude Code says nothing for minutes while it tries again and again.
  if (proxy.upstreamProblem !== undefined)
    ports.err(`       When it last tried, it ${proxy.upstreamProblem.replace(/^cannot/, 'could not')}.`);
  try {
    if (stop.signal.aborted) throw stop.signal.reason;
    if (config.backend === 'mock')
      ports.err(
        `       MOCK: no model answers, everything is made up. GEMINI_API_KEY=… in ${ENV_FILE} makes it real`,
      );
    return await runOn(proxy, path, context);
  } finally {
    const leaving = await started.leave(proxy);
    if (leaving === 'ended') ports.err('The proxy has ended.');
    if (leaving === 'had ended') ports.err(`The proxy had ended by itself; its log: ${proxy.started?.log}`);
  }
}
