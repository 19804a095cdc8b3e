/** The turn of a bug that is not mended yet. */
import { afterAll, describe, expect, test } from 'bun:test';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adopt } from '../../../scripts/turns/adopt.ts';
import { blessRequest } from '../../../scripts/turns/bless.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { sha256 } from '../../../src/sim/cassette/meta.ts';
import { readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import type { KnownFailure, RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { writeTurn } from '../../../src/sim/cassette/write.ts';
import { googleStream, startProxy } from '../../support/proxy.ts';
import { TURNS } from '../../support/turns/folder.ts';
import { stillFailing } from '../../support/turns/known-failure.ts';
import { runTurn } from '../../support/turns/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'known-failures-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CALL = readRecordedRequest(join(TURNS, 'call-3'));
const said = (recorded: RecordedRequest) => new TextDecoder().decode(recorded.answer.bytes);
const answering = (recorded: RecordedRequest, text: string): RecordedRequest => ({
  ...recorded,
  answer: { ...recorded.answer, bytes: new TextEncoder().encode(text) },
});
const failing = (fails: Partial<KnownFailure>, recorded = CALL): RecordedRequest => ({
  ...recorded,
  fails: { why: 'it is wrong', ...fails },
});
const OTHER = answering(CALL, said(CALL).replaceAll('tool_use"', 'a_tool_use"'));

describe('a turn that is known to fail', () => {
  test.each<[string, RecordedRequest, RegExp | undefined]>([
    [
      'its answer is the one with the bug',
      failing({ saw: sha256(CALL.answer.bytes) }),
      /does not say yet what is wanted/,
    ],
    ['another answer is written than comes', failing({}, OTHER), /- content_block_start 1 a_tool_use/],
    ['the answer is written that comes', failing({}), undefined],
    [
      'a line is there that must be',
      failing({ wanted: ['+ message_delta delta.stop_reason "tool_use"'] }),
      undefined,
    ],
    [
      'a line is missing',
      failing({ wanted: ['+ message_delta delta.stop_reason "end_turn"'] }),
      /\+ message_delta.*end_turn/,
    ],
    [
      'a line is there that must not',
      failing({ wanted: ['- message_stop', '- error'] }),
      /\n {2}- message_stop\n(?! {2}- error)/,
    ],
    ['words are no half words', failing({ wanted: ['- message_sto'] }), undefined],
    ['the status is as wanted', failing({ wanted: ['+ HTTP 200'] }), undefined],
    ['a value is sent', failing({ wanted: ['+ sent 1 contents[0].role "user"', '- sent 2'] }), undefined],
    [
      'a value below a place is sent',
      failing({ wanted: ['- sent 1 contents'] }),
      /sent 1 contents\[0\]\.role "user"/,
    ],
  ])('where %s', async (_where, recorded, expected) => {
    const why = stillFailing(recorded, await runTurn(recorded));
    if (expected === undefined) expect(why).toBeUndefined();
    else expect(why).toMatch(expected);
  });

  const filesOf = (turn: string) =>
    readdirSync(turn, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(turn, file)).isFile())
      .map((file) => [file, readFileSync(join(turn, file), 'utf8')]);

  test('is left alone by bless, which says why it fails', async () => {
    const turn = join(folder, 'kept');
    await writeTurn(turn, failing({}, OTHER));
    const before = filesOf(turn);
    const blessing = await blessRequest(turn);
    expect(filesOf(turn)).toEqual(before);
    expect(blessing).toMatchObject({ changes: '', problems: [] });
    expect(blessing.failing).toContain('it is wrong');
  });

  test.each([
    ['the answer that is written', {}],
    ['the lines that are wanted', { wanted: ['- error'] }],
  ])('loses its mark in bless once today’s code gives %s', async (_what, fails) => {
    const turn = join(folder, `mended-${Object.keys(fails).length}`);
    await writeTurn(turn, failing(fails));
    const { changes, failing: still } = await blessRequest(turn);
    expect(still).toBeUndefined();
    expect(changes).toContain('passes now');
    expect(readRecordedRequest(turn)).toEqual(CALL);
  });

  test('keeps what was sent out of it: goldens of a mended bug are those of the mended code', async () => {
    const turn = join(folder, 'sent');
    const upstream = CALL.upstream.map((exchange) => ({
      ...exchange,
      request: { ...exchange.request, body: '{"contents":[]}' },
    }));
    await writeTurn(turn, { ...failing({ wanted: ['- error'] }), upstream });
    await blessRequest(turn);
    expect(readRecordedRequest(turn)).toEqual(CALL);
  });

  test('is not readable with a line that is neither wanted nor unwanted', async () => {
    const turn = join(folder, 'wrong');
    await writeTurn(turn, failing({ wanted: ['message_stop'] }));
    expect(() => readRecordedRequest(turn)).toThrow('/fails/wanted/0');
  });
});

const tool = (name: string, ...args: string[]) => ({
  name,
  description: `The tool ${name}. ${'It does a lot. '.repeat(40)}`,
  input_schema: {
    type: 'object',
    properties: Object.fromEntries(args.map((arg) => [arg, { type: 'string', description: `The ${arg}` }])),
    required: args,
  },
});

const CALLS: Fetch = async () =>
  googleStream({
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts: [{ functionCall: { name: 'Bash', args: { command: 'ls' } } }] },
        finishReason: 'STOP',
      },
    ],
  });

