/** What a case is, what it gets, and what may come of it. */

import type { Terminal } from '../../tests/support/clients/tmux.ts';
import type { ProxyProcess } from '../../tests/support/programs/proxy-process.ts';
import type { Google, Trouble } from './google.ts';

export type Outcome =
  | { kind: 'ok'; seconds: number }
  /** The client has nothing of the kind; the reason is shown. */
  | { kind: 'not-offered'; reason: string }
  | { kind: 'failed'; reason: string };

/** A client that is there. */
export type Ready = {
  /** Runs it: the program, and what comes before its arguments. */
  command: readonly string[];
  env: Readonly<Record<string, string>>;
};

export type Ran = { code: number | null; stdout: string; stderr: string };

export type Running = {
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** The name of the evidence. */
  label: string;
};

/** One run of a case: folders of its own, a Google of its own, and whatever it starts. All of that ends with it. */
export type Bench = {
  ready: Ready;
  /** The name of the client. */
  client: string;
  /** An empty folder of a project, and the home of a user who has used no client before. */
  project: string;
  home: string;
  google(trouble?: Trouble): Google;
  /** The proxy by `bun run start`, before that Google. The next one has the same data folder. */
  proxy(google: Google, env?: Readonly<Record<string, string>>): Promise<ProxyProcess>;
  run(running: Running): Promise<Ran>;
  terminal(command: readonly string[], env: Record<string, string>): Promise<Terminal>;
  /** Ended with the run. */
  ends(end: () => unknown): void;
};

export type Case = {
  name: string;
  /** What the row of the table says. */
  what: string;
  /** Then it has failed. */
  seconds: number;
  /** The reason, where this client has nothing of the kind. */
  notOffered?(client: string): string | undefined;
  run(bench: Bench): Promise<void>;
};

/** Why a case has failed, in one line. */
export class Unmet extends Error {}

export function must(holds: boolean, reason: () => string): void {
  if (!holds) throw new Unmet(reason());
}

const SHOWN = 300;

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, SHOWN);

export function mustContain(text: string, piece: string, where: string): void {
  must(text.includes(piece), () => `${where} has no "${piece}": ${oneLine(text)}`);
}
