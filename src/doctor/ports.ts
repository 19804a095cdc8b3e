/** What the doctor is given of the world. */
import type { Environment } from '../config/env-files.ts';
import type { OnSignal } from '../launch/client.ts';
import type { Clock, Connect, Fetch } from '../lib/ports.ts';

/** The doors to the outside. */
export type DoctorPorts = {
  /** With the `.env` files. */
  env: Environment;
  /** Without them: what Claude Code and MCP servers see. */
  outside: Environment;
  cwd: string;
  home: string;
  platform: string;
  /** Where a company lays Claude Code's settings for all users of this machine. */
  managed: string;
  clock: Clock;
  /** The network, as the proxy uses it. */
  fetch: Fetch;
  /** Tries whether there is a way to a host. */
  connect: Connect;
  hasTerminal: boolean;
  onSignal: OnSignal;
  out(text: string): void;
  err(text: string): void;
};
