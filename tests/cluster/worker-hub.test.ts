/** Workers and their parent in one process: the hub, what is shared through it, and the figures, over channels that lose nothing. */
import { describe, expect, test } from 'bun:test';
import { openColleagues } from '../../src/cluster/colleagues.ts';
import type { Fact } from '../../src/cluster/facts.ts';
import { WorkerHub } from '../../src/cluster/worker-hub.ts';
import { readFromWorker, readToWorker, type ToWorker } from '../../src/cluster/worker-messages.ts';
import { openWorkerShared, type ParentLink } from '../../src/cluster/worker-shared.ts';
import type { Figures } from '../../src/trace/figures.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { cooling, opened, refused } from '../support/pools/instances.ts';

const HOUR_MS = 3_600_000;

/** Each message is written and read as it is between processes. */
function bench() {
  const clock = new ManualClock();
  const hub = new WorkerHub(clock);
  const figures = (more: Partial<Figures>): Figures => ({
    since: 0,
    open: 0,
    requests: 0,
    retries: 0,
    errors: {},
    recentErrors: [],
    lately: { ended: 0, failed: 0 },
    ...more,
  });
  const join = (worker: number) => {
    const listeners: ((message: ToWorker) => void)[] = [];
    const parent: ParentLink = {
      send(message) {
        const read = readFromWorker(JSON.parse(JSON.stringify(message)));
        if (read) hub.hear(worker, read);
      },
      listen: (listener) => void listeners.push(listener),
    };
    const heard: Fact[] = [];
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const shared = openWorkerShared({ parent, clock, instance: `instance-${worker}`, onWarning });
    shared.listen((fact) => heard.push(fact));
    let own = figures({});
    const sent: number[] = [];
    const colleagues = openColleagues({
      worker,
      parent,
      clock,
      figures: () => {
        sent.push(clock.monotonic());
        return own;
      },
    });
    hub.join(worker, (message) => {
      const read = readToWorker(JSON.parse(JSON.stringify(message)));
      if (read) for (const listener of listeners) listener(read);
    });
    const count = (more: Partial<Figures>) => {
      own = figures(more);
      colleagues.changed();
    };
    return { shared, heard, warnings, colleagues, count, sent };
  };
  const now = () => clock.wall().getTime();
  return { clock, hub, join, now };
}

describe('facts', () => {
  test('what one tells, all others hear, and the teller does not', () => {
    const { join, now } = bench();
    const [a, b, c] = [join(1), join(2), join(3)];
    const fact = cooling('k', now() + 60_000);
    a.shared.publish(fact);
    expect([a.heard, b.heard, c.heard]).toEqual([[], [fact], [fact]]);
  });

  test('a new worker hears what still holds, the latest of each thing', async () => {
    const { clock, join, now, hub } = bench();
    const a = join(1);
    const [over, first, second] = [
      cooling('k', now() + 1_000),
      opened('k', now() + 1),
      opened('k', now() + HOUR_MS),
    ];
    for (const fact of [over, first, second]) a.shared.publish(fact);
    await clock.advance(2_000);
    hub.leave(2);
    expect(join(2).heard).toEqual([second]);
  });

  test('a new worker finds out by itself whether a key is still refused', () => {
    const { join } = bench();
    join(1).shared.publish(refused('k'));
    expect(join(2).heard).toEqual([]);
  });

  test('a new worker knows what was sent within the minute', async () => {
    const { clock, join, now } = bench();
    const a = join(1);
    const sent = (): Fact => ({ kind: 'sent', key: 'k', at: now(), tokens: 7 });
    a.shared.publish(sent());
    await clock.advance(59_000);
    const later = sent();
    a.shared.publish(later);
    await clock.advance(1_000);
    expect(join(2).heard).toEqual([later]);
  });

  test('a listener that fails harms nobody', () => {
    const { join } = bench();
    const [a, b] = [join(1), join(2)];
    b.shared.listen(() => {
      throw new Error('no use');
    });
    a.shared.publish(refused('k'));
    expect(b.heard).toEqual([refused('k')]);
    expect(b.warnings).toEqual(['a fact of kind "key" could not be used: no use']);
  });

  test('workers deal keys by the hash of the session, as instances do', () => {
    expect(bench().join(1).shared.status()).toMatchObject({ kind: 'workers', state: 'connected' });
  });
});

