/** What is cut of a turn on request: of what upstream said, and of a request that Google refused. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdoptOptions, adopt } from '../../../scripts/turns/adopt.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { textOf } from '../../../src/sim/cassette/escape.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { googleError, googleStream, startProxy, textChunk } from '../../support/proxy.ts';
import { ask, event, pieces, recordingProxy, streamed as short } from '../../support/recording.ts';
import { differences } from '../../support/turns/compare.ts';
import { runTurn } from '../../support/turns/run.ts';

const streamed = { ...short, max_tokens: 4_096 };

const folder = mkdtempSync(join(tmpdir(), 'trim-'));
afterAll(() => rmSync(folder, { recursive: true }));

const adopted = async (recording: string, name: string, more: Partial<AdoptOptions>) => {
  const turns = join(folder, 'turns');
  return adopt({ recording, request: '1', turns, name, secrets: [], whole: false, ...more });
};

const bytesOf = ({ upstream }: RecordedRequest) =>
  upstream.map(({ reads }) => Buffer.concat(reads.map((read) => read.bytes)));
const said = (recorded: RecordedRequest) => textOf(recorded.answer.bytes);

const part = (parts: object[], finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}) }],
});
const CALL = { functionCall: { name: 'Bash', args: { command: `echo ${'long '.repeat(60)}` } } };
const MANY = Array.from({ length: 12 }, (_, index) => textChunk(`Piece ${index} of a long sentence. `));
const LONG = part([{ text: `“${'Ünd so weiter. '.repeat(20)}` }]);

async function record(name: string, ...chunks: object[]): Promise<string> {
  const recording = join(folder, 'recordings', name);
  await using proxy = await recordingProxy(recording, [pieces(...chunks.map((chunk) => event(chunk)))]);
  const tools = [
    { name: 'Bash', input_schema: { type: 'object', properties: { command: { type: 'string' } } } },
  ];
  await ask(proxy, { request: { ...streamed, tools } });
  return recording;
}

describe('--trim-upstream', () => {
  test('leaves out what changes nothing of the story, and shortens long texts', async () => {
    const recording = await record('story', ...MANY, LONG, part([CALL]), part([], 'STOP'));
    const { recorded } = await adopted(recording, 'story', { trimUpstream: true });
    const [body = Buffer.alloc(0)] = bytesOf(recorded);
    expect(body.length).toBeLessThan(1_500);
    expect(recorded.upstream[0]?.reads.length).toBeLessThanOrEqual(3);
    expect(said(recorded)).toContain('"type":"text_delta"');
    expect(said(recorded)).toContain('"name":"Bash"');
    expect(said(recorded)).toContain('"stop_reason":"tool_use"');
    expect(recorded.origin).toBe('edited');
    expect(recorded.edited).toEqual(['upstream/01/stream.jsonl']);
    expect(differences(recorded, await runTurn(recorded))).toBe('');
  });

  test('without it no byte of upstream goes', async () => {
    const recording = await record('untouched', ...MANY, part([CALL], 'STOP'));
    const [whole, cut] = [
      await adopted(recording, 'untouched', {}),
      await adopted(recording, 'touched', { trimUpstream: true }),
    ];
    expect(bytesOf(whole.recorded)[0]?.length).toBeGreaterThan(bytesOf(cut.recorded)[0]?.length ?? 0);
    expect(said(whole.recorded)).toContain('Piece 11');
  });

  test('keeps what makes it fail: a broken event, and the words of the error', async () => {
    const recording = join(folder, 'recordings', 'broken');
    const broken = 'data: {"candidates": oops}\r\n\r\n';
    const plays = [pieces(...MANY.map((chunk) => event(chunk)), broken)];
    {
      await using proxy = await recordingProxy(recording, plays);
      await ask(proxy, { request: streamed });
    }
    const { recorded } = await adopted(recording, 'broken', { trimUpstream: true });
    expect(bytesOf(recorded)[0]?.toString()).toContain(broken);
    expect(recorded.upstream[0]?.reads.length).toBeLessThanOrEqual(3);
    expect(said(recorded)).toContain('event: error');
  });

  test('keeps what is wanted missing', async () => {
    const recording = await record('wanted', ...MANY, part([{ text: 'the end' }], 'STOP'));
    const fails = { why: 'the end is told', wanted: ['- content_block_delta 0 text_delta "the end"'] };
    const { recorded } = await adopted(recording, 'wanted', { trimUpstream: true, fails });
    expect(said(recorded)).toContain('the end');
    expect(said(recorded)).not.toContain('Piece 3');
  });
});

describe('a request that Google refused, and named the declarations of', () => {
  const tool = (name: string) => ({
    name,
    description: `The tool ${name}.`,
    input_schema: { type: 'object', properties: { path: { type: 'string', format: 'odd' } } },
  });
  const asked = {
    ...streamed,
    system: 'You are a helper. '.repeat(50),
    temperature: 0.5,
    tools: ['Read', 'Write', 'Bash', 'Grep', 'Glob'].map(tool),
  };

  const refused = async (name: string, message: string) => {
    const recording = join(folder, 'recordings', name);
    let times = 0;
    const refusal: Fetch = async () =>
      times++ === 0
        ? googleError(400, 'INVALID_ARGUMENT', message)
        : googleStream(textChunk('Well.', 'STOP'));
    {
      await using proxy = await startProxy({ fetch: refusal, env: { RECORD: recording } });
      await (await proxy.send('/v1/messages', asked)).text();
    }
    const { recorded } = await adopted(recording, name, {});
    const { tools, system, temperature } = JSON.parse(recorded.request.body);
    return {
      tools: tools.map(({ name: of, input_schema }: ReturnType<typeof tool>) => [
        of,
        Object.keys(input_schema),
      ]),
      system,
      temperature,
    };
  };

  test('by its place: those behind go, and those before lose their schemas', async () => {
    const message =
      '* GenerateContentRequest.tools[0].function_declarations[2].parameters.properties[path].format: only some are supported';
    expect(await refused('by-place', message)).toEqual({
      tools: [
        ['Read', ['type']],
        ['Write', ['type']],
        ['Bash', ['type', 'properties']],
      ],
      system: undefined,
      temperature: undefined,
    });
  });

  test('by its name: the others go', async () => {
    const message =
      'Unable to submit request because `Bash` functionDeclaration `parameters.path` schema is wrong.';
    expect((await refused('by-name', message)).tools).toEqual([['Bash', ['type', 'properties']]]);
  });
});
