import { describe, expect, test } from 'bun:test';
import { toCountRequest } from '../../src/translate/count.ts';
import { toGeminiRequest } from '../../src/translate/request/index.ts';
import { contextFor, deepFreeze, requestOf } from '../support/translation.ts';

const shared = {
  model: 'claude-opus-5-5',
  system: 'S',
  messages: [{ role: 'user' as const, content: 'foo' }],
  tools: [{ name: 'A', description: 'a', input_schema: { type: 'object' } }],
};

describe('a count', () => {
  test('holds all that the model would read, translated as for an answer', () => {
    const { body } = toCountRequest(deepFreeze(shared), contextFor());
    const { systemInstruction, tools, contents } = toGeminiRequest(requestOf(shared), contextFor()).body;
    expect(body).toEqual({ systemInstruction, tools, contents } as typeof body);
  });

  test('of one word with no tools is only that', () => {
    const { body } = toCountRequest({ ...shared, system: null, tools: [] }, contextFor());
    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'foo' }] }] });
  });

  test('takes a conversation that ends with the assistant', () => {
    const messages = [...shared.messages, { role: 'assistant' as const, content: 'bar' }];
    expect(toCountRequest({ ...shared, messages }, contextFor()).body.contents).toHaveLength(2);
  });

  test('refuses what an answer refuses', () => {
    const tools = [{ type: 'computer_20251124', name: 'computer' }];
    expect(() => toCountRequest({ ...shared, tools }, contextFor())).toThrow('tools.0.type');
  });
});
