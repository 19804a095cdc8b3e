/** A real Prometheus on a free port, with the files that the docs give: what it scrapes and how it judges. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from './redis-server.ts';

const FILES = 'docs/deploy/prometheus';
const PROGRAM = Bun.which('prometheus');

/** False where there is none; says so once, in one line. `REQUIRE_PROMETHEUS=1` makes that an error. */
export const hasPrometheus = PROGRAM !== null;
if (!hasPrometheus) {
  const why = 'no prometheus; on Debian: apt-get install prometheus';
  if (process.env['REQUIRE_PROMETHEUS'] === '1') throw new Error(why);
  console.warn(`skipped: Prometheus scrapes the proxy (${why})`);
}

type Result = { metric: Record<string, string>; value: [number, string] };
type Alert = { labels: Record<string, string>; state: string; annotations: Record<string, string> };

/** `target`: host and port of the proxy. Everything is looked at every 200 ms, and an alert waits for nothing. */
export async function startPrometheus(target: string) {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  cpSync(FILES, folder, { recursive: true });
  const change = (name: string, from: RegExp, to: string) => {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to));
  };
  change('prometheus.yml', /_interval: 15s/g, '_interval: 200ms');
  change('prometheus.yml', /127\.0\.0\.1:8082/g, target);
  change('alert-rules.yml', /^ +for: \d+m$/gm, '');
  const url = `http://127.0.0.1:${freePort()}`;
  const server = Bun.spawn(
    [
      PROGRAM ?? 'prometheus',
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${url.slice('http://'.length)}`,
      '--log.level=error',
    ],
    { stdout: 'ignore', stderr: 'ignore' },
  );
  const data = async (path: string) => {
    const answer = await (await fetch(`${url}/api/v1/${path}`)).json();
    if (answer.status !== 'success') throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.data;
  };
  await until(() =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    query: async (text: string): Promise<Result[]> =>
      (await data(`query?query=${encodeURIComponent(text)}`)).result,
    alerts: async (): Promise<Alert[]> => (await data('alerts')).alerts,
    async [Symbol.asyncDispose]() {
      server.kill();
      await server.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