describe('adopt of a request that shows a bug', () => {
  const recording = join(folder, 'recording');
  const asked = {
    model: 'claude-opus-5-5',
    max_tokens: 1000,
    stream: true,
    temperature: 0.5,
    system: 'You are a helper. '.repeat(200),
    tools: [tool('Read', 'path'), tool('Bash', 'command', 'timeout_ms'), tool('Grep', 'pattern')],
    messages: [{ role: 'user', content: 'List the files.' }],
  };
  const adopted = async (name: string, fails: { why: string; wanted?: string[] }) => {
    if (!existsSync(recording)) {
      await using proxy = await startProxy({ fetch: CALLS, env: { RECORD: recording } });
      await (await proxy.send('/v1/messages', asked)).text();
    }
    const turns = join(folder, 'turns');
    return adopt({ recording, request: '1', turns, name, secrets: [], whole: false, title: 'A list', fails });
  };

  test('marks the turn with the reason, its title, and the answer with the bug', async () => {
    const { recorded, folder: turn } = await adopted('marked', { why: 'it should not call' });
    const again = readRecordedRequest(turn);
    expect(again.title).toBe('A list');
    expect(again.fails).toEqual({ why: 'it should not call', saw: sha256(recorded.answer.bytes) });
  });

  test('keeps what its mending may need: the tool and the arguments that Gemini names, and the settings', async () => {
    const { recorded } = await adopted('named', { why: 'it should not call' });
    const { system: _system, messages: _messages, ...kept } = JSON.parse(recorded.request.body);
    const command = { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] };
    expect(kept).toEqual({
      model: 'claude-opus-5-5',
      max_tokens: 1000,
      stream: true,
      temperature: 0.5,
      tools: [{ name: 'Bash', input_schema: command }],
    });
  });

  test('keeps the structure where what is sent is wanted otherwise', async () => {
    const wanted = ['- sent 1 tools[0].functionDeclarations[0].description'];
    const { recorded } = await adopted('structure', { why: 'no descriptions', wanted });
    expect(JSON.parse(recorded.request.body).tools).toHaveLength(3);
  });

  test('refuses what is as it should be, and writes nothing', async () => {
    const result = adopted('no-bug', {
      why: 'none',
      wanted: ['+ message_delta delta.stop_reason "tool_use"'],
    });
    expect(result).rejects.toThrow('does already what is wanted');
    await result.catch(() => undefined);
    expect(existsSync(join(folder, 'turns/no-bug'))).toBe(false);
  });
});

test('a turn of a bug that somebody marks by hand is kept as well', async () => {
  const turn = join(folder, 'by-hand');
  cpSync(join(TURNS, 'call-3'), turn, { recursive: true });
  const meta = join(turn, 'meta.json');
  writeFileSync(
    meta,
    readFileSync(meta, 'utf8').replace(
      '{',
      '{"fails":{"why":"no call","wanted":["- content_block_start 1"]},',
    ),
  );
  expect((await blessRequest(turn)).failing).toContain('no call');
});
