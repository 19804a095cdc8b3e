/** What the page says of a request from which nothing comes for long. */
import { describe, expect, test } from 'bun:test';
import type { Detail, Row } from '../../../src/inspector/shapes.ts';
import { Looker } from '../../support/clients/looker.ts';
import { type HeldUpstream, heldUpstream, turns } from '../../support/google/held-upstream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { hello, startProxy, type TestProxy, textChunk } from '../../support/proxy.ts';

const asks = { ...hello, stream: true };

type Watched = {
  proxy: TestProxy;
  upstream: HeldUpstream;
  clock: ManualClock;
  looker: Looker;
  answer: Promise<Response>;
  leave: AbortController;
};

/** A request that upstream has got, with somebody who looks on. */
async function watched(): Promise<Watched & AsyncDisposable> {
  const clock = new ManualClock();
  const upstream = heldUpstream();
  const proxy = await startProxy({ fetch: upstream.fetch, clock, env: { MAX_STREAMING_RETRIES: '0' } });
  const looker = await Looker.at(proxy);
  const leave = new AbortController();
  const answer = fetch(`${proxy.url}/v1/messages`, {
    method: 'POST',
    body: JSON.stringify(asks),
    headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    signal: leave.signal,
  });
  // A client that leaves gets no answer.
  answer.catch(() => {});
  await upstream.asked;
  const dispose = async () => {
    looker.leave();
    await proxy[Symbol.asyncDispose]();
  };
  return { proxy, upstream, clock, looker, answer, leave, [Symbol.asyncDispose]: dispose };
}

/**
 * A quarter of a second on the clock, and all that it causes. Sockets have their own time, so an answer is awaited: what the
 * looker was told before that answer has come with it, however slow the machine is.
 */
async function step({ clock, proxy }: Watched): Promise<void> {
  await clock.advance(250);
  await turns(4);
  await proxy.send('/health');
  await turns(4);
}

async function pass(all: Watched, seconds: number): Promise<void> {
  for (let quarter = 0; quarter < seconds * 4; quarter++) await step(all);
}

/** Lets time pass until the looker was told a row of which `holds` is true. */
async function told(all: Watched, holds: (row: Row) => boolean): Promise<void> {
  while (!all.looker.list.some(holds)) await step(all);
}

const isSilent = ({ silentSince }: Row): boolean => silentSince !== undefined;
const isEnded = ({ state }: Row): boolean => state === 'ended';

async function begun(): Promise<Watched & AsyncDisposable> {
  const all = await watched();
  all.upstream.openHead();
  await turns();
  all.upstream.push(textChunk('Good'));
  await told(all, ({ state }) => state === 'streaming');
  await pass(all, 1);
  all.upstream.push(textChunk(' morning, good'));
  await pass(all, 1);
  return all;
}

const detailOf = async ({ proxy, looker }: Watched): Promise<Detail> =>
  (await proxy.send(`/ui/api/requests/${looker.list[0]?.id}`)).json();

