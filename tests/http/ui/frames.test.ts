import { describe, expect, test } from 'bun:test';
import type { Frames } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { told } from '../../support/changes-told.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const user = (content: unknown) => ({ role: 'user', content });
const Read = { name: 'Read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } };

describe('frames and events', () => {
  test('each frame stands beside the events that were made of it, and a repair at its frame', async () => {
    const [first, second, last] = [textChunk('one'), textChunk('two'), textChunk('three', 'STOP')].map(
      (chunk) => JSON.stringify(chunk),
    );
    const half = Math.floor((second ?? '').length / 2);
    const text = `data: ${first}\r\n\r\ndata: ${second?.slice(0, half)}\r\n\r\ndata: ${second?.slice(half)}\r\n\r\ndata: ${last}\r\n\r\n`;
    const google: Fetch = async () =>
      new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    const { frames, detail, changes } = await told({}, google);
    expect(changes.answer).toEqual(
      detail.warnings.filter(({ code }) => code === 'frame-repaired').map(({ number }) => number),
    );
    expect(changes.answer).toHaveLength(1);
    expect(frames.frames.map(({ says, repairs, events }) => [says, repairs, events])).toEqual([
      ['text “one”', [], ['message_start', 'content_block_start 0 text', 'text_delta, 0']],
      ['text “two”', ['Repaired: one event had come in several pieces (broken-event)'], ['text_delta, 0']],
      [
        'text “three”, finishReason STOP',
        [],
        ['text_delta, 0', 'content_block_stop 0', 'message_delta end_turn', 'message_stop'],
      ],
    ]);
    expect([frames.bytes, frames.eventCount]).toEqual([text.length, 8]);
    expect(detail.lines.map(({ label }) => label)).toContain('Stream repaired');
  });

  test('the events are those that the client got', async () => {
    await using proxy = await startProxy();
    const body = { ...hello, stream: true, tools: [Read], messages: [user('Read a.ts')] };
    const got = await (await proxy.send('/v1/messages', body)).text();
    const looker = await (await Looker.at(proxy)).until(allEnded(1));
    looker.leave();
    const frames: Frames = await (await proxy.send(`/ui/api/requests/${looker.list[0]?.id}/frames`)).json();
    const names = (texts: readonly string[]) => texts.filter((name) => name !== 'ping');
    const sent = [...got.matchAll(/^event: (.+)$/gm)].map(([, name = '']) => name);
    const told = frames.frames.flatMap(({ events }) =>
      events.map((event) => (/_delta, /.test(event) ? 'content_block_delta' : (event.split(' ')[0] ?? ''))),
    );
    expect(told).toEqual(names(sent));
  });

  test('a failed attempt shows what Google said, and no event', async () => {
    const left = [googleError(503, 'UNAVAILABLE', 'busy'), googleStream(textChunk('hi', 'STOP'))];
    const { frames } = await told({}, async () => left.shift() ?? googleError(500, 'INTERNAL', 'x'), 1);
    expect(frames.frames.map(({ says, events }) => [says, events])).toEqual([
      ['error 503 UNAVAILABLE busy', []],
    ]);
  });
});
