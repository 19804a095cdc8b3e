/** The prompt's size in `message_start`: some clients read it only there. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageEvent } from '../../../src/anthropic/events.ts';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import { writeRecordedRequest } from '../../../src/sim/cassette/write.ts';
import { readEvents } from '../../support/answers/events.ts';
import { heldUpstream, reader, turns } from '../../support/google/held-upstream.ts';
import { busy, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { googleError, googleStream, startProxy, textChunk } from '../../support/proxy.ts';
import { event, pieces, recordingProxy, streamed, type UpstreamPlay } from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'prompt-told-'));
afterAll(() => rmSync(root, { recursive: true }));

const WORDS = 1_000;
const LONG = 'word '.repeat(WORDS);
/** One token for each word, about, and some tokens around the text. */
const isEstimate = (tokens: number) => tokens > 0.9 * WORDS && tokens < 1.2 * WORDS;
const asking = { ...streamed, messages: [{ role: 'user', content: LONG }] };

const uncounted = (text: string, finishReason?: string) => ({
  candidates: textChunk(text, finishReason).candidates,
  usageMetadata: { trafficType: 'ON_DEMAND' },
});

function toldIn(text: string) {
  const events = readEvents(new TextEncoder().encode(text));
  const usageOf = (type: MessageEvent['type']) => {
    const found = events.find((one) => one.type === type);
    if (found?.type === 'message_start') return found.message.usage;
    return found?.type === 'message_delta' ? found.usage : undefined;
  };
  const figures = (usage: ReturnType<typeof usageOf>) => [
    usage?.input_tokens ?? -1,
    usage?.cache_read_input_tokens ?? -1,
    usage?.output_tokens ?? -1,
  ];
  return { start: figures(usageOf('message_start')), end: figures(usageOf('message_delta')) };
}

async function told(upstream: () => Response, request: object = asking) {
  await using proxy = await startProxy({ fetch: async () => upstream() });
  return toldIn(await (await proxy.send('/v1/messages', request)).text());
}

describe('message_start tells the size of the prompt', () => {
  test('by upstream’s first event, its cached part apart; what was said by then is left to the end', async () => {
    const { start, end } = await told(() => googleStream(textChunk('a'), textChunk('b', 'STOP')));
    expect(start).toEqual([20, 10, 0]);
    expect(end).toEqual([20, 10, 4]);
  });

  test('by that event also where the counts change later', async () => {
    const later = { ...textChunk('b', 'STOP'), usageMetadata: { promptTokenCount: 7_176 } };
    const { start, end } = await told(() => googleStream(textChunk('a'), later));
    expect([start[0], end[0]]).toEqual([20, 7_176]);
  });

  test.each([
    ['no counts before the last', [uncounted('a'), textChunk('b', 'STOP')]],
    ['no counts at all', [uncounted('a'), uncounted('b', 'STOP')]],
    [
      'a count of the answer alone',
      [{ ...textChunk('b', 'STOP'), usageMetadata: { candidatesTokenCount: 4 } }],
    ],
  ])('by an estimate, where the first event has %s', async (_name, chunks) => {
    const { start } = await told(() => googleStream(...chunks));
    expect(start.slice(1)).toEqual([0, 0]);
    expect(isEstimate(start[0] ?? 0)).toBe(true);
  });

  test('by an estimate, where upstream is silent for 8 s', async () => {
    const clock = new ManualClock();
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch, clock });
    const pending = proxy.send('/v1/messages', asking);
    await upstream.asked;
    await clock.advance(8_000);
    const events = reader(await pending);
    upstream.openHead();
    await turns();
    upstream.push(textChunk('late', 'STOP'));
    upstream.close();
    const { start, end } = toldIn(await events.rest());
    expect(isEstimate(start[0] ?? 0)).toBe(true);
    expect(end).toEqual([20, 10, 4]);
  });

  test('by the attempt that answers, after others that were refused', async () => {
    const google = scriptedGoogle((asked, index) => (index < 2 ? busy() : says(asked)));
    await using proxy = await google.start();
    const text = await google.through(proxy.send('/v1/messages', asking).then((got) => got.text()));
    expect(toldIn(text).start).toEqual([20, 10, 0]);
  });

  test('as nothing, where nothing is asked', async () => {
    const refuse = () => googleError(500, 'INTERNAL', 'nobody should have asked');
    const { start, end } = await told(refuse, { ...asking, max_tokens: 0 });
    expect([start, end]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});

describe('a recording keeps what was told', () => {
  const late: UpstreamPlay = pieces({ waitMs: 9_000 }, event(textChunk('late', 'STOP')));

  test.each([
    ['the figure of then', { tokens: 7, cached: 3 }, [4, 3, 0]],
    ['none, as versions without it did', undefined, [0, 0, 0]],
  ])('a replay tells %s', async (name, promptTold, expected) => {
    const recording = join(root, `replay ${name}`);
    {
      await using proxy = await recordingProxy(recording, [late]);
      await (await proxy.send('/v1/messages', asking)).text();
    }
    const [folder = ''] = listRecording(recording);
    const { promptTold: _then, ...recorded } = readRecordedRequest(folder);
    rmSync(folder, { recursive: true });
    await writeRecordedRequest(folder, promptTold ? { ...recorded, promptTold } : recorded);
    await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: recording } });
    const text = await (await replay.send('/v1/messages', asking)).text();
    expect(toldIn(text).start).toEqual(expected);
  });
});
