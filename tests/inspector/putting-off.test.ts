/** With nobody looking, a request costs next to nothing but copies of its bytes. */

import { heapStats } from 'bun:jsc';
import { describe, expect, test } from 'bun:test';
import type { MessagesRequest } from '../../src/anthropic/request.ts';
import { Inspector } from '../../src/inspector/inspector.ts';
import type { KeptRequest } from '../../src/inspector/kept-request.ts';
import { systemClock } from '../../src/lib/ports.ts';
import { createRedactor, type Redactor } from '../../src/sim/redact.ts';
import { ThreadedRedactor } from '../../src/sim/threaded-redactor.ts';
import type { TraceFact } from '../../src/trace/events.ts';

const MB = 1024 * 1024;
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Counts how often secrets were looked for. */
function countingRedactor() {
  let count = 0;
  const counted = (redactor: Redactor): Redactor =>
    new Proxy(redactor, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          count++;
          const made: unknown = value.apply(target, given);
          return name === 'with' ? counted(made as Redactor) : made;
        };
      },
    });
  return { redactor: counted(createRedactor([])), count: () => count };
}

function open(memory = 64 * MB) {
  const { redactor, count } = countingRedactor();
  const thread = new ThreadedRedactor(() => () => {});
  const inspector = new Inspector({ memory, clock: systemClock, redactor, thread });
  // What many requests need is measured as if somebody looked, so that all are kept.
  inspector.listen({ changed() {}, gone() {} });
  return { inspector, redactions: count };
}

type Given = { body?: string; answer?: string; session?: string; agent?: string; prompt?: string };

function keep(inspector: Inspector, id: string, given: Given = {}): KeptRequest {
  const { body = `{"of":"${id}"}`, answer = 'said', session, agent, prompt = id } = given;
  const request = inspector.open({ headers: new Headers() }, '/v1/messages', systemClock);
  if (!request) throw new Error('the request is not kept');
  const listen = request.subscriber(id);
  const tell = (fact: TraceFact) => listen({ ...fact, ms: 1 });
  tell({ type: 'received', at: new Date(0), method: 'POST', path: '/v1/messages' });
  request.keepBody(bytesOf(body));
  request.asked({
    model: 'big',
    messages: [{ role: 'user', content: prompt }],
  } as unknown as MessagesRequest);
  tell({ type: 'asked', model: 'big', stream: true, caller: 'main', session, agent });
  tell({ type: 'attempt', model: 'a', key: 'k', streamed: true, paidBy: 'first' });
  const { read } = request.sent('https://upstream.test/', `sent ${body}`);
  read(bytesOf('read'));
  request.keepAnswer(bytesOf(answer));
  tell({ type: 'error', error: 'api_error', message: 'broken', blame: 'others' });
  tell({ type: 'end', status: 200, clientLeft: false });
  return request.kept;
}

const textsOf = (request: KeptRequest) => [
  new TextDecoder().decode(request.clientBytes()),
  ...request.exchanges.flatMap((exchange) => [
    request.sentText(exchange),
    new TextDecoder().decode(exchange.answer.bytes),
  ]),
  new TextDecoder().decode(request.answer.bytes),
];

describe('what is put off', () => {
  test('no text is searched for secrets before somebody looks', () => {
    const { inspector, redactions } = open();
    const kept = Array.from({ length: 50 }, (_, number) => keep(inspector, `req_${number}`));
    expect(redactions()).toBe(0);
    for (const request of kept) inspector.row(request);
    expect(redactions()).toBeGreaterThan(0);
  });

  test('a look finds what was odd, and which request has begun a subagent', () => {
    const { inspector } = open();
    const input = { prompt: 'Read the file.' };
    const answer = JSON.stringify({ content: [{ type: 'tool_use', id: 'a', name: 'Agent', input }] });
    keep(inspector, 'req_main', { session: 's', answer });
    keep(inspector, 'req_agent', { session: 's', agent: 'x', prompt: 'Read the file.' });
    keep(inspector, 'req_other', { session: 's', agent: 'y', prompt: 'Something else.' });
    const rows = inspector.requests().map((request) => inspector.row(request));
    expect(rows.map(({ id, sign, branchOf }) => [id, sign, branchOf])).toEqual([
      ['req_main', 'failed', undefined],
      ['req_agent', 'failed', 'req_main'],
      ['req_other', 'failed', undefined],
    ]);
  });

  test('bodies of a conversation share what is the same', () => {
    const { inspector } = open();
    const body = (number: number) => `${'same words '.repeat(5_000)}${number}`;
    const kept = Array.from({ length: 40 }, (_, number) =>
      keep(inspector, `req_${number}`, { session: 's', body: body(number) }),
    );
    expect(inspector.bytes).toBeLessThan((40 * 2 * body(0).length) / 4);
    expect(kept.map(textsOf)).toEqual(
      kept.map((_, number) => [body(number), `sent ${body(number)}`, 'read', 'said']),
    );
  });

  test('requests need no more memory than is counted', () => {
    const { inspector } = open();
    const heap = () => {
      Bun.gc(true);
      return heapStats().heapSize;
    };
    for (let number = 0; number < 128; number++) keep(inspector, `warm_${number}`);
    const before = heap() - inspector.bytes;
    for (let number = 0; number < 2_016; number++)
      keep(inspector, `req_${number}`, { body: `${number} `.repeat(300) });
    expect(inspector.kept).toBe(2_144);
    expect(heap() - before).toBeLessThanOrEqual(inspector.bytes);
  });
});
