/** This package, as its users get it. */
import { join } from 'node:path';

/** Packs it into `folder`; returns the tarball. */
export async function packed(folder: string): Promise<string> {
  const child = Bun.spawn(['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: join(import.meta.dir, '../..'),
    stdout: 'pipe',
  });
  const name = (await new Response(child.stdout).text()).trim().split('\n').at(-1) ?? '';
  if ((await child.exited) !== 0) throw new Error(`npm pack ended with ${child.exitCode}`);
  return join(folder, name);
}
