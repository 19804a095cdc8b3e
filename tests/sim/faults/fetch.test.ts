import { describe, expect, test } from 'bun:test';
import { type Exchange, type Fetch, systemClock } from '../../../src/lib/ports.ts';
import { createFaultFetch, parseFaults } from '../../../src/sim/faults/index.ts';
import { FAULT_ROWS } from '../../../src/sim/faults/table.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

const URL = 'https://upstream.example/v1beta/models/gemini-4-argon:streamGenerateContent?alt=sse';
const COUNT = 'https://upstream.example/v1beta/models/gemini-4-argon:countTokens';
const EVENTS = ['one', 'two', 'three'].map(
  (text) => `data: {"candidates": [{"content": {"parts": [{"text": "${text}"}]}}]}\r\n\r\n`,
);
const BODY = EVENTS.join('');

const upstream: Fetch = async () => new Response(BODY, { headers: { 'content-type': 'text/event-stream' } });

type Note = { event: string; detail: unknown };
const exchangeFor = (notes: Note[], caller = 'main'): Exchange => ({
  id: 'test',
  labels: { caller },
  note: (event, detail) => void notes.push({ event, detail }),
});

function open(faults: string, seed = 1, inner = upstream) {
  const notes: Note[] = [];
  const clock = new ManualClock();
  const fetch = createFaultFetch(inner, parseFaults(faults), { clock, seed });
  const ask = async ({
    url = URL,
    caller = 'main',
    signal,
  }: {
    url?: string;
    caller?: string;
    signal?: AbortSignal;
  } = {}) => {
    const response = await fetch(url, signal ? { signal } : {}, exchangeFor(notes, caller));
    return response.text();
  };
  return { ask, fetch, notes, clock };
}

const outcomes = async (faults: string, asks: number, seed = 1) => {
  const { ask } = open(faults, seed);
  const texts: string[] = [];
  for (let i = 0; i < asks; i++) texts.push(await ask());
  return texts.map((text) => text !== BODY);
};

describe('which requests are struck', () => {
  test.each<[string, boolean[]]>([
    ['cut', [true, true, true, true]],
    ['cut@2', [false, true, false, false]],
    ['cut@2-3', [false, true, true, false]],
    ['cut@3-*', [false, false, true, true]],
    ['cut@1,cut@4', [true, false, false, true]],
    ['cut:p=0', [false, false, false, false]],
    ['cut:model=gemini-4-*', [true, true, true, true]],
    ['cut:model=gemini-3-*', [false, false, false, false]],
    ['cut:caller=title', [false, false, false, false]],
  ])('%s', async (faults, struck) => {
    expect(await outcomes(faults, 4)).toEqual(struck);
  });

  test('a rule counts the requests of its own caller only', async () => {
    const { ask } = open('cut@2:caller=main');
    const struck = [];
    for (const caller of ['main', 'title', 'main']) struck.push((await ask({ caller })) !== BODY);
    expect(struck).toEqual([false, false, true]);
  });

  test('counting tokens is left alone, unless its caller is named', async () => {
    expect(await open('empty').ask({ url: COUNT, caller: 'count-tokens' })).toBe(BODY);
    expect(await open('empty:caller=count-tokens').ask({ url: COUNT, caller: 'count-tokens' })).toBe('');
  });

  test('chance comes from the seed', async () => {
    const asks = 40;
    const drawn = await outcomes('cut:p=0.3', asks, 5);
    expect(await outcomes('cut:p=0.3', asks, 5)).toEqual(drawn);
    expect(await outcomes('cut:p=0.3', asks, 6)).not.toEqual(drawn);
    expect(await outcomes('cut:p=0.3 seed=5', asks, 6)).toEqual(drawn);
    const struck = drawn.filter(Boolean).length;
    expect(struck).toBeGreaterThan(4);
    expect(struck).toBeLessThan(22);
  });

  test('one rule does not change the luck of another', async () => {
    const alone = await outcomes('cut:p=0.3', 30);
    const { ask } = open('cut:p=0.3,crlf:p=0.5');
    const beside: boolean[] = [];
    for (let i = 0; i < 30; i++) beside.push((await ask()) !== BODY);
    expect(beside).toEqual(alone);
  });
});

