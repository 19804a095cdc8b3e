/** On well-formed streams Google's own SDK reads the same as our frames: a comparison with code that is not ours. */
import { describe, expect, test } from 'bun:test';
import { GoogleGenAI } from '@google/genai/web';
import type { Frame } from '../../src/gemini/frames.ts';
import { decodeSlices } from '../support/answers/answer.ts';
import { hasCorpus, type Recording, recordings } from '../support/corpus/corpus.ts';

/** Fields that the SDK passes on unchanged; it drops others (wire section 2). */
// biome-ignore lint/suspicious/noExplicitAny: chunks of either reader
const comparable = (chunk: any) => ({
  contents: (chunk.candidates ?? []).map((candidate: { content?: unknown }) => candidate.content),
  finishes: (chunk.candidates ?? []).map((candidate: { finishReason?: string }) => candidate.finishReason),
  usage: chunk.usageMetadata,
  feedback: chunk.promptFeedback,
});

async function sdkChunks(recording: Recording): Promise<unknown[]> {
  const models = new GoogleGenAI({ apiKey: 'test-key', vertexai: false, apiVersion: 'v1beta' }).models;
  const stream = await models.generateContentStream({
    model: 'gemini-2.5-flash',
    contents: '.',
    config: {
      automaticContinuation: false,
      httpOptions: {
        fetch: async () =>
          new Response(recording.response.body, { headers: { 'content-type': 'text/event-stream' } }),
      },
    },
  });
  const chunks: unknown[] = [];
  for await (const chunk of stream) chunks.push(comparable(chunk));
  return chunks;
}

/** Streams that any reader can read: whole events only, each ended by a blank line, without errors. */
function isWellFormed(frames: readonly Frame[], body: string): boolean {
  const clean = frames.every((f) => (f.kind === 'content' || f.kind === 'usage') && f.repairs === undefined);
  return clean && /(\r\n\r\n|\n\n)$/.test(body);
}

const streams = recordings('gemini').filter(({ kind }) => kind === 'stream');

describe.skipIf(!hasCorpus)("the SDK's own parse agrees", () => {
  let compared = 0;
  for (const recording of streams) {
    const frames = decodeSlices([new TextEncoder().encode(recording.response.body)]);
    if (!isWellFormed(frames, recording.response.body)) continue;
    compared++;
    test(recording.id, async () => {
      const ours = frames.flatMap((f) =>
        f.kind === 'content' || f.kind === 'usage' ? [comparable(f.chunk)] : [],
      );
      expect(await sdkChunks(recording)).toEqual(ours);
    });
  }

  test('most recorded streams are well-formed', () => {
    expect(compared).toBeGreaterThan(340);
  });
});
