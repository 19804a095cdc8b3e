import { describe, expect, test } from 'bun:test';
import { WorkerHub } from '../../src/cluster/worker-hub.ts';
import type { FromWorker, ToWorker } from '../../src/cluster/worker-messages.ts';
import { createLogger } from '../../src/lib/log.ts';
import type { Ending, SpawnWorker } from '../../src/workers/spawn-worker.ts';
import { StartFailed, Supervisor } from '../../src/workers/supervisor.ts';
import { turns } from '../support/google/held-upstream.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Milliseconds between two signs of life. */
const SIGN_MS = 5_000;

type Child = {
  worker: number;
  told: ToWorker['kind'][];
  signals: string[];
  tell(message: FromWorker): void;
  end(code: number, signal?: string): void;
};

/** Children that do what a test says. */
async function bench(count = 2) {
  const clock = new ManualClock();
  const children: Child[] = [];
  const lines: Record<string, unknown>[] = [];
  const given: string[] = [];
  const logger = await createLogger({
    level: 'info',
    format: 'json',
    write: (line) => lines.push(JSON.parse(line)),
  });
  const spawn: SpawnWorker = (worker, tell) => {
    const ended = Promise.withResolvers<Ending>();
    const child: Child = {
      worker,
      told: [],
      signals: [],
      tell,
      end: (code, signal) =>
        ended.resolve({ code, isSilent: signal !== undefined, said: signal ?? `exit code ${code}` }),
    };
    children.push(child);
    return {
      pid: 1_000 + children.length,
      send: ({ kind }) => void child.told.push(kind),
      kill: (signal) => void child.signals.push(signal),
      ended: ended.promise,
    };
  };
  const hub = new WorkerHub(clock);
  const supervisor = new Supervisor({
    count,
    spawn,
    hub,
    clock,
    logger,
    onGivenUp: (why) => void given.push(why),
  });
  const last = (worker: number): Child => {
    const child = children.findLast((one) => one.worker === worker);
    if (!child) throw new Error(`worker ${worker} was not started`);
    return child;
  };
  const listens = async (worker: number) => {
    last(worker).tell({ kind: 'listening' });
    await turns();
  };
  const started = async () => {
    const starting = supervisor.start();
    for (let worker = 1; worker <= count; worker++) await listens(worker);
    await starting;
  };
  const ends = async (worker: number, code: number, signal?: string) => {
    last(worker).end(code, signal);
    await turns();
  };
  const startsOf = (worker: number) => children.filter((one) => one.worker === worker).length;
  return { clock, supervisor, children, lines, given, last, listens, started, ends, startsOf };
}

describe('the start', () => {
  test('the first worker listens before the others start', async () => {
    const { supervisor, children, listens } = await bench(3);
    const starting = supervisor.start();
    expect(children.map(({ worker }) => worker)).toEqual([1]);
    await listens(1);
    expect(children.map(({ worker }) => worker)).toEqual([1, 2, 3]);
    await listens(2);
    await listens(3);
    await starting;
  });

  test('what keeps the first from listening keeps all: no second start', async () => {
    const { supervisor, ends, children } = await bench();
    const starting = supervisor.start().catch((thrown: unknown) => thrown);
    await ends(1, 2);
    const error = await starting;
    expect(error).toBeInstanceOf(StartFailed);
    expect(error).toMatchObject({ ending: { code: 2, isSilent: false } });
    expect(children).toHaveLength(1);
  });
});

describe('a worker that ends', () => {
  test('is named in one line, and a new one starts a moment later', async () => {
    const { clock, started, ends, lines, startsOf } = await bench();
    await started();
    await clock.advance(10_000);
    await ends(2, 137, 'SIGKILL');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'error',
        worker: 2,
        pid: 1_002,
        msg: 'worker 2 has ended, and its answers under way with it (SIGKILL): a new one starts in 0.25 s',
      }),
    ]);
    await clock.advance(249);
    expect(startsOf(2)).toBe(1);
    await clock.advance(1);
    expect(startsOf(2)).toBe(2);
    expect(startsOf(1)).toBe(1);
  });

  test('in order, because somebody told it to: no error', async () => {
    const { started, ends, lines } = await bench();
    await started();
    await ends(1, 0);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: 'worker 1 was told to end, and has ended in order (exit code 0): a new one starts in 0.25 s',
      }),
    ]);
  });

  test('soon after its start: longer waits each time, up to 30 s, while another one serves', async () => {
    const { clock, started, ends, last, lines, given } = await bench();
    await started();
    for (let nth = 0; nth < 9; nth++) {
      await ends(2, 1);
      for (let waited = 0; waited < 30_000; waited += SIGN_MS) {
        last(1).tell({ kind: 'alive' });
        await clock.advance(SIGN_MS);
      }
    }
    const waits = lines.map(({ msg }) => Number(/starts in ([\d.]+) s/.exec(String(msg))?.[1]));
    expect(waits).toEqual([0.25, 0.5, 1, 2, 4, 8, 16, 30, 30]);
    expect(String(lines.at(-1)?.['msg'])).toStartWith('worker 2 has ended before it listened (exit code 1)');
    expect(given).toEqual([]);
  });

  test('after it had served for a while: the waits begin anew', async () => {
    const { clock, started, ends, listens, lines } = await bench();
    await started();
    for (const servedMs of [0, 0, 10_000]) {
      await clock.advance(servedMs);
      await ends(2, 1);
      await clock.advance(1_000);
      await listens(2);
    }
    expect(lines.map(({ msg }) => /in ([\d.]+) s/.exec(String(msg))?.[1])).toEqual(['0.25', '0.5', '0.25']);
  });

  test('again and again with nobody else serving: given up, and said why', async () => {
    const { clock, started, ends, given, startsOf } = await bench(1);
    await started();
    for (let nth = 0; nth < 5; nth++) {
      await ends(1, 1);
      await clock.advance(nth < 4 ? 30_000 : 0);
    }
    expect(given).toEqual([
      expect.stringMatching(/^no worker serves, and worker 1 has ended 5 times in a row/),
    ]);
    await clock.advance(60_000);
    expect(startsOf(1)).toBe(5);
  });
});

