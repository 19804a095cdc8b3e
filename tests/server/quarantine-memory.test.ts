/** What is remembered of refused declarations, and for how many. */
import { expect, test } from 'bun:test';
import { QuarantineMemory } from '../../src/server/quarantine-memory.ts';

const declare = (name: string, type = 'string') => ({
  name,
  parametersJsonSchema: { type: 'object', properties: { a: { type } } },
});
const requestWith = (...names: string[]) => ({
  contents: [],
  tools: [{ functionDeclarations: names.map((name) => declare(name)) }],
});

test('a declaration is known by its content and the generation of models', () => {
  const memory = new QuarantineMemory();
  expect(memory.isEmpty).toBe(true);
  expect(memory.remember('gemini-4', declare('look'), 'simplified')).toBe(true);
  expect(memory.isEmpty).toBe(false);
  expect(memory.fateOf('gemini-4', declare('look'))).toBe('simplified');
  expect(memory.fateOf('gemini-4', declare('look', 'number'))).toBeUndefined();
  expect(memory.fateOf('gemini-3', declare('look'))).toBeUndefined();
});

test('what was known already is not news', () => {
  const memory = new QuarantineMemory();
  memory.remember('gemini-4', declare('look'), 'simplified');
  expect(memory.remember('gemini-4', declare('look'), 'simplified')).toBe(false);
  expect(memory.remember('gemini-4', declare('look'), 'dropped')).toBe(true);
  expect(memory.fateOf('gemini-4', declare('look'))).toBe('dropped');
});

test('a list is known with the choice among its tools', () => {
  const memory = new QuarantineMemory();
  const toolConfig = { functionCallingConfig: { mode: 'ANY' as const } };
  expect(memory.rememberList('gemini-4', requestWith('a', 'b'))).toBe(true);
  expect(memory.rememberList('gemini-4', requestWith('a', 'b'))).toBe(false);
  expect(memory.knowsList('gemini-4', requestWith('a', 'b'))).toBe(true);
  expect(memory.knowsList('gemini-4', requestWith('a'))).toBe(false);
  expect(memory.knowsList('gemini-4', { ...requestWith('a', 'b'), toolConfig })).toBe(false);
});

test('is bounded: by names, by declarations of a name, by lists', () => {
  const memory = new QuarantineMemory();
  for (let i = 0; i <= 1_000; i++) {
    memory.remember('gemini-4', declare(`tool_${i}`), 'dropped');
    memory.remember('gemini-4', declare('tool_1000', `${i}`), 'dropped');
    memory.rememberList('gemini-4', requestWith(`tool_${i}`));
  }
  const knows = (name: string, type?: string) => memory.fateOf('gemini-4', declare(name, type)) !== undefined;
  expect([knows('tool_0'), knows('tool_999'), knows('tool_1000', '1'), knows('tool_1000', '999')]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(memory.knowsList('gemini-4', requestWith('tool_0'))).toBe(false);
  expect(memory.knowsList('gemini-4', requestWith('tool_1000'))).toBe(true);
});
