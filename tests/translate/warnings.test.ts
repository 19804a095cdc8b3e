import { expect, test } from 'bun:test';
import { toGeminiRequest } from '../../src/translate/request/index.ts';
import { isRoutine } from '../../src/translate/warnings.ts';
import { contextFor, requestOf } from '../support/translation.ts';

test.each([
  ['the clamp of max_tokens, which Claude Code causes each time', { max_tokens: 2_000_000 }, true],
  ['the clamp of anything else', { top_k: 1_000 }, false],
  ['a field that has no counterpart', { service_tier: 'gold' }, false],
])('%s', (_what, change, routine) => {
  const { warnings } = toGeminiRequest(requestOf(change), contextFor());
  expect(warnings.map(({ code, path }) => isRoutine(code, path))).toEqual([routine]);
});
