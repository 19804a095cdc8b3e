/** Every file of the corpus can be read. The other tests do without those that cannot. */
import { expect, test } from 'bun:test';
import { bugCases } from '../support/corpus/bug-cases.ts';
import { badFiles, claudeCodeRequests, hasCorpus, recordings } from '../support/corpus/corpus.ts';

test.skipIf(!hasCorpus)('every file of the corpus can be read', () => {
  recordings('gemini');
  recordings('anthropic');
  claudeCodeRequests();
  bugCases();
  expect([...badFiles().values()]).toEqual([]);
});
