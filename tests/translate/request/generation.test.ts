/** Limits, sampling, thinking and the form of the answer, by model. */
import { describe, expect, test } from 'bun:test';
import type { Effort, MessagesRequest, ThinkingConfig } from '../../../src/anthropic/request.ts';
import { MODELS } from '../../../src/gemini/model-rows.ts';
import { validateRequest } from '../../../src/sim/validator/index.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { contextFor, deepFreeze, requestOf } from '../../support/translation.ts';

const translate = (changes: Partial<MessagesRequest>, model: string, limit?: number) =>
  toGeminiRequest(deepFreeze(requestOf(changes)), contextFor(model, { maxTokensLimit: limit }));
const config = (changes: Partial<MessagesRequest>, model: string, limit?: number) =>
  translate(changes, model, limit).body.generationConfig ?? {};
const steering = (changes: Partial<MessagesRequest>, model: string) => {
  const { thinkingBudget, thinkingLevel } = config(changes, model).thinkingConfig ?? {};
  return thinkingLevel ?? thinkingBudget;
};

const effort = (value: Effort) => ({
  thinking: { type: 'adaptive' as const },
  output_config: { effort: value },
});
const enabled = (budget_tokens: number) => ({
  max_tokens: 100_000,
  thinking: { type: 'enabled' as const, budget_tokens },
});

