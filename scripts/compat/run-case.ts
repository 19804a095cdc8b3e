/** Runs one case: in folders of its own, in a limited time, with everything ended that it has started. What it saw stays where it has failed. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTerminal } from '../../tests/support/clients/tmux.ts';
import { KEY } from '../../tests/support/google/upstream.ts';
import { type ProxyProcess, startProxy } from '../../tests/support/programs/proxy-process.ts';
import {
  type Bench,
  type Case,
  type Outcome,
  oneLine,
  type Ran,
  type Ready,
  type Running,
  Unmet,
} from './case.ts';
import { type Google, startGoogle } from './google.ts';

const ROOT = join(import.meta.dir, '../..');
/** Without settings of whoever runs this: those of a `.env` in the clone count for the clone. */
const START = [process.execPath, 'run', '--cwd', ROOT, 'start'];

export type CaseRun = {
  each: Case;
  client: string;
  ready: Ready;
  /** The folder in which it works; what a client writes there after its end is removed with it. */
  place: string;
  /** Where what was seen is put after a failure. */
  evidence: string;
};

class Stage implements Bench {
  readonly ready: Ready;
  readonly client: string;
  readonly folder: string;
  readonly project: string;
  readonly home: string;
  readonly #ends: (() => unknown)[] = [];
  readonly #googles: Google[] = [];
  readonly #proxies: ProxyProcess[] = [];
  readonly #runs: (Ran & { label: string })[] = [];
  #over = false;

  constructor({ client, ready, place }: CaseRun) {
    this.client = client;
    this.ready = ready;
    this.folder = mkdtempSync(join(place, 'case-'));
    this.project = join(this.folder, 'project');
    this.home = join(this.folder, 'home');
    for (const path of [this.project, this.home]) mkdirSync(path);
  }

  ends(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** After the end of its time a case may still want to go on. */
  #mayStart(): void {
    if (this.#over) throw new Unmet('the case is over');
  }

  google(trouble?: Parameters<Bench['google']>[0]): Google {
    const google = startGoogle(trouble);
    this.#googles.push(google);
    this.ends(() => google.stop());
    return google;
  }

  async proxy(google: Google, env: Readonly<Record<string, string>> = {}): Promise<ProxyProcess> {
    this.#mayStart();
    const reach = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: google.url };
    const proxy = await startProxy({
      folder: join(this.folder, 'proxy'),
      command: START,
      env: { ...reach, ...env },
    });
    this.#proxies.push(proxy);
    this.ends(() => proxy.stop());
    return proxy;
  }

  async run({ command, cwd, env, label }: Running): Promise<Ran> {
    this.#mayStart();
    const child = Bun.spawn([...command], {
      cwd,
      env: { ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      // Clients start shells and servers of their own.
      detached: true,
    });
    this.ends(async () => {
      endGroup(child.pid);
      await child.exited;
    });
    const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()] as const;
    const [stdout, stderr] = await Promise.all([...texts, child.exited]);
    const ran = { code: child.exitCode, stdout, stderr };
    this.#runs.push({ label, ...ran });
    return ran;
  }

  async terminal(command: readonly string[], env: Record<string, string>) {
    this.#mayStart();
    const terminal = await openTerminal([...command], env, this.project);
    this.ends(() => terminal.close());
    return terminal;
  }

  /** What went wrong on the way, whatever the case itself has looked at. */
  unmet(): string | undefined {
    const refused = this.#googles.flatMap((google) => google.refused);
    if (refused.length > 0) return `Google refuses what the proxy sends: ${oneLine(refused[0] ?? '')}`;
    const odd = this.#googles.reduce((sum, google) => sum + google.oddSignatures(), 0);
    if (odd > 0) return `${odd} thought signatures are lost, or on another part`;
    return undefined;
  }

  async keepEvidence(place: string, reason: string): Promise<void> {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'reason.txt'), `${reason}\n`);
    for (const [at, { label, code, stdout, stderr }] of this.#runs.entries())
      writeFileSync(
        join(place, `run-${at + 1}-${label}.txt`),
        `exit ${code}\n${stdout}\n── stderr ──\n${stderr}`,
      );
    for (const [at, proxy] of this.#proxies.entries())
      writeFileSync(join(place, `proxy-${at + 1}.log`), proxy.output());
    for (const [at, google] of this.#googles.entries()) {
      const lines: string[] = [];
      for (const { answer, ...asked } of google.asked) {
        const told = await Promise.race([answer.catch(String), Bun.sleep(1_000).then(() => '(unread)')]);
        lines.push(JSON.stringify({ ...asked, answer: told }));
      }
      writeFileSync(join(place, `google-${at + 1}.jsonl`), `${lines.join('\n')}\n`);
    }
    cpSync(this.project, join(place, 'project'), { recursive: true });
  }

  async end(): Promise<void> {
    this.#over = true;
    const errors: unknown[] = [];
    for (const end of this.#ends.splice(0).toReversed()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be ended');
  }
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    // Nobody is left in it.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

const stages = new Set<Stage>();
let over = false;

/** Ends all that is under way, before this process ends. No case begins after it. */
export async function endStages(): Promise<void> {
  over = true;
  await Promise.all([...stages].map((stage) => stage.end()));
}

export async function runCase(run: CaseRun): Promise<Outcome> {
  const reason = run.each.notOffered?.(run.client);
  if (reason !== undefined) return { kind: 'not-offered', reason };
  if (over) return new Promise(() => {});
  const stage = new Stage(run);
  stages.add(stage);
  const since = performance.now();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Unmet(`it takes longer than ${run.each.seconds} s`)),
    run.each.seconds * 1_000,
  );
  try {
    const work = run.each.run(stage);
    // After the end of the time what is under way fails, because its processes are ended.
    work.catch(() => {});
    await Promise.race([work, late.promise]);
    const unmet = stage.unmet();
    if (unmet !== undefined) throw new Unmet(unmet);
    return { kind: 'ok', seconds: (performance.now() - since) / 1_000 };
  } catch (error) {
    const text = !(error instanceof Error)
      ? `${error}`
      : error instanceof Unmet
        ? error.message
        : `${error.name}: ${error.message}`;
    await stage.keepEvidence(run.evidence, text);
    return { kind: 'failed', reason: oneLine(text) };
  } finally {
    clearTimeout(timer);
    await stage.end();
    stages.delete(stage);
  }
}
