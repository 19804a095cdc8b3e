import { afterAll, describe, expect, test } from 'bun:test';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdoptOptions, adopt } from '../../../scripts/turns/adopt.ts';
import { verifyRecording } from '../../../src/compose/verify-recording.ts';
import { linearPattern } from '../../../src/lib/linear-pattern.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { writeRecordedRequest } from '../../../src/sim/cassette/write.ts';
import { foldEvents } from '../../../src/translate/response/message.ts';
import { sealEnvelope } from '../../../src/translate/signatures.ts';
import { readEvents } from '../../support/answers/events.ts';
import { googleError, googleStream, startProxy, textChunk } from '../../support/proxy.ts';
import {
  event,
  onlyRequest,
  pieces,
  recordingProxy,
  streamed,
  type UpstreamPlay,
} from '../../support/recording.ts';
import { differences } from '../../support/turns/compare.ts';
import { runTurn } from '../../support/turns/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'adopt-'));
afterAll(() => rmSync(folder, { recursive: true }));

const acme = { kind: 'own-pattern', find: linearPattern('ACME-\\d+').find };

const TURNS = join(folder, 'turns');

const tool = (name: string) => ({
  name,
  description: `The tool ${name}. ${'It does a lot. '.repeat(40)}`,
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
});

/** A long conversation, of which most has nothing to do with what goes wrong. */
const LONG_REQUEST = {
  model: 'claude-opus-5-5',
  max_tokens: 1000,
  stream: true,
  system: [{ type: 'text', text: 'You are a helper. '.repeat(200) }],
  tools: ['Read', 'Write', 'Bash', 'Grep'].map(tool),
  messages: [
    { role: 'user', content: 'First question, ask ada@example.com.' },
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: '/a' } }],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'x '.repeat(3000) }] },
    { role: 'assistant', content: 'An answer.' },
    { role: 'user', content: 'And now?' },
  ],
};

const ASKED_ONCE = [{ role: 'user', content: 'Are you there?' }];

const BROKEN: Fetch = async () =>
  new Response(`${await googleStream(textChunk('Half an ans')).text()}data: {"candidates": oops}\r\n\r\n`, {
    headers: { 'content-type': 'text/event-stream' },
  });

/** Serves one request with the recorder on; returns the folder of the recording. */
async function record(name: string, upstream: Fetch, body: object): Promise<string> {
  const recording = join(folder, 'recordings', name);
  await using proxy = await startProxy({ fetch: upstream, env: { RECORD: recording } });
  await (await proxy.send('/v1/messages', body)).text();
  return recording;
}

const options = (recording: string, name: string, more: Partial<AdoptOptions> = {}): AdoptOptions => ({
  recording,
  request: '1',
  turns: TURNS,
  name,
  secrets: [],
  whole: false,
  ...more,
});

describe('a request that fared as the settings of then had it', () => {
  const busy = () => googleError(503, 'UNAVAILABLE', 'This model is currently experiencing high demand.');
  const missing = () => googleError(404, 'NOT_FOUND', 'models/gemini-4-argon is not found.');
  const answer = () => googleStream(textChunk('Here I am.', 'STOP'));
  const inTurn = (...replies: readonly (() => Response)[]): Fetch => {
    let asked = 0;
    return async () => (replies[asked++] ?? answer)();
  };

  test.each([
    ['several retries', 'several-retries', inTurn(busy, busy), ['maxTries', 'modelFallbacks'], 3],
    ['another model', 'other-model', inTurn(missing), ['maxTries', 'modelFallbacks'], 2],
    ['one retry', 'one-retry', inTurn(busy), [], 2],
  ])('is a turn with %s', async (_what, name, upstream, settings, asked) => {
    const recording = await record(name, upstream, { ...LONG_REQUEST, messages: ASKED_ONCE });
    const { folder: turn } = await adopt(options(recording, name));
    const recorded = readRecordedRequest(turn);
    expect(recorded.upstream).toHaveLength(asked);
    expect(new TextDecoder().decode(recorded.answer.bytes)).toContain('Here I am.');
    expect(Object.keys(recorded.settings ?? {}).sort()).toEqual(settings);
    expect(differences(recorded, await runTurn(recorded))).toBe('');
  });
});

