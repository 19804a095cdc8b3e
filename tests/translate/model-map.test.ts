import { describe, expect, test } from 'bun:test';
import { MessagesError } from '../../src/anthropic/errors.ts';
import { BUILT_IN } from '../../src/gemini/model-rows.ts';
import type { AnsweredCaller } from '../../src/translate/caller.ts';
import { type ModelMap, mapModel, namesGemini } from '../../src/translate/model-map.ts';

const MAP: ModelMap = { big: 'gemini-4-argon', small: 'gemini-4-hydrogen', patterns: [] };

describe('a model id', () => {
  test.each([
    ['claude-opus-5-5', 'gemini-4-argon'],
    ['claude-sonnet-5', 'gemini-4-argon'],
    ['claude-fable-5-2', 'gemini-4-argon'],
    ['claude-2.1', 'gemini-4-argon'],
    ['claude-opus-5-5[1m]', 'gemini-4-argon'],
    ['Claude-Opus-5-5', 'gemini-4-argon'],
    ['sonnet', 'gemini-4-argon'],
    ['anthropic/claude-opus-5-5', 'gemini-4-argon'],
    ['claude-haiku-4-5-20251001', 'gemini-4-hydrogen'],
    ['claude-3-5-haiku-latest', 'gemini-4-hydrogen'],
    ['gemini-2.5-flash', 'gemini-2.5-flash'],
    ['gemini-9-new[1m]', 'gemini-9-new'],
    ['gemini/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['google/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['models/gemini-4-neon', 'gemini-4-neon'],
    ['google/gemini-9-opus', 'gemini-9-opus'],
  ])('%s is served by %s', (requested, id) => {
    expect(mapModel(requested, MAP, BUILT_IN).id).toBe(id);
  });

  test.each(['gpt-5', 'invalid', '[1m]', 'models/', 'gemini/../../x', 'gemini-a b', 'gemini-x?key=y'])(
    '%s is not found',
    (requested) => {
      let thrown: unknown;
      try {
        mapModel(requested, MAP, BUILT_IN);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(MessagesError);
      const error = thrown as MessagesError;
      expect([error.status, error.type, error.message]).toEqual([
        404,
        'not_found_error',
        `model: ${requested}`,
      ]);
    },
  );
});

describe('patterns', () => {
  const map: ModelMap = {
    ...MAP,
    patterns: [
      ['claude-*-5', 'gemini-3.6-flash'],
      ['*', 'gemini-2.5-flash'],
      ['claude-opus-5', 'models/gemini-4-neon'],
    ],
  };

  test.each([
    ['claude-opus-5', 'gemini-4-neon'],
    ['claude-opus-5[1m]', 'gemini-4-neon'],
    ['claude-sonnet-5', 'gemini-3.6-flash'],
    ['claude-sonnet-5-1', 'gemini-2.5-flash'],
    ['claude--5', 'gemini-3.6-flash'],
    ['gpt-5', 'gemini-2.5-flash'],
  ])('%s goes to %s', (requested, id) => {
    expect(mapModel(requested, map, BUILT_IN).id).toBe(id);
  });
});

describe('patterns for one kind of request', () => {
  const map: ModelMap = {
    ...MAP,
    patterns: [
      ['claude-opus-5-5', 'gemini-4-neon'],
      ['subagent:*', 'gemini-3.8-flash'],
      ['subagent:claude-sonnet-5', 'gemini-4-carbon'],
      ['web-search:claude-*', 'gemini-3.6-flash'],
      ['llama:8b', 'gemini-2.5-flash'],
    ],
  };

  test.each<[string, AnsweredCaller | undefined, string]>([
    ['claude-opus-5-5', 'subagent', 'gemini-3.8-flash'],
    ['claude-sonnet-5', 'subagent', 'gemini-4-carbon'],
    ['gemini-4-argon', 'subagent', 'gemini-3.8-flash'],
    ['claude-opus-5-5', 'main', 'gemini-4-neon'],
    ['claude-opus-5-5', undefined, 'gemini-4-neon'],
    ['claude-sonnet-5', 'web-search', 'gemini-3.6-flash'],
    ['claude-haiku-4-5', 'title', 'gemini-4-hydrogen'],
    ['llama:8b', 'sdk', 'gemini-2.5-flash'],
  ])('%s of %s goes to %s', (requested, caller, id) => {
    expect(mapModel(requested, map, BUILT_IN, caller).id).toBe(id);
  });

  test('a Gemini id that such a pattern maps is not one that the client chose', () => {
    expect(namesGemini('gemini-4-argon', map, 'subagent')).toBe(false);
    expect(namesGemini('gemini-4-argon', map, 'main')).toBe(true);
  });
});
