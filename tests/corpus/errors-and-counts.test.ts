/** Recorded upstream errors become Anthropic's errors; recorded token counts stay the same. */
import { describe, expect, test } from 'bun:test';
import { ERROR_STATUS } from '../../src/anthropic/errors.ts';
import { UpstreamError } from '../../src/gemini/errors.ts';
import { toMessagesError } from '../../src/translate/errors.ts';
import { hasCorpus, recordings } from '../support/corpus/corpus.ts';
import { recordedBackend, testExchange } from '../support/corpus/recorded-backend.ts';

const all = recordings('gemini');
const signal = new AbortController().signal;

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of any shape
function googleError(body: string): any {
  const text = body.replace(/^data: /, '').trim();
  if (!/^[[{]/.test(text)) return undefined;
  const value = JSON.parse(text);
  return (Array.isArray(value) ? value[0] : value).error;
}

describe.skipIf(!hasCorpus)('recorded upstream errors', () => {
  for (const recording of all.filter(({ kind }) => kind === 'error')) {
    test(recording.id, async () => {
      const call = { model: recording.model, body: '{}', stream: recording.request.path.includes('stream') };
      const failure = await recordedBackend(recording)
        .generate(call, testExchange, signal)
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      expect(failure).toBeInstanceOf(UpstreamError);
      const told = googleError(recording.response.body);
      if (told) expect((failure as UpstreamError).google).toMatchObject({ message: told.message });
      const error = toMessagesError(failure);
      expect(ERROR_STATUS[error.type]).toBeGreaterThanOrEqual(400);
      expect(error.status).toBeGreaterThanOrEqual(400);
      // Google's sentence must be complete, except where clients need other words.
      if (told?.message && !/input token count/.test(told.message))
        expect(error.message).toContain(told.message);
    });
  }
});

describe.skipIf(!hasCorpus)('recorded token counts', () => {
  for (const recording of all.filter(({ kind }) => kind === 'count_tokens')) {
    test(recording.id, async () => {
      const counted = recordedBackend(recording).countTokens(recording.model, '{}', testExchange, signal);
      expect(await counted).toBe(JSON.parse(recording.response.body).totalTokens);
    });
  }
});
