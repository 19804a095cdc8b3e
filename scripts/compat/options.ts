/** What was typed after `bun run compat`. */
import { readArguments } from '../../src/lib/program/arguments.ts';

export type Options = {
  /** Names of clients and of cases; with none of a kind, all of that kind. */
  clients: ReadonlySet<string>;
  cases: ReadonlySet<string>;
  help: boolean;
  list: boolean;
  keep: boolean;
  page: boolean;
  out: string;
};

export type Names = { clients: readonly string[]; cases: readonly string[] };

/** Throws an error of one line where it cannot be meant. */
export function readOptions(args: readonly string[], names: Names, out: string): Options {
  const { values } = readArguments(args, {
    only: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    out: { type: 'string', default: out },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const { help, list, keep, page } = values;
  const only = values.only.flatMap((text) => text.split(','));
  const unknown = only.find((name) => !names.clients.includes(name) && !names.cases.includes(name));
  if (unknown !== undefined)
    throw new Error(`--only ${unknown}: no client and no case has this name; --list shows them`);
  if (page && only.length > 0) throw new Error('--page shows all of them, so it takes no --only');
  const chosen = (kind: readonly string[]) => {
    const named = kind.filter((name) => only.includes(name));
    return new Set(named.length > 0 ? named : kind);
  };
  return {
    clients: chosen(names.clients),
    cases: chosen(names.cases),
    help,
    list,
    keep,
    page,
    out: values.out,
  };
}
