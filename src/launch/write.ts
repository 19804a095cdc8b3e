/** The variables, printed for a shell or written into Claude Code's settings, and taken back from there. */
import { asCalled } from '../config/program.ts';
import { ConfigError } from '../config/read-value.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import { lineDiff } from '../lib/line-diff.ts';
import { type Format, SCOPES, type Scope } from './arguments.ts';
import { type LaunchContext, pathOf, servedAt } from './context.ts';
import { inTheWay, PERMISSION_MODE, variablesFor } from './environment.ts';
import { type Found, lookAt } from './look.ts';
import { type Change, choosesPermissions, envOf, planUndo, planWrite, type Wanted } from './settings-file.ts';
import { shellText } from './shell-text.ts';

const EXIT_FAILED = 1;

function warnOfAddress(found: Found, { address, ports }: LaunchContext): void {
  if (found.kind === 'nothing') ports.err(asCalled(`Nothing listens at ${address} yet: bun run start`));
  if (found.kind === 'other') ports.err(`At ${address} ${found.why}.`);
}

/** For the proxy of `bun run start`: a proxy that a launch has started ends with that launch. */
export async function printEnv(format: Format, context: LaunchContext): Promise<number> {
  const { address, expected, outside, ports } = context;
  const found = await lookAt(address, expected);
  const served = servedAt(address, found.kind === 'ours' ? found.inputTokens : undefined, context);
  const unset = inTheWay(outside);
  ports.out(shellText(format, { set: variablesFor(served, outside, outside), unset }));
  if (format === 'json' && unset.length > 0) ports.err(`To be unset: ${unset.join(', ')}`);
  ports.err(`Then: claude --permission-mode ${PERMISSION_MODE}`);
  warnOfAddress(found, context);
  return 0;
}

function wantedIn(settings: unknown, context: LaunchContext): Wanted {
  const served = servedAt(context.address, undefined, context);
  const variables = Object.entries(variablesFor(served, envOf([settings]), context.outside));
  return [
    ...variables.map(([name, value]) => [['env', name], value] as const),
    ...(choosesPermissions(settings) ? [] : [[['permissions', 'defaultMode'], PERMISSION_MODE] as const]),
  ];
}

function show({ file, before, after }: Change, { config, ports }: LaunchContext): void {
  const lines = (text: string | undefined) => (text === undefined ? [] : text.trimEnd().split('\n'));
  const state = before === undefined ? ' (new)' : after === undefined ? ' (removed)' : '';
  const diff = lineDiff(lines(before), lines(after)).join('\n');
  const { proxyApiKey } = config;
  const shown = proxyApiKey === undefined ? diff : diff.replaceAll(proxyApiKey, '<PROXY_API_KEY>');
  ports.err(`${file}${state}\n${shown}`);
}

async function isAgreed({ ports }: LaunchContext): Promise<boolean> {
  ports.err('Write this? [y/N]');
  return /^y(?:es)?$/i.test((await ports.readLine())?.trim() ?? '');
}

export async function writeSettings(scope: Scope, agreed: boolean, context: LaunchContext): Promise<number> {
  const { config, ports, state } = context;
  if (scope === 'project' && config.proxyApiKey !== undefined) {
    throw new ConfigError(
      'PROXY_API_KEY would stand in .claude/settings.json, which is usually shared. Use --write-settings local, or user',
    );
  }
  const path = pathOf(scope, context);
  const change = planWrite(path, (settings) => wantedIn(settings, context), state);
  if (!change) {
    ports.err(`${path} says all of it already.`);
    return 0;
  }
  show(change, context);
  if (!agreed && !(await isAgreed(context))) {
    ports.err('Nothing was written. With --yes nobody is asked.');
    return EXIT_FAILED;
  }
  change.apply();
  const undoing = scope === 'user' ? '--undo' : `--undo ${scope}`;
  ports.err(asCalled(`Written. To take it back: bun run claude ${undoing}`));
  warnOfAddress(await lookAt(context.address, context.expected), context);
  return 0;
}

const endingOf = ({ file, isPartial }: Change): string =>
  isPartial
    ? `${file} was changed by others since: only what had been written here is taken out.`
    : `${file} is as it was.`;

/** `/model` of Claude Code writes the model into the file, where it stays; nobody but the proxy knows a model of Gemini. */
function warnOfModel({ after }: Change, { err }: LaunchContext['ports']): void {
  const settings = tryParseJson(after ?? '');
  const model = isObject(settings) ? settings['model'] : undefined;
  if (typeof model !== 'string' || !/^(?:models\/)?gemini-/.test(model)) return;
  err(
    `"model": "${model}" of /model stays there. Without the proxy it gives an error: choose Default with /model, or remove that line.`,
  );
}

/** Takes back what was written, without asking: what comes back is the user's own text. */
export function undo(scope: Scope | undefined, context: LaunchContext): number {
  const { ports, state } = context;
  const paths = (scope === undefined ? SCOPES : [scope]).map((one) => pathOf(one, context));
  const changes = paths.flatMap((path) => planUndo(path, state) ?? []);
  for (const change of changes) {
    show(change, context);
    change.apply();
    ports.err(endingOf(change));
    warnOfModel(change, ports);
  }
  if (changes.length === 0) ports.err(`Nothing was written into ${paths.join(', ')}.`);
  return 0;
}
