/** Several processes that keep prompts: what one has had kept, all read, and each thing is kept once. */
import { describe, expect, test } from 'bun:test';
import { PromptCaching } from '../../../src/answer/caching/prompt-caching.ts';
import type { Job } from '../../../src/answer/job.ts';
import { type Fact, readNotice, writeNotice } from '../../../src/cluster/facts.ts';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import { createGenaiBackend } from '../../../src/upstream/genai.ts';
import { turns, until } from '../../support/google/held-upstream.ts';
import { type KeepingOptions, keepingGoogle } from '../../support/google/keeping-google.ts';
import { GEMINI_KEY } from '../../support/proxy.ts';

const TOKENS = 50_000;
const model = modelRow('gemini-3.8-flash');

/** Facts as they travel: each is written and read, at once or later. */
function openBus() {
  const all: { hear(fact: Fact): void }[] = [];
  let held: (() => void)[] | undefined;
  const join = () => {
    const listeners: ((fact: Fact) => void)[] = [];
    const own = { hear: (fact: Fact) => listeners.forEach((listener) => void listener(fact)) };
    all.push(own);
    return {
      listen: (listener: (fact: Fact) => void) => void listeners.push(listener),
      publish(fact: Fact) {
        const notice = readNotice(writeNotice({ from: 'one', at: 0, fact }));
        if (!notice) throw new Error(`no fact: ${JSON.stringify(fact)}`);
        const tell = () => all.filter((one) => one !== own).forEach((one) => void one.hear(notice.fact));
        if (held) held.push(tell);
        else tell();
      },
    };
  };
  const hold = () => {
    held = [];
  };
  const flow = () => {
    const waiting = held ?? [];
    held = undefined;
    for (const tell of waiting) tell();
  };
  return { join, hold, flow };
}

function several(count: number, options: KeepingOptions = {}) {
  const google = keepingGoogle(options);
  const { clock, fetch } = google;
  const limits = { headTimeoutMs: 1_000, idleTimeoutMs: 1_000, clock };
  const backend = createGenaiBackend({ kind: 'gemini', apiKey: GEMINI_KEY, fetch, ...limits });
  const bus = openBus();
  const logger = { info() {}, warn() {} };
  const all = Array.from({ length: count }, () => new PromptCaching({ clock, shared: bus.join(), logger }));
  const request: GenerateContentRequest = {
    contents: [{ role: 'user', parts: [{ text: 'word'.repeat(TOKENS) }, { text: 'q' }] }],
  };
  /** Begins a request with one of them; `body` is set where it reads what is kept. */
  const begin = (index: number) => {
    const job = { id: 'req_1', trace: { tell() {} } } as unknown as Job;
    const marks = [{ cut: { contents: 0, parts: 1 }, ttl: '5m' as const }];
    const caching = all[index]?.open({ model, marks: () => marks, mayKeep: true, session: 's', job });
    return { caching, body: caching?.body(request, backend) };
  };
  /** The whole of a request; the result is the name of what it reads. */
  const send = (index: number): string | undefined => {
    const { caching, body } = begin(index);
    const size = { head: 0, upTo: [TOKENS], total: TOKENS };
    caching?.taken(
      () => ({ size, tokens: TOKENS }),
      () => {},
    );
    caching?.counted(body === undefined ? 0 : TOKENS);
    return body === undefined ? undefined : JSON.parse(body).cachedContent;
  };
  return { google, bus, begin, send };
}

describe('several processes', () => {
  test('count the requests of all, and read what one has had kept', async () => {
    const { google, send } = several(3);
    for (const index of [0, 1, 2]) send(index);
    await until(() => google.of('keep').length === 1);
    await turns();
    const [name, ...others] = [0, 1, 2].map((index) => send(index));
    expect(name).toStartWith('cachedContents/');
    expect(others).toEqual([name, name]);
    expect(google.of('keep')).toHaveLength(1);
  });

  test('know what another is about to have kept', async () => {
    const { google, send } = several(2, { instead: () => new Promise<Response>(() => {}) });
    for (const index of [0, 0, 0, 1, 1]) send(index);
    await turns();
    expect(google.of('keep')).toHaveLength(1);
  });

  test('let one of two go where both had the same kept at the same moment', async () => {
    const { google, bus, send } = several(2);
    bus.hold();
    for (const index of [0, 0, 0, 1, 1, 1]) send(index);
    await until(() => google.of('keep').length === 2);
    await turns();
    expect(send(0)).not.toBe(send(1));
    bus.flow();
    await until(() => google.of('let-go').length === 1);
    const name = send(0);
    expect(name).toStartWith('cachedContents/');
    expect(send(1)).toBe(name);
    expect(google.of('let-go').map((one) => one.name)).not.toContain(name);
  });

  test('forget together what Google has lost', async () => {
    const { google, begin, send } = several(2);
    for (let i = 0; i < 3; i++) send(0);
    await until(() => google.of('keep').length === 1);
    await turns();
    const { caching, body } = begin(1);
    expect(body).toBeDefined();
    const gone = new UpstreamError('status', 'CachedContent not found (or permission denied)', {
      status: 403,
    });
    expect(caching?.refused(gone)).toBe(true);
    expect([send(0), send(1)]).toEqual([undefined, undefined]);
  });
});
