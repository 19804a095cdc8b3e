import { expect, test } from 'bun:test';
import { toGeminiRequest } from '../../src/translate/request/index.ts';
import { isRoutine } from '../../src/translate/warnings.ts';
import { contextFor, requestOf } from '../support/translation.ts';

test.each<[string, object, boolean, string?]>([
  [
    'the clamp of max_tokens, which Claude Code causes each time',
    { max_tokens: 128_000 },
    true,
    'gemini-2.0-flash',
  ],
  ['a clamp of more than any model gives', { max_tokens: 9_000_000 }, false],
  ['the clamp of anything else', { top_k: 1_000 }, false],
  ['a field that has no counterpart', { service_tier: 'gold' }, false],
])('%s', (_what, change, routine, ...[model]) => {
  const { warnings } = toGeminiRequest(requestOf(change), contextFor(model));
  expect(warnings.map(({ code, path, detail }) => isRoutine(code, path, detail))).toEqual([routine]);
});