describe('a recorded failure', () => {
  test('becomes a small turn that passes as it is', async () => {
    const recording = await record('broken', BROKEN, LONG_REQUEST);
    const { folder: turn } = await adopt(options(recording, 'broken-event'));
    const recorded = readRecordedRequest(turn);
    expect(differences(recorded, await runTurn(recorded))).toBe('');
    const { messages, tools, system } = JSON.parse(recorded.request.body);
    expect({ messages: messages.length, tools, system }).toEqual({
      messages: 1,
      tools: undefined,
      system: undefined,
    });
  });

  test('says what it said: the same answer, the same bytes of upstream', async () => {
    const recording = await record('same', BROKEN, LONG_REQUEST);
    const [name = ''] = readdirSync(recording).filter((entry) => entry.startsWith('001'));
    const before = readRecordedRequest(join(recording, name));
    const { recorded } = await adopt(options(recording, 'same-answer'));
    expect(recorded.answer.bytes).toEqual(before.answer.bytes);
    expect(recorded.upstream.map(({ reads }) => reads)).toEqual(before.upstream.map(({ reads }) => reads));
    expect(new TextDecoder().decode(recorded.answer.bytes)).toContain('overloaded_error');
  });

  test('of a live session is marked as edited', async () => {
    const recording = await record('origin', BROKEN, LONG_REQUEST);
    expect((await adopt(options(recording, 'origin'))).recorded.origin).toBe('edited');
  });

  test.each([
    [
      'a key that is known now',
      'First question, ask',
      { secrets: ['First question'] },
      /request\.body, byte \d+ \(secret\)/,
    ],
    ['a pattern of the user', 'ticket ACME-1234', { own: [acme] }, /\(own-pattern\): .*ticket xxxx/],
    ['something named as a secret', 'api_key = abcd1234efgh5678', {}, /\(named-as-secret\)/],
  ])('with %s is not adopted: where it stands is shown, and not what', async (_name, text, more, shown) => {
    const name = `stops-${_name.replaceAll(' ', '-')}`;
    const messages = [{ role: 'user', content: `${text} is it` }];
    const recording = await record(name, BROKEN, { ...LONG_REQUEST, messages });
    const failure = await adopt(options(recording, name, more)).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failure).toMatch(shown);
    expect(failure).toContain('--blot');
    expect(failure).not.toMatch(/First question|ACME-1234|abcd1234/);
    expect(existsSync(join(TURNS, name))).toBe(false);
    const { recorded } = await adopt(options(recording, name, { ...more, blot: true }));
    expect(recorded.request.body).not.toMatch(/First question|ACME-1234|abcd1234/);
  });

  test('is redacted again, with what is known now', async () => {
    const recording = await record('secret', BROKEN, LONG_REQUEST);
    const { folder: turn, notes } = await adopt(
      options(recording, 'secret', { whole: true, secrets: ['First question'], blot: true }),
    );
    const files = readdirSync(turn, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.\w+$/.test(path),
    );
    const texts = files.map((path) => readFileSync(join(turn, path), 'utf8')).join('\n');
    expect(texts).not.toContain('First question');
    expect(texts).not.toContain('ada@example.com');
    expect(notes.join()).toContain('blotted out');
  });

  test('can be kept as large as it was', async () => {
    const recording = await record('whole', BROKEN, LONG_REQUEST);
    const { recorded } = await adopt(options(recording, 'whole', { whole: true }));
    expect(JSON.parse(recorded.request.body).messages).toHaveLength(LONG_REQUEST.messages.length);
  });

  test('overwrites nothing', async () => {
    const recording = await record('twice', BROKEN, LONG_REQUEST);
    const { folder: turn } = await adopt(options(recording, 'twice'));
    const before = readFileSync(join(turn, 'meta.json'), 'utf8');
    expect(adopt(options(recording, 'twice'))).rejects.toThrow('is there already');
    expect(readFileSync(join(turn, 'meta.json'), 'utf8')).toBe(before);
  });

  test.each([
    ['../escape', '1', 'lower-case'],
    ['missing', '7', 'it holds 001-'],
  ])('case %j of request %j: refused, and nothing is written', async (name, request, problem) => {
    const recording = await record(`refused-${request}`, BROKEN, LONG_REQUEST);
    expect(adopt(options(recording, name, { request }))).rejects.toThrow(problem);
    expect(existsSync(join(TURNS, name))).toBe(false);
  });
});

