/** Recorded answers with a `max_tokens` of exactly the tokens that they took: none may be cut. */
import { describe, expect, test } from 'bun:test';
import { answerFrames, planFor } from '../support/answers/answer.ts';
import { hasCorpus, type Recording, recordings } from '../support/corpus/corpus.ts';
import { readIndependently } from '../support/corpus/independent-reading.ts';
import { recordedFrames } from '../support/corpus/recorded-backend.ts';

/** A vendor's samples that were edited by hand: their last count is lower than an earlier one. */
const LAST_COUNT_IS_A_STEP: ReadonlySet<string> = new Set([
  'gem-genai-swift-streaming-success-code-execution-ce7f9c',
]);

function taken(recording: Recording): number {
  const { usage } = readIndependently(recording.response.body);
  return Number(usage?.['candidatesTokenCount'] ?? 0);
}

async function answered(recording: Recording, maxTokens: number) {
  const names = readIndependently(recording.response.body).calls.map(({ name }) => name);
  return (await answerFrames(recordedFrames(recording), planFor(names, { maxTokens }))).events;
}

const counted = recordings('gemini')
  .filter(({ kind, id }) => (kind === 'stream' || kind === 'json') && !LAST_COUNT_IS_A_STEP.has(id))
  .filter((recording) => taken(recording) > 0);

describe.skipIf(!hasCorpus)('max_tokens', () => {
  test('is tried on what was recorded', () => {
    expect(counted.length).toBeGreaterThan(400);
  });

  test.each(counted.map((recording) => [recording.id, recording] as const))(
    '%s: is not cut',
    async (_id, recording) => {
      expect(await answered(recording, taken(recording))).toEqual(
        await answered(recording, Number.MAX_SAFE_INTEGER),
      );
    },
  );
});