describe('turns', () => {
  test('a limit for all is kept exactly, whoever asks at the same moment', async () => {
    const { join, now } = bench();
    const workers = [join(1), join(2), join(3)];
    const most = 5;
    let sent = 0;
    const ownSent = [0, 0, 0];
    await Promise.all(
      Array.from({ length: 30 }, (_, nth) => {
        const { shared, heard } = workers[nth % 3] ?? workers[0] ?? join(1);
        const own = workers.findIndex((worker) => worker.shared === shared);
        return shared.inTurn?.(() => {
          const known = heard.length + (ownSent[own] ?? 0);
          if (known >= most) return;
          ownSent[own] = (ownSent[own] ?? 0) + 1;
          sent++;
          shared.publish({ kind: 'sent', key: 'k', at: now(), tokens: 0 });
        });
      }),
    );
    expect(sent).toBe(most);
  });

  test('work that fails fails alone', async () => {
    const { join } = bench();
    const { shared } = join(1);
    const boom = () => {
      throw new Error('no');
    };
    const [failed, done] = await Promise.allSettled([shared.inTurn?.(boom), shared.inTurn?.(() => 'done')]);
    expect([failed.status, done]).toEqual(['rejected', { status: 'fulfilled', value: 'done' }]);
  });

  test('a worker that ends in its turn holds nobody up', async () => {
    const { join, hub, clock } = bench();
    const b = join(2);
    hub.join(1, () => {});
    hub.hear(1, { kind: 'want-turn' });
    let isDone = false;
    const work = b.shared.inTurn?.(() => {
      isDone = true;
    });
    expect(isDone).toBe(false);
    hub.leave(1);
    await work;
    expect(isDone).toBe(true);
    // The turn was given back, and leaves no timer but that of the figures.
    await clock.advance(20);
    expect(clock.sleeping).toBe(0);
  });

  test('a worker that keeps its turn delays others by a second at most', async () => {
    const { join, hub, clock } = bench();
    const b = join(2);
    hub.join(1, () => {});
    hub.hear(1, { kind: 'want-turn' });
    let isDone = false;
    void b.shared.inTurn?.(() => {
      isDone = true;
    });
    await clock.advance(999);
    expect(isDone).toBe(false);
    await clock.advance(1);
    expect(isDone).toBe(true);
  });
});

describe('figures', () => {
  const open = (map: ReadonlyMap<number, Figures>) => [...map].map(([of, figures]) => [of, figures.open]);

  test('the first change is told at once, and further ones together', async () => {
    const { clock, join, hub } = bench();
    const [a, b] = [join(1), join(2)];
    await clock.advance(20);
    const before = a.sent.length;
    for (let number = 1; number <= 50; number++) a.count({ open: number });
    expect(open(b.colleagues.others())).toEqual([[1, 1]]);
    await clock.advance(20);
    expect(open(b.colleagues.others())).toEqual([[1, 50]]);
    expect(a.sent.length - before).toBe(2);
    expect(hub.open).toBe(50);
  });

  test('what a worker has counted stays when it ends, and nothing of it is under way', async () => {
    const { clock, join, hub } = bench();
    const [a, b] = [join(1), join(2)];
    await clock.advance(20);
    a.count({ open: 3, requests: 10, errors: { api_error: 1 } });
    hub.leave(1);
    expect(b.colleagues.others().get(1)).toBeUndefined();
    expect(b.colleagues.others().get(0)).toMatchObject({ open: 0, requests: 10, errors: { api_error: 1 } });
    join(1).count({ requests: 5 });
    hub.leave(1);
    expect(b.colleagues.others().get(0)).toMatchObject({ open: 0, requests: 10 });
    expect(join(3).colleagues.others().get(0)).toMatchObject({ requests: 10 });
  });

  test('what a silent worker told of the last minute holds for a minute', async () => {
    const { clock, join } = bench();
    const [a, b] = [join(1), join(2)];
    await clock.advance(20);
    a.count({ requests: 4, lately: { ended: 4, failed: 4 } });
    await clock.advance(59_999);
    expect(b.colleagues.others().get(1)?.lately.failed).toBe(4);
    await clock.advance(1);
    expect(b.colleagues.others().get(1)).toMatchObject({ requests: 4, lately: { ended: 0, failed: 0 } });
  });
});

test.each([
  ['no object', 'listening'],
  ['another kind', { kind: 'weather' }],
  ['a count below zero', { kind: 'gone', of: -1 }],
  ['no text', { kind: 'notice' }],
])('a message of another version is left alone: %s', (_what, message) => {
  expect(readToWorker(message)).toBeUndefined();
  expect(readFromWorker(message)).toBeUndefined();
});