describe('thinking', () => {
  const COLUMNS = [
    'gemini-4-argon',
    'gemini-4-neon',
    'gemini-3.6-flash',
    'gemini-3-pro-preview',
    'gemini-2.5-pro',
    'gemini-2.5-flash',
    'gemini-2.0-flash',
  ];
  test.each<[string, Partial<MessagesRequest>, unknown[]]>([
    ['absent', {}, ['low', 'low', 'minimal', 'low', 128, 0, undefined]],
    [
      'disabled',
      { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
      ['low', 'low', 'minimal', 'low', 128, 0, undefined],
    ],
    [
      'between tools',
      { thinking: { type: 'between_tools' } },
      ['low', 'low', 'minimal', 'low', 128, 0, undefined],
    ],
    [
      'absent with effort',
      { output_config: { effort: 'medium' } },
      ['medium', 'medium', 'medium', 'high', 8192, 8192, undefined],
    ],
    ['adaptive', { thinking: { type: 'adaptive' } }, ['high', 'high', 'high', 'high', -1, -1, undefined]],
    ['low', effort('low'), ['low', 'low', 'low', 'low', 4096, 4096, undefined]],
    ['medium', effort('medium'), ['medium', 'medium', 'medium', 'high', 8192, 8192, undefined]],
    ['high', effort('high'), ['high', 'high', 'high', 'high', 24576, 24576, undefined]],
    ['xhigh', effort('xhigh'), ['high', 'xhigh', 'high', 'high', 32768, 24576, undefined]],
    ['max', effort('max'), ['high', 'xhigh', 'high', 'high', 32768, 24576, undefined]],
    ['1,024 tokens', enabled(1024), ['low', 'low', 'low', 'low', 1024, 1024, undefined]],
    ['10,000 tokens', enabled(10_000), ['high', 'high', 'high', 'high', 10_000, 10_000, undefined]],
    ['31,999 tokens', enabled(31_999), ['high', 'xhigh', 'high', 'high', 31_999, 24_576, undefined]],
  ])('%s', (_, changes, expected) => {
    expect(COLUMNS.map((model): unknown => steering(changes, model))).toEqual(expected);
  });

  test('every model takes what it is told, whatever is asked', () => {
    const wishes: Partial<MessagesRequest>[] = [
      {},
      ...(['low', 'medium', 'high', 'xhigh', 'max'] as const).map(effort),
      ...[1024, 40_000].map(enabled),
      { thinking: { type: 'disabled' } },
    ];
    for (const model of MODELS) {
      for (const wish of wishes) {
        expect(validateRequest(model, translate(wish, model.id).body)).toBeUndefined();
      }
    }
  });

  test('the last effort named in the conversation holds', () => {
    const messages: MessagesRequest['messages'] = [
      { role: 'user', content: 'a' },
      { role: 'system', content: [], output_config: { effort: 'low' } },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
      { role: 'system', content: 'd', output_config: { effort: 'medium' } },
    ];
    expect(steering({ ...effort('high'), messages }, 'gemini-4-argon')).toBe('medium');
    expect(steering({ ...effort('high'), messages: messages.slice(0, 4) }, 'gemini-4-argon')).toBe('low');
  });

  test('thoughts are always asked for where the model thinks', () => {
    expect(config({}, 'gemini-4-argon').thinkingConfig?.includeThoughts).toBe(true);
    expect(config({}, 'gemini-2.5-flash').thinkingConfig).toEqual({ thinkingBudget: 0 });
  });

  test.each<[string, ThinkingConfig | undefined, string]>([
    ['absent', undefined, 'hidden'],
    ['disabled', { type: 'disabled' }, 'hidden'],
    ['adaptive', { type: 'adaptive' }, 'shown'],
    ['omitted', { type: 'adaptive', display: 'omitted' }, 'omitted'],
    ['updates', { type: 'adaptive', display: 'updates' }, 'shown'],
  ])('shown to the client when %s: as asked', (_, thinking, display) => {
    const changes = thinking ? { thinking } : {};
    expect(translate(changes, 'gemini-4-argon').plan.thinking as string).toBe(display);
  });
});

describe('max_tokens', () => {
  test.each<[string, Partial<MessagesRequest>, string, number | undefined, number]>([
    ['leaves room for thoughts', { max_tokens: 64 }, 'gemini-4-argon', undefined, 64 + 4096],
    ['is the cap at most', { max_tokens: 128_000 }, 'gemini-3.8-flash', undefined, 65_536],
    ['may be more where an answer goes on', { max_tokens: 128_000 }, 'gemini-4-argon', undefined, 132_096],
    ['is the window at most', { max_tokens: 2_000_000 }, 'gemini-4-argon', undefined, 1_048_576],
    ['is the set limit at most', { max_tokens: 32_000 }, 'gemini-4-argon', 8_192, 8_192],
    ['needs no room where nothing is thought', { max_tokens: 64 }, 'gemini-2.5-flash', undefined, 64],
    [
      'holds a budget that the client counted in',
      { ...enabled(2_048), max_tokens: 4_096 },
      'gemini-2.5-flash',
      undefined,
      4_096,
    ],
  ])('%s', (_, changes, model, limit, tokens) => {
    expect(config(changes, model, limit).maxOutputTokens).toBe(tokens);
  });
});

describe('sampling', () => {
  const changes = { temperature: 0.5, top_p: 0.9, top_k: 100 };

  test('is passed where it is honoured, within range', () => {
    expect(config(changes, 'gemini-2.5-flash')).toMatchObject({ temperature: 0.5, topP: 0.9, topK: 64 });
  });

  test.each(['gemini-3.6-flash', 'gemini-4-argon'])('is told about where it is not: %s', (model) => {
    const { body, warnings } = translate(changes, model);
    expect(Object.keys(body.generationConfig ?? {})).toEqual(['maxOutputTokens', 'thinkingConfig']);
    expect(warnings.map(({ path }) => path)).toEqual(['temperature', 'top_p', 'top_k']);
  });

  test('stop sequences stay here', () => {
    const { body, plan } = translate({ stop_sequences: ['</block>', ''] }, 'gemini-4-argon');
    expect(plan.stopSequences).toEqual(['</block>']);
    expect(JSON.stringify(body)).not.toContain('</block>');
  });
});

describe('a structured answer', () => {
  const schema = { type: 'object', properties: { title: { const: 'x' } } };
  const format = { type: 'json_schema' as const, schema };
  const tools = [{ name: 'A', input_schema: { type: 'object' } }];
  const sent = { type: 'object', properties: { title: { enum: ['x'] } } };

  test.each<[string, Partial<MessagesRequest>, string]>([
    ['output_config.format', { output_config: { format } }, 'gemini-2.5-flash'],
    ['output_format', { output_format: format }, 'gemini-4-argon'],
    ['beside tools from Gemini 3 on', { output_format: format, tools }, 'gemini-4-argon'],
  ])('%s is a response schema', (_, changes, model) => {
    expect(config(changes, model)).toMatchObject({
      responseMimeType: 'application/json',
      responseJsonSchema: sent,
    });
  });

  test.each<[string, Partial<MessagesRequest>, string]>([
    ['beside tools before Gemini 3', { tools }, 'gemini-2.5-flash'],
    ['beside a forced call', { tools, tool_choice: { type: 'any' } }, 'gemini-4-argon'],
  ])('%s it is asked for in words, and told', (_, changes, model) => {
    const { body, warnings } = translate({ ...changes, output_config: { format }, system: 'S' }, model);
    expect(body.generationConfig?.responseMimeType).toBeUndefined();
    expect(body.systemInstruction?.parts[0]?.text).toBe('S');
    expect(body.systemInstruction?.parts[1]?.text).toContain(JSON.stringify(sent));
    expect(warnings.map(({ path }) => path)).toContain('output_config.format');
  });
});

describe('system and plan', () => {
  test('the billing block is dropped, the others are parts', () => {
    const system = ['x-anthropic-billing-header: cc_version=1;', 'one', '', 'two'].map((text) => ({
      type: 'text' as const,
      text,
    }));
    const { body } = translate({ system }, 'gemini-4-argon');
    expect(body.systemInstruction).toEqual({ parts: [{ text: 'one' }, { text: 'two' }] });
    expect(
      translate({ system: 'x-anthropic-billing-header: a\nwords' }, 'gemini-4-argon').body.systemInstruction,
    ).toEqual({ parts: [{ text: 'words' }] });
    expect(
      translate({ system: system.slice(0, 1) }, 'gemini-4-argon').body.systemInstruction,
    ).toBeUndefined();
  });

  test('the plan knows what the answer must tell', () => {
    const { plan } = translate(
      {
        safeguards: [{ type: 'dangerous_tool_use' }],
        context_management: { edits: [] },
        model: 'claude-x[1m]',
      },
      'gemini-4-argon',
    );
    expect(plan).toMatchObject({
      requestedModel: 'claude-x[1m]',
      safeguards: ['dangerous_tool_use'],
      appliedEdits: [],
    });
  });

  test('a key that is not known, or has no counterpart, is told about', () => {
    const { warnings } = translate(
      {
        speed: 'fast',
        new_field: 1,
        metadata: {},
        output_config: { task_budget: {} },
      } as Partial<MessagesRequest>,
      'gemini-4-argon',
    );
    expect(warnings.map(({ path }) => path)).toEqual(['speed', 'new_field', 'output_config.task_budget']);
  });
});
