/** A replay can be recorded: so a recording is carried over to what today's code sends. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { recordFlags } from '../../../src/commands/record.ts';
import { listing } from '../../../src/commands/recordings/list-recordings.ts';
import { carryOver } from '../../../src/compose/carry-over.ts';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { ArgumentError } from '../../../src/lib/program/arguments.ts';
import { MANIFEST } from '../../../src/sim/cassette/layout.ts';
import { readManifest } from '../../../src/sim/cassette/manifest.ts';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import { DAMAGES, edit } from '../../support/damages.ts';
import { googleError, startProxy, textChunk } from '../../support/proxy.ts';
import { ask, event, good, pieces, recordingProxy, streamed } from '../../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'carried-'));
afterAll(() => rmSync(root, { recursive: true }));

const asking = (letter: string) => ({ ...streamed, system: letter.repeat(2_000) });
const [first, second] = [asking('a'), asking('b')];

/** An answer that pauses, so that its reads have times. */
const slow = pieces(event(textChunk('Slow ')), { waitMs: 700 }, event(textChunk('answer', 'STOP')));

/** As Google would have said it: a test has nobody live. */
const live = (folder: string) => edit(folder, 'meta.json', (text) => text.replace('"synthetic"', '"live"'));

beforeAll(async () => {
  const busy = () => googleError(503, 'UNAVAILABLE', 'busy');
  await using proxy = await recordingProxy(join(root, 'then'), [busy, slow, good], {
    BIG_MODEL: 'gemini-3-pro',
  });
  await ask(proxy, { request: first });
  await ask(proxy, { request: second });
  for (const request of listRecording(join(root, 'then'))) live(request);
});

function copy(change: (recording: string) => void = () => {}) {
  const folder = join(root, Bun.randomUUIDv7());
  cpSync(join(root, 'then'), folder, { recursive: true });
  change(folder);
  return { from: folder, into: `${folder}-now`, name: basename(folder) };
}

const requests = (recording: string) => listRecording(recording).map(readRecordedRequest);

/** What another translation had sent then. */
const sentOtherwise = (recording: string) =>
  edit(recording, '001-sdk/upstream/02/request.body', (text) => text.replace('hello', 'hullo'));

describe('a recording that is carried over', () => {
  test('by the same code is the same, to the millisecond', async () => {
    const { from, into, name } = copy();
    expect(await carryOver(from, into)).toEqual({ requests: 2, changed: 0, lines: [], lost: 0 });
    const carriedOver = (request: string) => ({ from: `${name}/${request}`, differs: [] });
    const then = requests(from).map((one, index) => ({
      ...one,
      carriedOver: carriedOver(`00${index + 1}-sdk`),
    }));
    expect(requests(into)).toEqual(then);
    const { createdAt: _then, ...made } = readManifest(from);
    expect(readManifest(into)).toMatchObject(made);
    expect(await verifyRecording(into, 2)).toEqual({ requests: 2, problems: [] });
  });

  test('to another translation has what is sent now, with the answers of then, and says so', async () => {
    const { from, into, name } = copy(sentOtherwise);
    expect((await verifyRecording(from, 1)).problems).toHaveLength(1);
    const { lines, ...counts } = await carryOver(from, into);
    expect(counts).toEqual({ requests: 2, changed: 1, lost: 0 });
    const said = 'upstream request 2 is not the recorded one';
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(
          `^001-sdk \\(from ${name}/001-sdk\\) is sent otherwise than then:\\n  ${said}[^]*"hullo" ≠ "hello"`,
        ),
      ),
    ]);
    const [one, two] = requests(into);
    expect(one?.upstream.map(({ request }) => request.body.includes('hullo'))).toEqual([false, false]);
    expect(one?.upstream[1]?.reads).toEqual(requests(from)[0]?.upstream[1]?.reads);
    // Google has answered another request than this one.
    expect([one?.origin, two?.origin]).toEqual(['edited', 'live']);
    expect(one?.carriedOver).toEqual({
      from: `${name}/001-sdk`,
      differs: [expect.stringContaining(said)],
    });
    expect(await verifyRecording(into, 1)).toEqual({ requests: 2, problems: [] });
    const listed = listing({ words: [into], json: false }, root, 0).lines;
    expect(listed[1]).toEndWith(`from ${name}/001-sdk, sent otherwise`);
    expect(listed[2]).toEndWith(`from ${name}/002-sdk`);
  });

  test('where Gemini is asked more often than then loses that request, and invents no answer', async () => {
    const { from, into } = copy((recording) =>
      rmSync(join(recording, '001-sdk/upstream/02'), { recursive: true }),
    );
    expect(await carryOver(from, into)).toEqual({
      requests: 1,
      changed: 0,
      lost: 1,
      lines: ['001-sdk is not carried over: replay: upstream request 2: the recording has only 1'],
    });
    expect(requests(into).map(({ request }) => request.body.includes('bbb'))).toEqual([true]);
  });

  test.each([...DAMAGES])('where $what loses that request, and names it', async ({ damage, told }) => {
    const { from, into } = copy((recording) => damage(join(recording, '001-sdk')));
    const { lines, ...counts } = await carryOver(from, into);
    expect(counts).toEqual({ requests: 1, changed: 0, lost: 1 });
    expect(lines).toEqual([expect.stringMatching(told)]);
  });

  test('goes nowhere where something is already', async () => {
    const { from } = copy();
    await expect(carryOver(from, join(root, 'then'))).rejects.toThrow('is there already');
  });

  test('that is none leaves nothing behind', async () => {
    const into = join(root, Bun.randomUUIDv7());
    await expect(carryOver(join(root, 'nothing'), into)).rejects.toThrow('not a recording');
    expect(existsSync(into)).toBe(false);
  });
});