describe('where a body is struck', () => {
  test.each<[string, string]>([
    ['cut:frame=0', ''],
    ['cut:frame=2', EVENTS.slice(0, 2).join('')],
    ['cut:frame=9', BODY],
    ['cut:byte=10', BODY.slice(0, 10)],
    ['cut:byte=0', ''],
    ['empty', ''],
    ['lf', BODY.replaceAll('\r\n', '\n')],
    ['cr', BODY.replaceAll('\r\n', '\r')],
    ['crlf', BODY],
    ['bom', `\uFEFF${BODY}`],
    ['no-blank-line', BODY.slice(0, -4)],
    ['glued', BODY.replace('\r\n\r\n', '')],
    ['sentinel', `${BODY}data: [DONE]\r\n\r\n`],
    ['reorder', [EVENTS[1], EVENTS[0], EVENTS[2]].join('')],
    ['reorder:frame=2', [EVENTS[0], EVENTS[2], EVENTS[1]].join('')],
    ['late', [EVENTS[1], EVENTS[2], EVENTS[0]].join('')],
    ['bytes', BODY],
    ['slices', BODY],
  ])('%s', async (faults, body) => {
    const { fetch } = open(faults);
    const response = await fetch(URL, {}, exchangeFor([]));
    expect(Buffer.from(await response.arrayBuffer()).toString()).toBe(body);
  });

  test('several faults strike one request, the first written nearest to us', async () => {
    expect(await open('cut:byte=3,bom').ask()).toBe('');
    const { fetch } = open('bom,cut:byte=3');
    const response = await fetch(URL, {}, exchangeFor([]));
    expect(Buffer.from(await response.arrayBuffer()).toString()).toBe(`\uFEFF${BODY.slice(0, 3)}`);
  });

  test('reads are cut as the fault says', async () => {
    const { fetch } = open('bytes');
    const response = await fetch(URL, {}, exchangeFor([]));
    const sizes: number[] = [];
    for await (const read of response.body ?? []) sizes.push(read.byteLength);
    expect(new Set(sizes)).toEqual(new Set([1]));
    expect(sizes).toHaveLength(BODY.length);
  });

  test('a stall lasts as long as it says, and the rest follows', async () => {
    const { ask, clock } = open('stall:frame=1 for=5s');
    let text: string | undefined;
    void ask().then((value) => {
      text = value;
    });
    await clock.advance(4_999);
    expect(text).toBeUndefined();
    await clock.advance(1);
    expect(text).toBe(BODY);
  });

  test('after=: by the clock, whether bytes come or not', async () => {
    const held: Fetch = async () =>
      new Response(new ReadableStream({ start: (c) => c.enqueue(Buffer.from(EVENTS[0] ?? '')) }));
    const { ask, clock } = open('reset:after=2s', 1, held);
    const failed = ask().catch((error: Error) => error.message);
    await clock.advance(2_000);
    expect(await failed).toContain('ECONNRESET');
  });
});

describe('the log', () => {
  test('is told of a strike once, with the rule and the request', async () => {
    const { ask, notes } = open('lf@2');
    await ask();
    expect(notes).toEqual([]);
    await ask();
    expect(notes).toEqual([{ event: 'fault', detail: { fault: 'lf@2', request: 2, frame: 1 } }]);
  });

  test('a place that never comes is no strike', async () => {
    const { ask, notes } = open('cut:byte=99999,reset:frame=50,stall-mid-character');
    expect(await ask()).toBe(BODY);
    expect(notes).toEqual([]);
  });
});

describe('who leaves is let go', () => {
  test.each(FAULT_ROWS.map(([name]) => name))(
    '%s: an aborted signal ends it, and no sleep is left',
    async (name) => {
      const leave = new AbortController();
      const { fetch, clock } = open(name);
      const work = (async () => {
        const response = await fetch(URL, { signal: leave.signal }, exchangeFor([]));
        const reader = response.body?.getReader();
        leave.signal.addEventListener('abort', () => void reader?.cancel().catch(() => {}));
        // A redirect has no body to read.
        while (reader && !(await reader.read()).done);
      })().catch(() => 'failed');
      await settle();
      leave.abort();
      await settle();
      await work;
      expect(clock.sleeping).toBe(0);
    },
  );

  test('upstream is closed when the body is left', async () => {
    let closed = false;
    const open_: Fetch = async () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(Buffer.from(BODY)),
          cancel: () => {
            closed = true;
          },
        }),
      );
    for (const faults of ['stall:frame=1', 'lf', 'bytes', 'late', 'jitter', 'cut:frame=1']) {
      closed = false;
      const { fetch } = open(faults, 1, open_);
      const response = await fetch(URL, {}, exchangeFor([]));
      const reader = response.body?.getReader();
      if (faults !== 'late' && faults !== 'jitter') await reader?.read();
      await reader?.cancel();
      await settle();
      expect([faults, closed]).toEqual([faults, true]);
    }
  });

  test('an aborted request is not even begun', async () => {
    let asked = false;
    const inner: Fetch = async () => {
      asked = true;
      return new Response('');
    };
    const fetch = createFaultFetch(inner, parseFaults('lf'), { clock: systemClock, seed: 1 });
    await expect(fetch(URL, { signal: AbortSignal.abort() }, exchangeFor([]))).rejects.toThrow();
    expect(asked).toBe(false);
  });
});