describe('a worker that stands still', () => {
  test('is told of after three signs of life, and killed after eight', async () => {
    const { clock, started, last, lines } = await bench();
    await started();
    const seen: string[] = [];
    for (let sign = 1; sign <= 10; sign++) {
      last(1).tell({ kind: 'alive' });
      await clock.advance(SIGN_MS);
      seen.push(`${lines.length} ${last(2).signals}`);
    }
    expect(seen).toEqual(['0 ', '0 ', '1 ', '1 ', '1 ', '1 ', '1 ', ...Array(3).fill('2 SIGKILL')]);
    expect(lines.map(({ level, worker, msg }) => [level, worker, msg])).toEqual([
      [
        'warn',
        2,
        'worker 2 stands still: nothing has come from it for 15 s, and the clients whose connections it has wait',
      ],
      ['error', 2, 'worker 2 stands still: nothing has come from it for 40 s: it is killed'],
    ]);
    expect(last(1).signals).toEqual([]);
  });

  test('and goes on meanwhile: left alone', async () => {
    const { clock, started, last, lines } = await bench();
    await started();
    for (let sign = 1; sign <= 20; sign++) {
      last(1).tell({ kind: 'alive' });
      if (sign % 2 === 0) last(2).tell({ kind: 'want-turn' });
      await clock.advance(SIGN_MS);
    }
    expect([lines, last(2).signals]).toEqual([[], []]);
  });

  test('before it listens: its start may take long', async () => {
    const { clock, started, ends, last } = await bench();
    await started();
    await ends(2, 1);
    for (let sign = 1; sign <= 20; sign++) {
      last(1).tell({ kind: 'alive' });
      await clock.advance(SIGN_MS);
    }
    expect(last(2).signals).toEqual([]);
  });
});

test('a reload reaches all, and a worker that starts later once it listens', async () => {
  const { clock, supervisor, started, ends, listens, last } = await bench();
  const reloads = (worker: number) => last(worker).told.filter((kind) => kind === 'reload').length;
  await started();
  expect([reloads(1), reloads(2)]).toEqual([0, 0]);
  supervisor.reload();
  expect([reloads(1), reloads(2)]).toEqual([1, 1]);
  await ends(2, 1);
  await clock.advance(250);
  expect(reloads(2)).toBe(0);
  await listens(2);
  expect(reloads(2)).toBe(1);
});

describe('the end', () => {
  test('each worker is told once, all are waited for, and none starts anew', async () => {
    const { clock, supervisor, started, ends, children } = await bench();
    await started();
    let isClosed = false;
    const closed = supervisor.close().then(() => {
      isClosed = true;
    });
    await ends(1, 0);
    expect(isClosed).toBe(false);
    await ends(2, 0);
    await closed;
    await clock.advance(60_000);
    expect(children.map(({ told }) => told.filter((kind) => kind === 'close'))).toEqual([
      ['close'],
      ['close'],
    ]);
    expect(children.flatMap(({ signals }) => signals)).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });

  test('a worker that cannot end in order is told of', async () => {
    const { supervisor, started, ends } = await bench();
    await started();
    const closed = supervisor.close().catch(String);
    await ends(1, 0);
    await ends(2, 1);
    expect(await closed).toContain('worker 2 has ended with exit code 1');
  });

  test('a worker that does not listen yet has nothing to end in order', async () => {
    const { clock, supervisor, started, ends, last } = await bench();
    await started();
    await ends(2, 1);
    await clock.advance(250);
    const closed = supervisor.close();
    expect(last(2).signals).toEqual(['SIGTERM']);
    await ends(1, 0);
    await ends(2, 143, 'SIGTERM');
    await closed;
  });

  test('while a new one is waited for: it never starts', async () => {
    const { clock, supervisor, started, ends, startsOf } = await bench();
    await started();
    await ends(2, 1);
    const closed = supervisor.close();
    await ends(1, 0);
    await closed;
    await clock.advance(60_000);
    expect(startsOf(2)).toBe(1);
  });

  test('at once: all are killed', async () => {
    const { supervisor, started, children } = await bench();
    await started();
    supervisor.kill();
    expect(children.map(({ signals }) => signals)).toEqual([['SIGKILL'], ['SIGKILL']]);
  });
});