describe('what a failure hangs on stays', () => {
  test('a refusal of Google’s keeps the structure of the request, and loses long texts', async () => {
    const recording = await record(
      'refusal',
      async () => googleError(400, 'INVALID_ARGUMENT', 'Something is wrong with tool 3.'),
      LONG_REQUEST,
    );
    const { recorded } = await adopt(options(recording, 'refusal'));
    const body = JSON.parse(recorded.request.body);
    expect(body.tools).toHaveLength(4);
    expect(body.messages).toHaveLength(5);
    expect(recorded.request.body.length).toBeLessThan(JSON.stringify(LONG_REQUEST).length / 4);
  });

  test('a call keeps the tool that it names', async () => {
    const calls: Fetch = async () =>
      googleStream({
        candidates: [
          {
            index: 0,
            content: { role: 'model', parts: [{ functionCall: { name: 'Bash', args: { path: '/' } } }] },
            finishReason: 'STOP',
          },
        ],
      });
    const recording = await record('call', calls, LONG_REQUEST);
    const { recorded } = await adopt(options(recording, 'call'));
    const { tools } = JSON.parse(recorded.request.body);
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(['Bash']);
  });

  test('a signature that the store knew then is known to the turn', async () => {
    const recording = await record('plain', BROKEN, LONG_REQUEST);
    const [name = ''] = readdirSync(recording).filter((entry) => entry.startsWith('001'));
    const before = readRecordedRequest(join(recording, name));
    const signature = Buffer.from('a signature').toString('base64');
    const { keyFingerprint } = before;
    const place = { on: 'call', toolId: 'toolu_1' } as const;
    const envelope = sealEnvelope({ family: 'gemini-4', keyFingerprint, place, signature });
    const signed = { ...before, signatures: before.signatures.map(([, ...rest]) => [envelope, ...rest]) };
    await writeRecordedRequest(join(folder, 'recordings/signed/001-main'), signed);
    copyFileSync(join(recording, 'recording.json'), join(folder, 'recordings/signed/recording.json'));
    const { recorded } = await adopt(options(join(folder, 'recordings/signed'), 'signed', { whole: true }));
    expect(recorded.upstream[0]?.request.body).toContain(signature);
  });
});

test('the prompt that the client was told the size of keeps that size, however small the turn is made', async () => {
  const long = 'word '.repeat(1_000);
  const recording = join(folder, 'recordings/estimate');
  const late: UpstreamPlay = pieces({ waitMs: 9_000 }, event(textChunk('late', 'STOP')));
  const messages = [
    { role: 'user', content: long },
    { role: 'assistant', content: long },
    { role: 'user', content: 'hello' },
  ];
  {
    await using proxy = await recordingProxy(recording, [late]);
    await (await proxy.send('/v1/messages', { ...streamed, messages })).text();
  }
  const before = onlyRequest(recording);
  const { recorded } = await adopt(options(recording, 'estimate'));
  expect(recorded.request.body.length).toBeLessThan(before.request.body.length / 10);
  expect(recorded.answer.bytes).toEqual(before.answer.bytes);
  expect((await runTurn(recorded)).recorded.answer.bytes).toEqual(before.answer.bytes);
});

describe('an answer at whose end the proxy left upstream', () => {
  const GOES_ON = [
    textChunk('One, two, three, ENOUGH'),
    textChunk(' four, five.'),
    textChunk(' Six.', 'STOP'),
  ];
  const goesOn: Fetch = async () => googleStream(...GOES_ON);
  // The checks that all turns must pass.
  const asking = (recorded: RecordedRequest, stream: boolean) => {
    const body = JSON.stringify({ ...JSON.parse(recorded.request.body), stream });
    return { ...recorded, request: { ...recorded.request, body } };
  };

  test.each([
    ['a stop sequence, as a stream', { stop_sequences: ['ENOUGH'] }],
    ['a stop sequence, whole', { stop_sequences: ['ENOUGH'], stream: false }],
    ['max_tokens, as a stream', { max_tokens: 3 }],
    ['max_tokens, whole', { max_tokens: 3, stream: false }],
  ])('%s: is a turn that passes as a stream and whole', async (name, asked) => {
    const recording = await record(name, goesOn, { ...LONG_REQUEST, ...asked });
    const { recorded } = await adopt(options(recording, name.replaceAll(/[^a-z]+/g, '-')));
    expect(recorded.upstream.map(({ end }) => `${end.kind} by ${end.side}`)).toEqual(['abort by proxy']);
    expect(differences(recorded, await runTurn(recorded))).toBe('');
    const [stream, whole] = [await runTurn(asking(recorded, true)), await runTurn(asking(recorded, false))];
    const { answer } = whole.recorded;
    expect(JSON.parse(new TextDecoder().decode(answer.bytes))).toEqual(
      foldEvents(readEvents(stream.recorded.answer.bytes)),
    );
    expect((await verifyRecording(recording, 1)).problems).toEqual([]);
  });
});
