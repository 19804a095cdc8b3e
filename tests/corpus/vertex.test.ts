/** Recorded traffic of Vertex AI, read as `BACKEND=vertex` reads it. */
import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../src/gemini/errors.ts';
import { failureClass } from '../../src/gemini/failure.ts';
import type { FailureClass } from '../../src/gemini/failure-class.ts';
import { vertexCountBody, vertexMeaning } from '../../src/gemini/vertex.ts';
import { canonicalJson } from '../../src/lib/json.ts';
import { hasCorpus, recordings } from '../support/corpus/corpus.ts';
import { recordedBackend, testExchange } from '../support/corpus/recorded-backend.ts';

const all = recordings('gemini').filter(({ request }) => /vertex|aiplatform/.test(request.host));
const signal = new AbortController().signal;

/** What each kind of recorded error means, by words of its body. */
const MEANINGS: readonly (readonly [RegExp, FailureClass])[] = [
  [
    /CREDENTIALS_MISSING|ACCESS_TOKEN_TYPE|IAM_PERMISSION_DENIED|SERVICE_DISABLED|API_KEY_INVALID/,
    'credentials',
  ],
  [/Publisher Model|is not found for API version/, 'model-missing'],
  [/input token count/, 'context-overflow'],
  [/Resource has been exhausted/, 'quota-minute'],
  [/location is not supported/, 'region'],
  [/thumbnailer/, 'media'],
  [/valid role/, 'request'],
];

describe.skipIf(!hasCorpus)('recorded errors of Vertex AI', () => {
  for (const recording of all.filter(({ kind }) => kind === 'error')) {
    test(recording.id, async () => {
      const call = { model: recording.model, body: '{}', stream: false };
      const error = await recordedBackend(recording)
        .generate(call, testExchange, signal)
        .catch((failure: unknown) => failure);
      if (!(error instanceof UpstreamError)) throw new Error('no error came');
      const expected = MEANINGS.find(([words]) => words.test(recording.response.body))?.[1];
      if (!expected) throw new Error('nothing is expected of this error');
      expect(vertexMeaning(error) ?? failureClass(error)).toBe(expected);
    });
  }
});

describe.skipIf(!hasCorpus)('recorded bodies of counts', () => {
  for (const recording of all.filter(({ kind }) => kind === 'count_tokens')) {
    test(`${recording.id} is sent whole`, () => {
      const body = JSON.stringify(recording.request.body);
      expect(canonicalJson(JSON.parse(vertexCountBody(body)))).toBe(canonicalJson(JSON.parse(body)));
    });
  }
});
