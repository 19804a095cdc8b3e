import { describe, expect, test } from 'bun:test';
import { keyFingerprint } from '../../../src/lib/hash.ts';
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

describe('faults by key', () => {
  const KEYS = ['key-one', 'key-two'];
  const struckKeys = async (faults: string) => {
    const ports = { clock: new ManualClock(), seed: 1, keys: () => KEYS };
    const fetch = createFaultFetch(upstream, parseFaults(faults), ports);
    const rows = KEYS.map(async (key) => {
      const response = await fetch(URL, { headers: { 'x-goog-api-key': key } }, exchangeFor([]));
      return [key, response.status] as const;
    });
    return Object.fromEntries(await Promise.all(rows));
  };

  test.each<[string, number[]]>([
    ['http-503:key=1', [503, 200]],
    ['http-503:key=2', [200, 503]],
    ['http-503:key=3', [200, 200]],
    ['http-503:key=*', [503, 503]],
    [`http-503:key=${keyFingerprint('key-two')}`, [200, 503]],
    [`http-503:key=${keyFingerprint('key-one').slice(0, 4)}*`, [503, 200]],
    ['bad-key:key=1,http-503:key=2', [400, 503]],
  ])('%s', async (faults, [one = 0, two = 0]) => {
    expect(await struckKeys(faults)).toEqual({ 'key-one': one, 'key-two': two });
  });
});

describe('faults by the clock', () => {
  /** The statuses at these seconds since the rules were set. */
  const at = async (faults: string, seconds: readonly number[]) => {
    const { fetch, clock } = open(faults);
    const begun = clock.monotonic();
    const statuses: number[] = [];
    for (const second of seconds) {
      await clock.advance(begun + second * 1_000 - clock.monotonic());
      statuses.push((await fetch(URL, {}, exchangeFor([]))).status);
    }
    return statuses;
  };

  test.each<[string, number[], number[]]>([
    ['http-503:from=10s until=40s', [5, 14, 15, 44, 45], [200, 200, 503, 503, 200]],
    ['http-503:from=10s until=40s since=first', [5, 14, 15], [200, 200, 503]],
    ['http-503:from=10s until=40s since=start', [5, 10, 39, 40], [200, 503, 503, 200]],
    ['http-503:until=30s', [5, 34, 35], [503, 503, 200]],
    ['http-503:from=30s', [5, 34, 35, 900], [200, 200, 503, 503]],
    ['http-503@2:from=10s', [0, 10, 11, 12], [200, 200, 503, 200]],
  ])('%s at %j', async (faults, seconds, statuses) => {
    expect(await at(faults, seconds)).toEqual(statuses);
  });

  test('a quota window says the seconds that are really left, and ends', async () => {
    const { fetch, clock } = open('quota-window:for=30s');
    const said: unknown[] = [];
    for (const ms of [0, 9_500, 20_000, 500]) {
      await clock.advance(ms);
      const response = await fetch(URL, {}, exchangeFor([]));
      if (response.ok) said.push('passes');
      else {
        const { error } = JSON.parse(await response.text());
        const info = error.details.find((detail: Record<string, unknown>) => 'retryDelay' in detail);
        said.push([response.status, info.retryDelay, /retry in (.+)s\./.exec(error.message)?.[1]]);
      }
    }
    expect(said).toEqual([[429, '30s', '30'], [429, '20s', '20.5'], [429, '0s', '0.5'], 'passes']);
  });

  test('with a limit so many pass in each window, for each key and each model', async () => {
    const { fetch, clock } = open('quota-window:for=30s limit=2');
    const ask = async (key: string, model = 'gemini-4-argon') => {
      const url = URL.replace('gemini-4-argon', model);
      return (await fetch(url, { headers: { 'x-goog-api-key': key } }, exchangeFor([]))).status;
    };
    const row = async (key: string) => [await ask(key), await ask(key), await ask(key)];
    expect(await row('a')).toEqual([200, 200, 429]);
    expect(await row('b')).toEqual([200, 200, 429]);
    expect(await ask('a', 'gemini-4-neon')).toBe(200);
    await clock.advance(30_000);
    expect(await row('a')).toEqual([200, 200, 429]);
  });
});

describe('luck', () => {
  test('hangs on what is asked and how often, not on the order', async () => {
    const bodies = Array.from({ length: 60 }, (_, index) => JSON.stringify({ text: `question ${index}` }));
    const luck = async (order: readonly string[]) => {
      const { fetch } = open('http-503:p=0.4');
      const rows = order.map(async (body) => {
        const ask = async () => (await fetch(URL, { body }, exchangeFor([]))).status;
        return [body, [await ask(), await ask()]] as const;
      });
      return Object.fromEntries(await Promise.all(rows));
    };
    const first = await luck(bodies);
    expect(await luck(bodies.toReversed())).toEqual(first);
    const pairs = new Set(Object.values(first).map(String));
    expect(pairs).toEqual(new Set(['200,200', '200,503', '503,200', '503,503']));
  });

  test('is the same where only ids and signatures differ', async () => {
    const struck = async (id: string) => {
      const { fetch } = open('http-503:p=0.5');
      const bodies = Array.from({ length: 20 }, (_, index) =>
        JSON.stringify({ id, thoughtSignature: id, index }),
      );
      const answers = bodies.map(async (body) => (await fetch(URL, { body }, exchangeFor([]))).status);
      return Promise.all(answers);
    };
    expect(await struck('a')).toEqual(await struck('b'));
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
