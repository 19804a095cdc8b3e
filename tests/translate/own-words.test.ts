import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { parseMessagesRequest } from '../../src/anthropic/validate.ts';
import { BUILT_IN } from '../../src/gemini/model-rows.ts';
import { ANSWERED_CALLERS, type AnsweredCaller, callerClass } from '../../src/translate/caller.ts';
import {
  GUIDANCE_VERSION,
  guidanceText,
  identityText,
  ownInstructions,
} from '../../src/translate/own-words.ts';
import { toGeminiRequest } from '../../src/translate/request/index.ts';
import { claudeCodeRequests, hasCorpus } from '../support/corpus/corpus.ts';
import { contextFor, requestOf } from '../support/translation.ts';

const ON = { guidance: true, identity: true };
const ARGON = { id: 'gemini-4-argon', family: 'gemini-4' } as const;
const BOTH = [guidanceText('gemini-4'), identityText(ARGON)];
const IN_CONVERSATIONS: readonly AnsweredCaller[] = ['main', 'subagent', 'compaction'];

describe('what is added to the system prompt', () => {
  test.each(ANSWERED_CALLERS.map((caller) => [caller, IN_CONVERSATIONS.includes(caller) ? 2 : 0] as const))(
    'of %s: %i texts',
    (caller, texts) => {
      expect(ownInstructions(ON, caller, ARGON)).toHaveLength(texts);
    },
  );

  test.each([
    ['nothing', { guidance: false, identity: false }, []],
    ['guidance', { guidance: true, identity: false }, BOTH.slice(0, 1)],
    ['identity', { guidance: false, identity: true }, BOTH.slice(1)],
    ['both, guidance first', ON, BOTH],
  ])('%s', (_name, words, expected) => {
    expect(ownInstructions(words, 'main', ARGON)).toEqual(expected);
  });

  test('the model that answers is named, and no other', () => {
    const text = identityText({ id: 'gemini-9-new' });
    expect(text.match(/gemini-[\w.-]+\w/g)).toEqual(['gemini-9-new']);
  });

  test.each([
    ['after the texts of the client', 'S', ['S', ...BOTH]],
    ['not without a system prompt', undefined, undefined],
    ['not beside an empty one', '', undefined],
  ])('%s', (_name, system, expected) => {
    const ctx = contextFor('gemini-4-argon', { ownInstructions: BOTH });
    const { body } = toGeminiRequest(requestOf(system === undefined ? {} : { system }), ctx);
    expect(body.systemInstruction?.parts.map(({ text }) => text)).toEqual(expected);
  });
});

describe('the versions of the guidance', () => {
  const HASHES: Readonly<Record<number, string>> = { 1: '10d52149c37a' };

  test('a changed text has a new version', () => {
    const families = [...new Set(BUILT_IN.rows.map(({ family }) => family))].sort();
    const all = families.map(guidanceText).join('\n');
    expect(createHash('sha256').update(all).digest('hex').slice(0, 12)).toBe(HASHES[GUIDANCE_VERSION] ?? '');
  });
});

describe.skipIf(!hasCorpus)('recorded requests of Claude Code', () => {
  const answered = claudeCodeRequests().filter(
    ({ body, path }) => body?.messages && !path.includes('count_tokens'),
  );

  test.each(answered.map(({ name, body, headers }) => [name, body, headers] as const))(
    '%s',
    (_name, body, headers) => {
      const request = parseMessagesRequest(body);
      const caller = callerClass(request, {
        userAgent: headers['user-agent'],
        agentId: headers['x-claude-code-agent-id'],
      });
      const partsWith = (own: readonly string[]) =>
        toGeminiRequest(request, contextFor('gemini-4-argon', { ownInstructions: own })).body
          .systemInstruction?.parts ?? [];
      const added = partsWith(ownInstructions(ON, caller, ARGON)).map(({ text }) => text);
      const plain = partsWith([]).map(({ text }) => text);
      const own = IN_CONVERSATIONS.includes(caller) ? BOTH : [];
      expect(added).toEqual([...plain, ...own]);
    },
  );
});
