import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Inspector } from '../../src/inspector/inspector.ts';
import type { KeptRequest } from '../../src/inspector/kept-request.ts';
import { systemClock } from '../../src/lib/ports.ts';
import { createRedactor } from '../../src/sim/redact.ts';
import { ThreadedRedactor } from '../../src/sim/threaded-redactor.ts';
import type { TraceEvent, TraceFact } from '../../src/trace/events.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function newInspector(memory = 64 * 1024 * 1024): Inspector {
  const thread = new ThreadedRedactor(() => () => {});
  const inspector = new Inspector({ memory, clock: systemClock, redactor: createRedactor([]), thread });
  inspector.listen({ changed() {}, gone() {} });
  return inspector;
}

function begin(inspector: Inspector, id = 'req_1') {
  const headers = new Headers({ 'user-agent': 'a client' });
  const request = inspector.open({ headers }, '/v1/messages', systemClock);
  if (!request) throw new Error('the request is not kept');
  const listen = request.subscriber(id);
  const told: TraceEvent[] = [];
  const tell = (fact: TraceFact, ms = told.length) => {
    told.push({ ...fact, ms });
    listen({ ...fact, ms });
  };
  tell({ type: 'received', at: new Date(12_345), method: 'POST', path: '/v1/messages' });
  return { request, tell, told };
}

const shown = (request: KeptRequest) => ({
  told: request.told,
  events: request.events,
  at: request.at,
  session: request.session,
  agent: request.agent,
  client: request.client,
  key: request.key,
  replacement: request.replacement,
  attempts: request.attempts,
  path: request.path,
  headers: [...request.headers],
  body: request.clientBytes(),
  answer: request.answer.pieces(),
  exchanges: request.exchanges.map((exchange) => ({
    ...exchange,
    body: request.sentText(exchange),
    answer: exchange.answer.pieces(),
  })),
  hasTexts: request.hasTexts,
});

const facts: fc.Arbitrary<TraceFact> = fc.oneof(
  fc.record({
    type: fc.constant('asked' as const),
    model: fc.string(),
    stream: fc.boolean(),
    caller: fc.string(),
    session: fc.option(fc.string(), { nil: undefined }),
    agent: fc.option(fc.string(), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('attempt' as const),
    model: fc.string(),
    key: fc.string(),
    streamed: fc.boolean(),
    paidBy: fc.constantFrom('first' as const, 'retry' as const),
  }),
  fc.record({ type: fc.constant('model-replaced' as const), from: fc.string(), to: fc.string() }),
  fc.record({
    type: fc.constant('spent' as const),
    for: fc.constant('answer' as const),
    model: fc.string(),
    key: fc.string(),
    in: fc.nat(),
    cached: fc.nat(),
    out: fc.nat(),
    thinking: fc.nat(),
    rates: fc.constant({ in: 1, cached: 0.1, out: 3 } as never),
  }),
);

describe('a request that has ended', () => {
  test('is read as it was before its end, whatever was told of it', () => {
    const step = fc.oneof(
      fc.record({ tell: facts }),
      fc.record({ answer: fc.string() }),
      fc.record({ send: fc.string(), reads: fc.array(fc.string(), { maxLength: 4 }) }),
    );
    fc.assert(
      fc.property(fc.string(), fc.array(step, { maxLength: 20 }), (body, steps) => {
        const inspector = newInspector();
        const { request, tell, told } = begin(inspector);
        request.keepBody(bytesOf(body));
        for (const one of steps) {
          if ('tell' in one) tell(one.tell);
          else if ('answer' in one) request.keepAnswer(bytesOf(one.answer));
          else {
            const response = request.sent('https://upstream.test/', one.send);
            response.head(200, new Headers({ 'content-type': 'text/event-stream' }));
            for (const text of one.reads) response.read(bytesOf(text));
          }
        }
        const before = shown(request.kept);
        expect(before.events).toEqual(told);
        tell({ type: 'end', status: 200, clientLeft: false });
        expect(shown(request.kept)).toEqual({ ...before, told: told.length, events: told });
      }),
      { numRuns: 50 },
    );
  });

  test('still takes what is told, answered and read after its end', () => {
    const inspector = newInspector();
    const { request, tell, told } = begin(inspector);
    const response = request.sent('https://upstream.test/', 'sent');
    tell({ type: 'end', status: 499, clientLeft: true });
    tell({ type: 'usage', in: 1, cached: 2, out: 3, thinking: 0 });
    request.keepAnswer(bytesOf('late'));
    response.head(500, new Headers({ a: 'b' }));
    response.read(bytesOf('read'));
    response.failed(new Error('broken'));
    request.sent('https://upstream.test/cachedContents', 'kept');
    const { kept } = request;
    expect(kept.events).toEqual(told);
    expect(new TextDecoder().decode(kept.answer.bytes)).toBe('late');
    expect(kept.exchanges).toMatchObject([{ status: 500, headers: [['a', 'b']], error: 'broken' }, {}]);
    expect(kept.exchanges.map((one) => [kept.sentText(one), one.answer.length])).toEqual([
      ['sent', 4],
      ['kept', 0],
    ]);
  });

  test('keeps no text that comes after its texts were let go', () => {
    const inspector = newInspector();
    const { request, tell } = begin(inspector);
    const response = request.sent('https://upstream.test/', 'sent');
    request.keepBody(bytesOf('body'));
    tell({ type: 'end', status: 200, clientLeft: false });
    request.kept.letTextsGo();
    const before = inspector.bytes;
    response.read(bytesOf('x'.repeat(1_000_000)));
    request.keepAnswer(bytesOf('x'.repeat(1_000_000)));
    request.keepBody(bytesOf('x'.repeat(1_000_000)));
    request.sent('https://upstream.test/', 'x'.repeat(1_000_000));
    expect([request.kept.hasTexts, request.kept.clientBytes(), inspector.bytes]).toEqual([
      false,
      undefined,
      before,
    ]);
  });
});
