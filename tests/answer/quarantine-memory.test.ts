/** What is remembered about refused declarations, and how many of them. */
import { expect, test } from 'bun:test';
import { QuarantineMemory } from '../../src/answer/quarantine-memory.ts';

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
  expect(memory.rememberList('gemini-4', requestWith('a', 'b'), 'simplified')).toBe(true);
  expect(memory.rememberList('gemini-4', requestWith('a', 'b'), 'simplified')).toBe(false);
  expect(memory.formOfList('gemini-4', requestWith('a', 'b'))).toBe('simplified');
  expect(memory.formOfList('gemini-4', requestWith('a'))).toBeUndefined();
  expect(memory.formOfList('gemini-4', { ...requestWith('a', 'b'), toolConfig })).toBeUndefined();
});

test('suspects are known in any list that holds them all', () => {
  const memory = new QuarantineMemory();
  const suspected = (...names: string[]) => ({
    declarations: names.map((name) => declare(name)),
    because: 'x',
  });
  const among = (...names: string[]) =>
    memory.suspectsIn('gemini-4', requestWith(...names))?.declarations.map(({ name }) => name);
  memory.suspect('gemini-4', suspected('a', 'b'));
  expect([among('a', 'b', 'c'), among('a', 'c')]).toEqual([['a', 'b'], undefined]);
  expect(memory.suspectsIn('gemini-3', requestWith('a', 'b'))).toBeUndefined();
  memory.suspect('gemini-4', suspected('a'), suspected('a', 'b'));
  expect([among('a', 'b', 'c'), among('b', 'c')]).toEqual([['a'], undefined]);
  memory.clear('gemini-4', suspected('a'));
  expect([among('a'), memory.isEmpty]).toEqual([undefined, true]);
});

test('is bounded: by names, by declarations of a name, by lists', () => {
  const memory = new QuarantineMemory();
  for (let i = 0; i <= 1_000; i++) {
    memory.remember('gemini-4', declare(`tool_${i}`), 'dropped');
    memory.remember('gemini-4', declare('tool_1000', `${i}`), 'dropped');
    memory.rememberList('gemini-4', requestWith(`tool_${i}`), 'simplified');
  }
  const knows = (name: string, type?: string) => memory.fateOf('gemini-4', declare(name, type)) !== undefined;
  expect([knows('tool_0'), knows('tool_999'), knows('tool_1000', '1'), knows('tool_1000', '999')]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(memory.formOfList('gemini-4', requestWith('tool_0'))).toBeUndefined();
  expect(memory.formOfList('gemini-4', requestWith('tool_1000'))).toBe('simplified');
});
