import { afterAll, describe, expect, test } from 'bun:test';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blessTurn, pruneBlobs } from '../../../scripts/turns/bless.ts';
import { readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import { writeRecordedRequest } from '../../../src/sim/cassette/write.ts';
import { TURNS } from '../../support/turns/folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'bless-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of a committed turn, for the test to break. */
function copyOf(name: string): string {
  const copy = join(folder, `${name}-${Bun.randomUUIDv7()}`);
  cpSync(join(TURNS, name), copy, { recursive: true });
  return copy;
}

const STREAM = 'upstream/01/stream.jsonl';

function edit(turn: string, file: string, change: (text: string) => string): void {
  const path = join(turn, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

describe('bless', () => {
  test('leaves a turn alone that is as it should be', async () => {
    const turn = copyOf('call-3');
    const before = readFileSync(join(turn, 'meta.json'), 'utf8');
    expect(await blessTurn(turn)).toMatchObject({ changes: '', problems: [] });
    expect(readFileSync(join(turn, 'meta.json'), 'utf8')).toBe(before);
  });

  test('writes the answer and the request of today, and says what they were', async () => {
    const turn = copyOf('call-3');
    const good = readRecordedRequest(turn);
    const old = new TextEncoder().encode('event: ping\ndata: {"type":"ping"}\n\n');
    await writeRecordedRequest(turn, {
      ...good,
      answer: { ...good.answer, bytes: old },
      upstream: good.upstream.map((exchange) => ({
        ...exchange,
        request: { ...exchange.request, body: '{"contents":[]}' },
      })),
    });
    const { changes } = await blessTurn(turn);
    expect(changes).toContain('- ping');
    expect(changes).toContain('+ message_stop');
    expect(changes).toContain('+ contents[0]');
    expect(readRecordedRequest(turn)).toEqual(good);
  });

  test('a stream that was edited by hand keeps every byte, and gets its hash', async () => {
    const turn = copyOf('text-25');
    // Another spelling of the same line, which our writer would never choose.
    edit(turn, STREAM, (text) => text.replace(' from 2.5.', ' by hand.').replace('[20,', '[ 20, '));
    const edited = readFileSync(join(turn, STREAM), 'utf8');
    const { changes } = await blessTurn(turn);
    expect(changes).toContain('was edited by hand');
    expect(readFileSync(join(turn, STREAM), 'utf8')).toBe(edited);
    expect(new TextDecoder().decode(readRecordedRequest(turn).answer.bytes)).toContain(' by hand.');
  });

  test('what Google said, and somebody changed, is no longer live', async () => {
    const turn = copyOf('text-25');
    edit(turn, 'meta.json', (text) => text.replace('"synthetic"', '"live"'));
    edit(turn, STREAM, (text) => text.replace('Hello', 'Hullo'));
    await blessTurn(turn);
    expect(readRecordedRequest(turn).origin).toBe('edited');
  });

  test('tells what no golden can mend', async () => {
    const turn = copyOf('text-3');
    // Without its end the answer is broken off; with only thoughts there would be another attempt.
    edit(turn, STREAM, (text) => text.split('\n').slice(-2).join('\n'));
    const { problems } = await blessTurn(turn);
    expect(problems.join()).toContain('asked 2 times');
  });

  test('pieces of requests that nobody names go', async () => {
    const turns = join(folder, 'with-blobs');
    const recorded = readRecordedRequest(copyOf('text-3'));
    const body = JSON.stringify({ ...JSON.parse(recorded.request.body), system: 'long '.repeat(400) });
    const request = { ...recorded.request, body };
    await writeRecordedRequest(join(turns, 'one'), { ...recorded, request });
    expect(pruneBlobs(turns)).toBe(0);
    await writeRecordedRequest(join(turns, 'one'), recorded);
    expect(pruneBlobs(turns)).toBe(1);
  });
});
