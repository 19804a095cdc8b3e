/** The MCP servers that Claude Code would start in a folder: where they are named, and which of them it may start. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from '../config/env-files.ts';
import { isObject } from '../lib/json.ts';
import type { DoctorContext } from './context.ts';
import { type Finding, hint } from './finding.ts';

/** Claude Code's own words: of the user for all folders, for this one, and of the folder's `.mcp.json`. */
export type McpScope = 'user' | 'local' | 'project';

export type McpServer = {
  name: string;
  scope: McpScope;
  file: string;
  /** As it is written in the file. */
  row: Record<string, unknown>;
};

export type McpServers = {
  servers: readonly McpServer[];
  /** Of `.mcp.json`, which the user has not approved: whoever wrote the folder's files would choose what runs here. */
  unapproved: readonly McpServer[];
  findings: readonly Finding[];
};

type File = { path: string; root: Record<string, unknown>; findings: Finding[] };

function readFile(path: string): File {
  if (!existsSync(path)) return { path, root: {}, findings: [] };
  try {
    const root: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
    if (isObject(root)) return { path, root, findings: [] };
    return { path, root: {}, findings: [unusable(path, 'it holds no object')] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { path, root: {}, findings: [unusable(path, why)] };
  }
}

const unusable = (path: string, why: string): Finding =>
  hint(
    `${path} is not valid JSON: ${why}`,
    'Claude Code starts none of the MCP servers in it.',
    `Mend \`${path}\`: no comments, no comma at the end.`,
  );

const serversIn = (holder: Record<string, unknown>, scope: McpScope, file: string): McpServer[] =>
  Object.entries(isObject(holder['mcpServers']) ? holder['mcpServers'] : {}).flatMap(([name, row]) =>
    isObject(row) ? [{ name, scope, file, row }] : [],
  );

const namesIn = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];

type Approvals = { isDisabled(server: McpServer): boolean; isApproved(server: McpServer): boolean };

/** What a folder's own files approve counts where the user trusts the folder: they came with it. */
function approvals({ files, args }: DoctorContext, project: Record<string, unknown>): Approvals {
  const isTrusted = project['hasTrustDialogAccepted'] === true;
  const places = [...files.map(({ settings }) => settings), project];
  const users = files
    .filter(({ scope }) => scope === 'user' || scope === 'managed' || isTrusted)
    .map(({ settings }) => settings);
  const listed = (key: string, among: readonly Record<string, unknown>[]) =>
    new Set(among.flatMap((place) => namesIn(place[key])));
  const disabled = listed('disabledMcpjsonServers', places);
  const enabled = listed('enabledMcpjsonServers', [...users, project]);
  const off = new Set(namesIn(project['disabledMcpServers']));
  const all = [...users, project].some((place) => place['enableAllProjectMcpServers'] === true);
  return {
    isDisabled: ({ name, scope }) => off.has(name) || (scope === 'project' && disabled.has(name)),
    isApproved: ({ name, scope }) => scope !== 'project' || args.startMcp || all || enabled.has(name),
  };
}

/** The folder and those above it, the highest first. */
function upwards(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [...upwards(above), folder];
}

/** By this path Claude Code keeps what belongs to a folder: of a repository, whatever folder of it one works in. */
const projectOf = (folders: readonly string[]): string =>
  folders.findLast((folder) => existsSync(join(folder, '.git'))) ?? folders.at(-1) ?? '';

/** Where two servers have one name, that of the folder itself goes before that of a file, and this before the user's. */
export function readMcpServers(context: DoctorContext): McpServers {
  const { folder, outside, ports } = context;
  const folders = upwards(realpathSync(folder));
  const own = readFile(join(outside['CLAUDE_CONFIG_DIR'] || ports.home, '.claude.json'));
  const shared = folders.map((each) => readFile(join(each, '.mcp.json')));
  const projects = isObject(own.root['projects']) ? own.root['projects'] : {};
  const kept = projects[projectOf(folders)];
  const project = isObject(kept) ? kept : {};
  const all = [
    ...serversIn(own.root, 'user', own.path),
    ...shared.flatMap(({ root, path }) => serversIn(root, 'project', path)),
    ...serversIn(project, 'local', own.path),
  ];
  const { isDisabled, isApproved } = approvals(context, project);
  const byName = new Map(all.filter((server) => !isDisabled(server)).map((server) => [server.name, server]));
  const used = [...byName.values()];
  return {
    servers: used.filter(isApproved),
    unapproved: used.filter((server) => !isApproved(server)),
    findings: [own, ...shared].flatMap(({ findings }) => findings),
  };
}

const VARIABLE = /\$\{(\w+)(?::-([^}]*))?\}/g;

/** The row with `${NAME}` and `${NAME:-default}` filled in, and the names of variables that are missing. */
export function expand(row: unknown, env: Environment): { row: unknown; missing: string[] } {
  const missing: string[] = [];
  const text = (value: string) =>
    value.replace(VARIABLE, (whole, name: string, otherwise: string | undefined) => {
      const known = env[name] ?? otherwise;
      if (known === undefined) missing.push(name);
      return known ?? whole;
    });
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(walk);
    return isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member)]))
      : value;
  };
  return { row: walk(row), missing: [...new Set(missing)] };
}
