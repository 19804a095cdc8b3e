/**
 * `bun run compat [--only name,…] [--list] [--keep] [--out folder] [--page]` runs real clients against this proxy, started as a user does, before a Google on
 * loopback: versions of Claude Code, the SDKs, and programs that use them. Each is installed, used and removed. The table says what came of it, and exit 1 that
 * something failed, with what was seen in the folder of `--out`. `--page` writes the table into docs/compat.md. Some ten minutes; no part of CI.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Outcome, Ready } from './compat/case.ts';
import { CLIENTS, type Client } from './compat/clients.ts';
import { type Options, readOptions } from './compat/options.ts';
import { endStages, runCase } from './compat/run-case.ts';
import { type Column, countFailed, outcomeTable, withTables } from './compat/table.ts';

const PAGE = join(import.meta.dir, '../docs/compat.md');
const GROUPS = [...new Set(CLIENTS.map(({ group }) => group))];
const CASES = [...new Set(GROUPS.flatMap(({ cases }) => cases.map(({ name }) => name)))];

const USAGE = `bun run compat [--only name,…] [--list] [--keep] [--out <folder>] [--page]

Runs real clients against this proxy, before a Google on loopback. --list shows them, --page writes docs/compat.md`;

const options = read();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const root = mkdtempSync(join(tmpdir(), 'compat-'));
if (!options.keep) process.on('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, async () => {
    await endStages();
    process.exit(130);
  });

function read(): Options {
  const names = { clients: CLIENTS.map(({ name }) => name), cases: CASES };
  try {
    return readOptions(process.argv.slice(2), names, join(tmpdir(), 'compat-failures'));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

function list(): void {
  for (const { title, cases } of GROUPS) {
    const clients = CLIENTS.filter(({ group }) => group.title === title).map(({ name }) => name);
    console.log(`${title}: ${clients.join(', ')}`);
    for (const { name, what } of cases) console.log(`  ${name.padEnd(20)}${what}`);
  }
}

function tell(client: Client, name: string, outcome: Outcome): void {
  const said =
    outcome.kind === 'ok' ? `ok, ${outcome.seconds.toFixed(1)} s` : `${outcome.kind}: ${outcome.reason}`;
  console.error(`${client.name} · ${name}: ${said}`);
}

/** `ready` is the reason, where the client could not be installed. */
async function runAll(client: Client, ready: Ready | string): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  for (const each of client.group.cases.filter(({ name }) => options.cases.has(name))) {
    const evidence = join(resolve(options.out), client.name, each.name);
    const outcome: Outcome =
      typeof ready === 'string'
        ? { kind: 'failed', reason: ready }
        : await runCase({ each, client: client.name, ready, place: root, evidence });
    tell(client, each.name, outcome);
    outcomes.set(each.name, outcome);
  }
  return outcomes;
}

async function use(client: Client): Promise<Column> {
  const folder = join(root, client.name);
  let title = client.name;
  let ready: Ready | string;
  try {
    const installed = await client.install(folder);
    title = installed.title;
    ready = installed;
  } catch (error) {
    ready = `it could not be installed: ${error instanceof Error ? error.message : error}`;
  }
  const outcomes = await runAll(client, ready);
  if (!options.keep) rmSync(folder, { recursive: true, force: true });
  return { client: client.name, title, outcomes };
}

if (options.list) {
  list();
  process.exit(0);
}
const columns: Column[] = [];
for (const client of CLIENTS.filter(
  ({ name, group }) => options.clients.has(name) && group.cases.some((each) => options.cases.has(each.name)),
))
  columns.push(await use(client));
const tables = GROUPS.flatMap(({ title, cases }) => {
  const own = columns.filter(
    ({ client }) => CLIENTS.find(({ name }) => name === client)?.group.title === title,
  );
  return own.length > 0 ? [outcomeTable(title, cases, own)] : [];
});
console.log(tables.join('\n\n'));
if (options.page) {
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), date, tables));
}
const failed = countFailed(columns);
if (failed > 0) console.error(`\n${failed} failed: what was seen lies in ${resolve(options.out)}`);
if (options.keep) console.error(`the clients are kept in ${root}`);
process.exit(failed === 0 ? 0 : 1);