describe('a stream from which nothing more comes', () => {
  test('is called silent in the live list after ten seconds, and no longer once more has come', async () => {
    await using all = await begun();
    await pass(all, 8);
    expect(all.looker.list[0]).toMatchObject({ state: 'streaming', sign: 'ordinary' });
    await told(all, isSilent);
    expect(all.looker.list[0]).toMatchObject({ sign: 'slow', silentSince: expect.any(Number) });
    expect(all.looker.list[0]?.spans.map(({ kind }) => kind).slice(-2)).toEqual(['writing', 'silent']);
    expect((await detailOf(all)).lines).toContainEqual(
      expect.objectContaining({ label: 'Gemini is silent', sign: 'slow' }),
    );
    all.upstream.push(textChunk(' day.'));
    await told(all, (row) => !isSilent(row));
    expect(all.looker.list[0]?.spans.map(({ kind }) => kind).slice(-3)).toEqual([
      'writing',
      'silent',
      'writing',
    ]);
  });

  test('has its silence in the headline, the row and the time line when it has ended', async () => {
    await using all = await begun();
    await pass(all, 30);
    all.upstream.push(textChunk(' day.', 'STOP'));
    all.upstream.close();
    await (await all.answer).text();
    await told(all, isEnded);
    const detail = await detailOf(all);
    expect(detail.headline).toMatch(
      /^Answered after \d\d\.\d s\. Nothing came from gemini-4-argon for \d\d\.\d s, in the middle of its answer\.$/,
    );
    expect(detail.row).toMatchObject({
      sign: 'slow',
      words: expect.stringContaining('Nothing came from gemini-4-argon for '),
    });
    expect(detail.lines.map(({ label }) => label)).toContain('Gemini was silent');
    expect(detail.totals.find(({ kind }) => kind === 'silent')?.ms).toBeGreaterThan(29_000);
    expect(all.proxy.lines.findLast(({ path }) => path === '/v1/messages')).toMatchObject({
      silent_ms: expect.any(Number),
    });
  });

  test('says so of a client that has left meanwhile', async () => {
    await using all = await begun();
    await (await all.answer).body?.getReader().read();
    await pass(all, 20);
    all.leave.abort();
    await all.upstream.left;
    await told(all, isEnded);
    expect((await detailOf(all)).headline).toMatch(
      /^The client left after .*Nothing came from gemini-4-argon for \d\d\.\d s, in/,
    );
  });

  test('says so of an attempt that was given up for it', async () => {
    await using all = await begun();
    await pass(all, 241);
    await told(all, isEnded);
    const { headline } = await detailOf(all);
    expect(headline).toStartWith('Failed after 4 min');
    expect(headline).toContain('Nothing came from gemini-4-argon for 4 min 0 s, in the middle of its answer');
  });
});

test('a request that Gemini has not begun to answer is told as such', async () => {
  await using all = await watched();
  await told(all, isSilent);
  expect(all.looker.list[0]).toMatchObject({ state: 'open', sign: 'slow', silentSince: expect.any(Number) });
  expect((await detailOf(all)).lines.map(({ text }) => text)).toContain('Gemini has not begun to answer yet');
  all.leave.abort();
  await all.upstream.left;
  await told(all, isEnded);
  expect((await detailOf(all)).headline).toMatch(
    /Nothing came from gemini-4-argon for \d+\.\d s: it had not begun to answer/,
  );
});

describe('the time line of a request without content says', () => {
  const attemptText = async (all: Watched) =>
    (await detailOf(all)).lines.find(({ label }) => label === 'Attempt 1')?.text ?? '';
  /** Lets time pass until the line of the attempt begins so. */
  async function saying(all: Watched, words: string): Promise<string> {
    for (;;) {
      const text = await attemptText(all);
      if (text.startsWith(words)) return text;
      await step(all);
    }
  }

  test('that nothing has come, and when the proxy gives up', async () => {
    await using all = await watched();
    await told(all, ({ state }) => state === 'open');
    expect(await saying(all, 'nothing has come yet')).toMatch(/; the proxy gives up at .* \(HEAD_TIMEOUT\)$/);
    all.leave.abort();
    await all.upstream.left;
    await told(all, isEnded);
    expect(await attemptText(all)).toBe('no answer had begun');
  });

  test('that headers came, when the proxy gives up, and that the wait goes on', async () => {
    await using all = await watched();
    all.upstream.openHead();
    await told(all, ({ state }) => state === 'open');
    expect(await saying(all, 'headers came after')).toMatch(
      /, no content yet; the proxy gives up at 4 min \d+ s \(STREAM_IDLE_TIMEOUT\)$/,
    );
    expect((await detailOf(all)).totals).toContainEqual({ kind: 'first', ms: 0, since: expect.any(Number) });
    all.upstream.push(textChunk('Good', 'STOP'));
    all.upstream.close();
    await told(all, isEnded);
    expect(await attemptText(all)).toStartWith('200 after ');
  });
});
