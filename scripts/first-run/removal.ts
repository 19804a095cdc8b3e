/** Folders that go when this process ends, however it ends. */
import { rmSync } from 'node:fs';

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

export function removeWhenEnded(folder: string): string {
  folders.push(folder);
  return folder;
}
