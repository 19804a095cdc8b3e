import { afterAll, describe, expect, test } from 'bun:test';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { blessRequest, pruneBlobs } from '../../../scripts/turns/bless.ts';
import { findTargets } from '../../../scripts/turns/bless-targets.ts';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import { writeTurn } from '../../../src/sim/cassette/write.ts';
import { DAMAGES, edit } from '../../support/damages.ts';
import { ask, good, recordingProxy, streamed } from '../../support/recording.ts';
import { TURNS } from '../../support/turns/folder.ts';
import { orphanBlobs } from '../../support/turns/orphan-blobs.ts';
import { madeTurn } from './made-turn.ts';

const folder = mkdtempSync(join(tmpdir(), 'bless-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A turn for the test to break. */
async function turnOf(name: string): Promise<string> {
  const turn = join(folder, `${name}-${Bun.randomUUIDv7()}`);
  await writeTurn(turn, await madeTurn(name));
  return turn;
}

const STREAM = 'upstream/01/stream.jsonl';

test('no piece of a request is left in the collection that no turn names', () => {
  expect(orphanBlobs(TURNS)).toEqual([]);
});

describe('bless', () => {
  test('leaves a turn alone that is as it should be', async () => {
    const turn = await turnOf('call-3');
    const before = readFileSync(join(turn, 'meta.json'), 'utf8');
    expect(await blessRequest(turn)).toMatchObject({ changes: '', problems: [] });
    expect(readFileSync(join(turn, 'meta.json'), 'utf8')).toBe(before);
  });

  test('writes the answer and the request of today, and says what they were', async () => {
    const turn = await turnOf('call-3');
    const good = readRecordedRequest(turn);
    const old = new TextEncoder().encode('event: ping\ndata: {"type":"ping"}\n\n');
    await writeTurn(turn, {
      ...good,
      answer: { ...good.answer, bytes: old },
      upstream: good.upstream.map((exchange) => ({
        ...exchange,
        request: { ...exchange.request, body: '{"contents":[]}' },
      })),
    });
    const { changes } = await blessRequest(turn);
    expect(changes).toContain('- ping');
    expect(changes).toContain('+ message_stop');
    expect(changes).toContain('+ contents[0]');
    expect(readRecordedRequest(turn)).toEqual(good);
  });

  test('a stream that was edited by hand keeps every byte, and gets its hash', async () => {
    const turn = await turnOf('text-25');
    // Another spelling of the same line, which our writer would never choose.
    edit(turn, STREAM, (text) => text.replace(' from 2.5.', ' by hand.').replace('[20,', '[ 20, '));
    const edited = readFileSync(join(turn, STREAM), 'utf8');
    const { changes } = await blessRequest(turn);
    expect(changes).toContain('was edited by hand');
    expect(readFileSync(join(turn, STREAM), 'utf8')).toBe(edited);
    expect(new TextDecoder().decode(readRecordedRequest(turn).answer.bytes)).toContain(' by hand.');
  });

  test('what Google said, and somebody changed, is no longer live', async () => {
    const turn = await turnOf('text-25');
    edit(turn, 'meta.json', (text) => text.replace('"synthetic"', '"live"'));
    edit(turn, STREAM, (text) => text.replace('Hello', 'Hullo'));
    await blessRequest(turn);
    expect(readRecordedRequest(turn).origin).toBe('edited');
  });

  test('an answer that was written by hand is kept, and the difference shown', async () => {
    const turn = await turnOf('text-25');
    edit(turn, 'expected.jsonl', (text) => text.replace('"end_turn"', '"refusal"'));
    const { changes } = await blessRequest(turn);
    expect(changes).toContain('expected.jsonl was edited by hand');
    expect(changes).toContain('+ message_delta delta.stop_reason "end_turn"');
    const { answer, origin, edited, fails } = readRecordedRequest(turn);
    expect(new TextDecoder().decode(answer.bytes)).toContain('"refusal"');
    expect({ origin, edited }).toEqual({ origin: 'synthetic', edited: ['expected.jsonl'] });
    expect(fails?.why).toBe('the expected answer was written by hand');
    // Nobody loses it: the turn is known to fail until code does that.
    expect((await blessRequest(turn)).failing).toContain('- message_delta delta.stop_reason "refusal"');
    expect(new TextDecoder().decode(readRecordedRequest(turn).answer.bytes)).toContain('"refusal"');
  });

  test('an answer that was written by hand, and is what code does, is no known failure', async () => {
    const turn = await turnOf('text-25');
    edit(turn, 'expected.jsonl', (text) => text.replace('"end_turn"', '"refusal"'));
    const wanted = readFileSync(join(await turnOf('text-25'), 'expected.jsonl'), 'utf8');
    // The hash is that of another answer: somebody has put the right one in its place.
    edit(turn, 'meta.json', (text) => text.replace(/"expectedSha256": ".*?"/, '"expectedSha256": "0"'));
    edit(turn, 'expected.jsonl', () => wanted);
    expect((await blessRequest(turn)).changes).toContain('expected.jsonl was edited by hand');
    expect(readRecordedRequest(turn).fails).toBeUndefined();
  });

  test("an edited request of the client's is told as edited, and answered anew", async () => {
    const turn = await turnOf('text-25');
    edit(turn, 'meta.json', (text) => text.replace('"synthetic"', '"live"'));
    edit(turn, 'client-request.json', (text) =>
      text.replace('"max_tokens": ', '"temperature": 0.5, "max_tokens": '),
    );
    const { changes } = await blessRequest(turn);
    expect(changes).toContain('client-request.json was edited by hand');
    expect(changes).toContain('+ generationConfig.temperature: 0.5');
    const { origin, edited, upstream } = readRecordedRequest(turn);
    expect({ origin, edited }).toEqual({ origin: 'edited', edited: ['client-request.json'] });
    expect(upstream[0]?.request.body).toContain('"temperature":0.5');
    expect((await blessRequest(turn)).changes).toBe('');
  });

  test.each([
    ['/v1/messages', '/v1/models'],
    ['"anthropic-version"', '"x-version"'],
  ])('an edited request that asks no model is told: %s → %s', async (from, to) => {
    const turn = await turnOf('text-25');
    edit(turn, 'client-request.json', (text) => text.replace(from, to));
    const { changes, problems } = await blessRequest(turn);
    expect(changes + problems.join()).toMatch(/asks no model|header is required/);
  });

  test('another layout of a file is no edit', async () => {
    const turn = await turnOf('text-25');
    edit(turn, 'client-request.json', (text) => JSON.stringify(JSON.parse(text), null, 4));
    expect(await blessRequest(turn)).toEqual({ changes: '', problems: [] });
  });

  test('an edited long text gets a name of its own', async () => {
    const turns = join(folder, Bun.randomUUIDv7());
    const recorded = readRecordedRequest(await turnOf('text-3'));
    const asking = (system: string) => JSON.stringify({ ...JSON.parse(recorded.request.body), system });
    const request = { ...recorded.request, body: asking('long '.repeat(400)) };
    await writeTurn(join(turns, 'one'), { ...recorded, request });
    await blessRequest(join(turns, 'one'));
    for (const blob of readdirSync(join(turns, 'blobs')))
      edit(join(turns, 'blobs'), blob, (text) => text.replace('long', 'short'));
    expect((await blessRequest(join(turns, 'one'))).changes).toContain('was edited by hand');
    const now = readRecordedRequest(join(turns, 'one'));
    expect(JSON.parse(now.request.body).system).toStartWith('short long');
    expect(now.upstream[0]?.request.body).toContain('short long');
    expect(pruneBlobs(turns)).toBe(1);
    expect(readRecordedRequest(join(turns, 'one'))).toEqual(now);
  });

  test.each(DAMAGES.filter(({ what }) => !/edited|long text|expected\.sse|link/.test(what)))(
    'says where $what, and leaves that turn as it is',
    async ({ damage, told }) => {
      const turn = await turnOf('text-3');
      damage(turn);
      const files = readdirSync(turn, { recursive: true });
      expect(await blessRequest(turn)).toEqual({ changes: '', problems: [expect.stringMatching(told)] });
      expect(readdirSync(turn, { recursive: true })).toEqual(files);
    },
  );

  test('tells what no golden can mend', async () => {
    const turn = await turnOf('text-3');
    // Without its end the answer is broken off; with only thoughts there would be another attempt.
    edit(turn, STREAM, (text) => text.split('\n').slice(-2).join('\n'));
    const { problems } = await blessRequest(turn);
    expect(problems.join()).toContain('asked 2 times');
  });

  test('a page that was read stays, though no request holds it', async () => {
    const turns = join(folder, Bun.randomUUIDv7());
    const recorded = readRecordedRequest(await turnOf('text-3'));
    const fetched = [[{ mimeType: 'text/html', text: 'page '.repeat(400) }]];
    await writeTurn(join(turns, 'one'), { ...recorded, fetched });
    expect(pruneBlobs(turns)).toBe(0);
    expect(readRecordedRequest(join(turns, 'one')).fetched).toEqual(fetched);
  });

  test('pieces of requests that nobody names go', async () => {
    const turns = join(folder, 'with-blobs');
    const recorded = readRecordedRequest(await turnOf('text-3'));
    const body = JSON.stringify({ ...JSON.parse(recorded.request.body), system: 'long '.repeat(400) });
    const request = { ...recorded.request, body };
    await writeTurn(join(turns, 'one'), { ...recorded, request });
    expect(pruneBlobs(turns)).toBe(0);
    await writeTurn(join(turns, 'one'), recorded);
    expect(pruneBlobs(turns)).toBe(1);
  });
});

describe('a recording', () => {
  /** Made with settings of its own, on which its answers depend. */
  async function recorded(): Promise<string> {
    const recording = join(folder, Bun.randomUUIDv7());
    await using proxy = await recordingProxy(recording, [good, good], { BIG_MODEL: 'gemini-3-pro' });
    await ask(proxy, { request: streamed });
    await ask(proxy, { request: { ...streamed, max_tokens: 99 } });
    return recording;
  }

  async function blessed(recording: string, word = recording) {
    const { targets, problems } = findTargets([word], { turns: TURNS, recordings: join(recording, '..') });
    const blessings = [];
    for (const { name, folder: request, settings } of targets)
      blessings.push({ name: name.slice(name.indexOf('/') + 1), ...(await blessRequest(request, settings)) });
    return { blessings, problems };
  }

  test('that nobody has edited is left alone', async () => {
    const { blessings } = await blessed(await recorded());
    expect(blessings).toEqual([
      { name: '001-sdk', changes: '', problems: [] },
      { name: '002-sdk', changes: '', problems: [] },
    ]);
  });

  test('with an edited stream is accepted, told as edited, and can be replayed to the byte', async () => {
    const recording = await recorded();
    edit(join(recording, '001-sdk'), 'meta.json', (text) => text.replace('"synthetic"', '"live"'));
    edit(join(recording, '001-sdk'), STREAM, (text) => text.replace('Hello', 'Hullo'));
    expect((await verifyRecording(recording, 1)).problems).toEqual([
      expect.stringContaining('001-sdk/upstream/01/stream.jsonl: was edited by hand'),
    ]);
    const { blessings } = await blessed(recording);
    expect(blessings.map(({ changes }) => changes)).toEqual([
      expect.stringContaining(`${STREAM} was edited by hand`),
      '',
    ]);
    const { origin, edited, answer } = readRecordedRequest(join(recording, '001-sdk'));
    expect({ origin, edited }).toEqual({ origin: 'edited', edited: [STREAM] });
    expect(new TextDecoder().decode(answer.bytes)).toContain('Hullo');
    expect(await verifyRecording(recording, 2)).toEqual({ requests: 2, problems: [] });
  });

  test('with an edited question is accepted, told as edited, and answers that question', async () => {
    const recording = await recorded();
    edit(join(recording, '002-sdk'), 'client-request.json', (text) => text.replace('99', '98'));
    const { blessings } = await blessed(recording);
    expect(blessings.map(({ changes }) => changes)).toEqual([
      '',
      expect.stringContaining('client-request.json was edited by hand'),
    ]);
    expect(readRecordedRequest(join(recording, '002-sdk')).edited).toEqual(['client-request.json']);
    expect(await verifyRecording(recording, 1)).toEqual({ requests: 2, problems: [] });
  });

  test('with an answer that was written by hand keeps that answer, however often it is blessed', async () => {
    const recording = await recorded();
    const request = join(recording, '001-sdk');
    edit(request, 'expected.sse', (text) => text.replace('end_turn', 'refusal'));
    const first = await blessed(recording);
    expect(first.blessings[0]?.changes).toContain('so it is known to fail from now on');
    const files = readdirSync(request, { recursive: true });
    expect((await blessed(recording)).blessings[0]?.failing).toContain('+ message_delta delta.stop_reason');
    expect(new TextDecoder().decode(readRecordedRequest(request).answer.bytes)).toContain('refusal');
    expect(readdirSync(request, { recursive: true })).toEqual(files);
    expect((await verifyRecording(recording, 1)).problems).toEqual([
      expect.stringContaining('001-sdk: known to fail (the expected answer was written by hand): byte'),
    ]);
    edit(request, 'expected.sse', (text) => text.replace('refusal', 'end_turn'));
    expect((await blessed(recording)).blessings[0]?.changes).toContain('it passes now');
    expect(await verifyRecording(recording, 1)).toEqual({ requests: 2, problems: [] });
    expect(readdirSync(request, { recursive: true })).toEqual(files);
  });

  test('keeps its long texts where somebody has put a folder of links or a file into it', async () => {
    const recording = await recorded();
    mkdirSync(join(recording, 'blobs'), { recursive: true });
    for (const name of ['0'.repeat(32), 'mine.txt']) writeFileSync(join(recording, 'blobs', name), 'x');
    symlinkSync('..', join(recording, '001-sdk/loop'));
    expect(orphanBlobs(recording)).toEqual(['0'.repeat(32)]);
    rmSync(join(recording, '001-sdk/upstream'), { recursive: true });
    writeFileSync(join(recording, '001-sdk/upstream'), '');
    expect(orphanBlobs(recording)).toEqual([]);
    rmSync(join(recording, 'blobs'), { recursive: true });
    writeFileSync(join(recording, 'blobs'), '');
    expect(orphanBlobs(recording)).toEqual([]);
  });

  test('is blessed whole, or by one request of it, by name or number', async () => {
    const recording = await recorded();
    const name = basename(recording);
    const names = async (word: string) => (await blessed(recording, word)).blessings.map((one) => one.name);
    expect(await names(name)).toEqual(['001-sdk', '002-sdk']);
    expect(await names(`${name}/2`)).toEqual(['002-sdk']);
    expect(await names(`${name}/001-sdk`)).toEqual(['001-sdk']);
    expect((await blessed(recording, `${name}/7`)).problems).toEqual([
      expect.stringContaining('no request "7"'),
    ]);
    expect((await blessed(recording, 'nothing')).problems).toEqual([
      'fixtures/turns/nothing: there is no such turn',
    ]);
  });

  test('that is called like a turn must be named by its path', async () => {
    const recordings = join(folder, Bun.randomUUIDv7());
    mkdirSync(recordings);
    cpSync(await recorded(), join(recordings, 'text-3'), { recursive: true });
    expect(findTargets(['text-3'], { turns: TURNS, recordings }).problems).toEqual([
      expect.stringContaining('give the path'),
    ]);
    const found = findTargets([join(recordings, 'text-3')], { turns: TURNS, recordings });
    expect(found.targets.map(({ name }) => name)).toEqual(['text-3/001-sdk', 'text-3/002-sdk']);
  });
});
