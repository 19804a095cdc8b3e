import { describe, expect, test } from 'bun:test';
import { type GenerateContentResponse, GoogleGenAI } from '@google/genai/web';
import type { UpstreamError } from '../../src/gemini/errors.ts';
import type { Frame } from '../../src/gemini/frames.ts';
import type { Fetch } from '../../src/lib/ports.ts';
import { hasCorpus, type Recording, recordings } from '../support/corpus/corpus.ts';
import { backendAt, exchange } from '../support/google/upstream.ts';

const never = new AbortController().signal;
const all = recordings('gemini');
const ofKind = (kind: Recording['kind']) => all.filter((recording) => recording.kind === kind);

const respond = ({ response }: Recording): Response =>
  new Response(response.body, {
    status: response.status,
    headers: { 'content-type': response.headers['content-type'] ?? 'text/event-stream' },
  });

const backendFor = (recording: Recording) => {
  const fetch: Fetch = async () => respond(recording);
  return backendAt('http://127.0.0.1:1', { fetch });
};

async function framesOf(recording: Recording, stream: boolean): Promise<Frame[]> {
  const request = { model: 'any', body: '{}', stream };
  const { frames } = await backendFor(recording).generate(request, exchange, never);
  return (await Array.fromAsync(frames)).flat();
}

type Chunk = Pick<GenerateContentResponse, 'candidates' | 'usageMetadata' | 'promptFeedback'>;

/** The parts of a chunk that both the SDK and we keep; the SDK drops other fields of candidates. */
const essence = (chunk: Chunk) =>
  JSON.parse(
    JSON.stringify({
      candidates: chunk.candidates?.map(({ content, finishReason, index }) => ({
        content,
        finishReason,
        index,
      })),
      usage: chunk.usageMetadata,
      feedback: chunk.promptFeedback,
    }),
  );

/** The SDK's own reading of the same bytes; undefined where it gives up. */
async function sdkReading(recording: Recording): Promise<unknown[] | undefined> {
  const fetch = async () => respond(recording);
  const { models } = new GoogleGenAI({
    apiKey: 'any',
    vertexai: false,
    httpOptions: { baseUrl: 'http://127.0.0.1:1' },
  });
  const config = { httpOptions: { fetch }, automaticContinuation: false };
  try {
    const chunks = await Array.fromAsync(
      await models.generateContentStream({ model: 'any', contents: '.', config }),
    );
    return chunks.map(essence);
  } catch {
    return undefined;
  }
}

describe.skipIf(!hasCorpus)('real recordings', () => {
  test('every error body: its status and sentence are kept', async () => {
    expect(ofKind('error').length).toBeGreaterThan(0);
    for (const recording of ofKind('error')) {
      const { status, body } = recording.response;
      const error: UpstreamError = await backendFor(recording)
        .generate({ model: 'any', body: '{}', stream: true }, exchange, never)
        .then(
          () => expect.unreachable(recording.id),
          (caught: unknown) => caught as UpstreamError,
        );
      const said = JSON.parse(body).error;
      expect({ id: recording.id, kind: error.kind, status: error.status, message: error.message }).toEqual({
        id: recording.id,
        kind: 'status',
        status,
        message: said.message,
      });
      expect(error.google).toEqual(said);
    }
  });

  test('every token count is read', async () => {
    expect(ofKind('count_tokens').length).toBeGreaterThan(0);
    for (const recording of ofKind('count_tokens')) {
      const count = await backendFor(recording).countTokens('any', '{"contents":[]}', exchange, never);
      expect(count).toBe(JSON.parse(recording.response.body).totalTokens);
    }
  });

  test('every answer in one piece (an object, or an array of them) comes as its chunks, unchanged', async () => {
    expect(ofKind('json').length).toBeGreaterThan(0);
    for (const recording of ofKind('json')) {
      const chunks = (await framesOf(recording, false)).map((frame) => 'chunk' in frame && frame.chunk);
      expect(chunks, recording.id).toEqual([JSON.parse(recording.response.body)].flat());
    }
  });

  test("where the SDK can read a stream, our frames are the SDK's chunks", async () => {
    let agreed = 0;
    for (const recording of ofKind('stream')) {
      const theirs = await sdkReading(recording);
      if (!theirs) continue;
      const ours = (await framesOf(recording, true)).flatMap((frame) =>
        'chunk' in frame ? [essence(frame.chunk as Chunk)] : [],
      );
      expect(ours, recording.id).toEqual(theirs);
      agreed++;
    }
    expect(agreed).toBeGreaterThan(ofKind('stream').length * 0.9);
  });
});
