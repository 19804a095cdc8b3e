/** What the kernel says about a process. Linux only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export const HAS_PROC = existsSync('/proc/self/status');

/** Bytes of memory that are really there. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`no VmRSS of ${pid}`);
  return Number(kilobytes) * 1024;
}

/** Bytes of memory that were there at most. */
export function peakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`no VmHWM of ${pid}`);
  return Number(kilobytes) * 1024;
}

export const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