describe('a client that asks again', () => {
  test('is answered from the recording, and recorded', async () => {
    const { from, into, name } = copy(sentOtherwise);
    let lines: Record<string, unknown>[] = [];
    {
      await using replay = await startProxy({ env: { BACKEND: 'replay', REPLAY: from, RECORD: into } });
      expect(await ask(replay, { request: first })).toContain('answer');
      expect((await replay.send('/v1/messages', asking('c'))).status).toBe(400);
      lines = replay.lines;
    }
    expect(requests(into).map(({ carriedOver }) => carriedOver?.from)).toEqual([`${name}/001-sdk`]);
    const said = lines.map((line) => String(line['msg']));
    expect(said).toContainEqual(expect.stringMatching(/^replay: upstream request 2 is not the recorded one/));
    expect(said).toContainEqual(
      expect.stringMatching(
        /^recorded 1 requests .*; 1 carried over, 1 of them with other requests to Gemini than then;/,
      ),
    );
  });

  test('under faults is not said to have heard Google', async () => {
    const { from, into } = copy();
    const env = { BACKEND: 'replay', REPLAY: from, RECORD: into, FAULTS: 'http-503@1' };
    {
      await using replay = await startProxy({ env });
      await ask(replay, { request: second });
    }
    expect(requests(into).map(({ origin }) => origin)).toEqual(['edited']);
  });
});

describe('bun run record', () => {
  const home = join(root, 'named');
  const then = join(home, 'then');

  test.each([
    ['nothing of a replay', ['--port', '0'], ['--port', '0']],
    ['a path', ['--replay', then], ['--backend', 'replay', '--replay', then]],
    [
      'a name',
      ['--replay=then', '--speed', 'real'],
      ['--backend', 'replay', '--replay', then, '--replay-speed', 'real'],
    ],
    ['a backend', ['--backend', 'replay', '--replay', 'then'], ['--replay', then, '--backend', 'replay']],
  ])('with %s', async (_what, flags, expected) => {
    await Bun.write(join(then, MANIFEST), '{}');
    expect(recordFlags(flags, home)).toEqual(expected);
  });

  test.each([
    [['--port', '0', '--replay'], '--replay: its value is missing; write --replay <value>'],
    [['--replay', '--port', '0'], '--replay: its value is missing; write --replay <value>'],
    [['--replay', 'nope'], 'nope: there is no such recording; bun run recordings lists them'],
  ])('%j is refused', (flags, message) => {
    expect(() => recordFlags(flags, home)).toThrow(new ArgumentError(message));
  });
});

test('the times of reads are those of then', async () => {
  const { from, into } = copy();
  await carryOver(from, into);
  const file = '001-sdk/upstream/02/stream.jsonl';
  expect(readFileSync(join(into, file), 'utf8')).toBe(readFileSync(join(from, file), 'utf8'));
  expect(readFileSync(join(from, file), 'utf8')).toContain('[700,');
});
