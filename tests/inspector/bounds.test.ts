import { describe, expect, test } from 'bun:test';
import { Inspector } from '../../src/inspector/inspector.ts';
import type { KeptRequest } from '../../src/inspector/kept-request.ts';
import { systemClock } from '../../src/lib/ports.ts';
import { createRedactor } from '../../src/sim/redact.ts';
import { ThreadedRedactor } from '../../src/sim/threaded-redactor.ts';
import type { TraceFact } from '../../src/trace/events.ts';

const MB = 1024 * 1024;

/** Keeps a request as the server does: its story, a body, and an answer. */
function keep(inspector: Inspector, id: string, { body = 2_000, session = id } = {}): KeptRequest {
  const request = inspector.open({ headers: new Headers() }, '/v1/messages', systemClock);
  if (!request) throw new Error('the request is not kept');
  const listen = request.subscriber(id);
  const tell = (fact: TraceFact) => listen({ ...fact, ms: 1 });
  tell({ type: 'received', at: new Date(0), method: 'POST', path: '/v1/messages' });
  request.keepBody(new TextEncoder().encode(`${id} `.repeat(body / (id.length + 1))));
  tell({ type: 'asked', model: 'big', stream: true, caller: 'main', session });
  tell({ type: 'attempt', model: 'a', key: 'k', streamed: true, paidBy: 'first' });
  const { read } = request.sent('https://google.test/', `sent ${id} `.repeat(body / (id.length + 6)));
  read(new Uint8Array(1_000));
  request.keepAnswer(new Uint8Array(2_000));
  tell({ type: 'end', status: 200, clientLeft: false });
  return request.kept;
}

/** An inspector that somebody looks at. */
function newInspector(memory: number, mostRows?: number): Inspector {
  const inspector = new Inspector({
    memory,
    clock: systemClock,
    redactor: createRedactor([]),
    thread: new ThreadedRedactor(() => () => {}),
    ...(mostRows === undefined ? {} : { mostRows }),
  });
  inspector.listen({ changed() {}, gone() {} });
  return inspector;
}

describe('what is kept', () => {
  test('10,000 requests stay within the bytes; the texts of the oldest go first, and their figures stay', () => {
    const inspector = newInspector(64 * MB);
    const kept = Array.from({ length: 10_000 }, (_, number) => {
      const request = keep(inspector, `req_${number}`);
      expect(inspector.bytes).toBeLessThanOrEqual(64 * MB);
      return request;
    });
    expect(inspector.kept).toBe(10_000);
    const first = kept.findIndex(({ hasTexts }) => hasTexts);
    expect(first).toBeGreaterThan(0);
    expect(kept.slice(first).every(({ hasTexts }) => hasTexts)).toBe(true);
    const [oldest] = kept;
    expect([oldest?.clientBytes(), oldest?.events.length]).toEqual([undefined, 4]);
    expect(kept.at(-1)?.clientBytes()).toBeDefined();
  });

  test('no more rows than 10,000, whatever the memory', () => {
    const inspector = newInspector(1_000 * MB, 20);
    for (let number = 0; number < 50; number++) keep(inspector, `req_${number}`);
    expect(inspector.requests().map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, number) => `req_${number + 30}`),
    );
  });

  test('where nothing but figures is left, the oldest figures go', () => {
    const inspector = newInspector(MB);
    for (let number = 0; number < 2_000; number++) keep(inspector, `req_${number}`);
    expect(inspector.bytes).toBeLessThanOrEqual(MB);
    expect(inspector.kept).toBeLessThan(2_000);
    expect(inspector.requests().at(-1)?.id).toBe('req_1999');
  });

  test('a request larger than all memory leaves nothing behind but its figures', () => {
    const inspector = newInspector(MB);
    const request = keep(inspector, 'req_large', { body: 3 * MB });
    expect([request.hasTexts, inspector.kept, inspector.bytes < MB]).toEqual([false, 1, true]);
  });

  test('of a crowd that nobody looks at few are kept, and all once somebody looks', () => {
    const clock = { ...systemClock, monotonic: () => 0 };
    const thread = new ThreadedRedactor(() => () => {});
    const inspector = new Inspector({ memory: 64 * MB, clock, redactor: createRedactor([]), thread });
    const kept = (count: number) =>
      Array.from({ length: count }, () =>
        inspector.open({ headers: new Headers() }, '/', systemClock),
      ).filter((request) => request !== undefined).length;
    expect([kept(500), inspector.passedOver]).toEqual([120, 380]);
    inspector.requests();
    expect([kept(500), inspector.passedOver]).toEqual([500, 380]);
  });

  test('listeners hear what is gone', () => {
    const inspector = newInspector(MB, 2);
    const gone: string[] = [];
    inspector.listen({ changed() {}, gone: (id) => gone.push(id) });
    for (let number = 0; number < 4; number++) keep(inspector, `req_${number}`);
    expect(gone).toEqual(['req_0', 'req_1']);
  });
});
