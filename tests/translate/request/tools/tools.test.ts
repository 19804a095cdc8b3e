/** Declarations: which tools, in which order, with which fields; and how the model may choose among them. */
import { describe, expect, test } from 'bun:test';
import type { ContentBlock } from '../../../../src/anthropic/content.ts';
import type { Message, MessagesRequest } from '../../../../src/anthropic/request.ts';
import type { Tool } from '../../../../src/anthropic/tool.ts';
import { toGeminiRequest } from '../../../../src/translate/request/index.ts';
import { toGeminiToolName } from '../../../../src/translate/tool-names.ts';
import { contextFor, deepFreeze, requestOf } from '../../../support/translation.ts';

const tool = (name: string, more: Partial<Tool> = {}): Tool => ({
  name,
  description: `does ${name}`,
  input_schema: { type: 'object', properties: {} },
  ...more,
});
const deferred = (name: string) => tool(name, { defer_loading: true });
const START: Message = { role: 'user', content: 'go' };

const translate = (changes: Partial<MessagesRequest>, model?: string) =>
  toGeminiRequest(deepFreeze(requestOf(changes)), contextFor(model));
const declared = (changes: Partial<MessagesRequest>) =>
  (translate(changes).body.tools?.[0]?.functionDeclarations ?? []).map(({ name }) => name);

const loaded = (...names: string[]): Message[] => [
  { role: 'assistant', content: [{ type: 'tool_use', id: names.join(), name: 'ToolSearch', input: {} }] },
  {
    role: 'user',
    content: [
      {
        type: 'tool_result',
        tool_use_id: names.join(),
        content: names.map((tool_name): ContentBlock & { type: 'tool_reference' } => ({
          type: 'tool_reference',
          tool_name,
        })),
      },
    ],
  },
];
const system = (...content: ContentBlock[]): Message => ({ role: 'system', content });

describe('which tools', () => {
  const tools = [deferred('Late'), tool('First'), deferred('Placeholder'), tool('Second'), deferred('Later')];

  test.each<[string, Message[], string[]]>([
    ['a deferred tool is hidden', [START], ['First', 'Second']],
    ['a reference loads it, last', [START, ...loaded('Late')], ['First', 'Second', 'Late']],
    [
      'in the order of loading',
      [START, ...loaded('Later'), ...loaded('Late')],
      ['First', 'Second', 'Later', 'Late'],
    ],
    ['a reference to a known one changes nothing', [START, ...loaded('Second')], ['First', 'Second']],
    [
      'a tool_addition loads it',
      [START, system({ type: 'tool_addition', tool_name: 'Late' })],
      ['First', 'Second', 'Late'],
    ],
    ['a tool_removal hides', [START, system({ type: 'tool_removal', tool_name: 'First' })], ['Second']],
    [
      'a tool_addition may bring the tool along',
      [START, system({ type: 'tool_addition', tool: tool('New') })],
      ['First', 'Second', 'New'],
    ],
    [
      'a tool that the history defines may be withdrawn, and added by its name again',
      [
        START,
        system({ type: 'tool_addition', tool: { type: 'tool_definition', definition: tool('New') } }),
        system({ type: 'tool_removal', tool: { type: 'tool_reference', name: 'New' } }),
        system({ type: 'tool_addition', tool: { type: 'tool_reference', name: 'New' } }),
      ],
      ['First', 'Second', 'New'],
    ],
    [
      'a tool_addition may bring one of Anthropic’s that the client runs',
      [
        START,
        system({
          type: 'tool_addition',
          tool: { type: 'tool_definition', definition: { type: 'bash_20250124', name: 'bash' } },
        }),
      ],
      ['First', 'Second', 'bash'],
    ],
    [
      'a summary brings the changes of the messages that it replaces',
      [
        START,
        {
          role: 'assistant',
          content: [
            {
              type: 'compaction',
              content: 'so far',
              tool_changes: [
                { type: 'tool_removal', tool: { type: 'tool_reference', name: 'First' } },
                { type: 'tool_addition', tool: { type: 'tool_reference', name: 'Late' } },
              ],
            },
          ],
        },
        START,
      ],
      ['Second', 'Late'],
    ],
    [
      'the result of a tool search loads it',
      [
        START,
        {
          role: 'assistant',
          content: [
            {
              type: 'tool_search_tool_result',
              tool_use_id: 'x',
              content: {
                type: 'tool_search_tool_search_result',
                tool_references: [{ type: 'tool_reference', tool_name: 'Late' }],
              },
            },
          ],
        },
        START,
      ],
      ['First', 'Second', 'Late'],
    ],
    [
      'a call of it in a compacted history shows that it was loaded',
      [
        START,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'Late', input: {} }] },
        START,
      ],
      ['First', 'Second', 'Late'],
    ],
  ])('%s', (_, messages, names) => {
    expect(declared({ tools, messages })).toEqual(names);
  });

  test('a definition in the history takes the place of an earlier one', () => {
    const newer = { ...tool('First'), description: 'newer' };
    const definition = { type: 'tool_definition', definition: newer };
    const { body } = translate({
      tools,
      messages: [START, system({ type: 'tool_addition', tool: definition })],
    });
    const declarations = body.tools?.[0]?.functionDeclarations ?? [];
    expect(declarations.map(({ name, description }) => [name, description])).toEqual([
      ['First', 'newer'],
      ['Second', 'does Second'],
    ]);
  });

  test('a tool that the history defines may be forced', () => {
    const { body } = translate({
      tools: [],
      messages: [START, system({ type: 'tool_addition', tool: tool('New') })],
      tool_choice: { type: 'tool', name: 'New' },
    });
    expect(body.toolConfig?.functionCallingConfig?.allowedFunctionNames).toEqual(['New']);
  });

  test('one that is not loaded yet may be called all the same', () => {
    const { plan } = translate({ tools, messages: [START] });
    expect(plan.toolNames.exact('Late')).toBe('Late');
    expect(plan.toolNames.exact('Never')).toBeUndefined();
  });

  test('what a call must hold is known of the tools that may be called now', () => {
    const needy = tool('Needy', {
      // The model is told nothing of the second: no call of it could ever be complete.
      input_schema: { type: 'object', properties: { path: {} }, required: ['path', 'unheard_of'] },
    });
    const bash: Tool = { type: 'bash_20250124', name: 'bash' };
    const requiredWith = (changes: Partial<MessagesRequest>) => [
      ...translate({ tools: [needy, bash, tool('Free'), deferred('Late')], ...changes }).plan
        .requiredArguments,
    ];
    const all: [string, string[]][] = [
      ['Needy', ['path']],
      ['bash', []],
      ['Free', []],
    ];
    expect(requiredWith({})).toEqual(all);
    expect(requiredWith({ tool_choice: { type: 'any' } })).toEqual(all);
    expect(requiredWith({ tool_choice: { type: 'tool', name: 'Needy' } })).toEqual([['Needy', ['path']]]);
    expect(requiredWith({ tool_choice: { type: 'none' } })).toEqual([]);
  });

  test('a forced deferred tool is declared', () => {
    expect(declared({ tools, tool_choice: { type: 'tool', name: 'Late' } })).toEqual([
      'First',
      'Second',
      'Late',
    ]);
  });

  test('a tool that only code may call is hidden, one that the model may call too is not', () => {
    const callers = (name: string, ...allowed_callers: string[]) => tool(name, { allowed_callers });
    const mixed = [
      callers('A', 'code_execution_20260120'),
      callers('B', 'direct', 'code_execution_20260120'),
    ];
    expect(declared({ tools: mixed })).toEqual(['B']);
  });

  test.each([[[]], [[deferred('Late')]]])('no visible tool: no tools and no toolConfig', (none) => {
    const { body } = translate({ tools: none });
    expect(body.tools).toBeUndefined();
    expect(body.toolConfig).toBeUndefined();
  });
});

describe('a declaration', () => {
  const declaration = (one: Tool) => translate({ tools: [one] }).body.tools?.[0]?.functionDeclarations?.[0];

  test('holds name, description and schema, and nothing else', () => {
    const one = tool('Bash', {
      strict: true,
      cache_control: { type: 'ephemeral' },
      unknown_key: 1,
    } as Partial<Tool>);
    expect(declaration(one)).toEqual({
      name: 'Bash',
      description: 'does Bash',
      parametersJsonSchema: { type: 'object', properties: {} },
    });
    const told = translate({ tools: [one] }).warnings.map(({ path }) => path);
    expect(told).toEqual(['tools.0.unknown_key']);
  });

  test('examples go to the description', () => {
    const one = tool('Bash', { description: null, input_examples: [{ a: 1 }, { a: 2 }] });
    expect(declaration(one)?.description).toBe('Examples of input:\n{"a":1}\n{"a":2}');
  });

  test('a name that is the substitute of another stays apart', () => {
    const long = 'n'.repeat(90);
    const names = [long, toGeminiToolName(long)];
    expect(new Set(declared({ tools: names.map((name) => tool(name)) })).size).toBe(2);
  });

  test('a member named like a prototype survives the mending of half characters', () => {
    const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"description":"\\ud800"}}}');
    const { body } = translate({ tools: [tool('A', { input_schema: schema })] });
    expect(JSON.stringify(body.tools)).toContain('{"__proto__":{"description":"\ufffd"}}');
  });

  test('long names that differ in the last letter stay apart, everywhere', () => {
    const names = ['x', 'y'].map((end) => `mcp__${'long'.repeat(24)}${end}`);
    const messages: Message[] = [
      START,
      {
        role: 'assistant',
        content: names.map((name, i) => ({ type: 'tool_use', id: `${i}`, name, input: {} })),
      },
      {
        role: 'user',
        content: names.map((_, i) => ({ type: 'tool_result', tool_use_id: `${i}`, content: 'ok' })),
      },
    ];
    const { body, plan } = translate({
      tools: names.map((name) => tool(name)),
      messages,
      tool_choice: { type: 'tool', name: names[1] ?? '' },
    });
    const sent = names.map(toGeminiToolName);
    expect(new Set(sent).size).toBe(2);
    expect(body.tools?.[0]?.functionDeclarations?.map(({ name }) => name)).toEqual(sent);
    expect(body.contents[1]?.parts.map((part) => part.functionCall?.name)).toEqual(sent);
    expect(body.contents[2]?.parts.map((part) => part.functionResponse?.name)).toEqual(sent);
    expect(body.toolConfig?.functionCallingConfig?.allowedFunctionNames).toEqual(sent.slice(1));
    expect(sent.map((name) => plan.toolNames.exact(name))).toEqual(names);
  });

  test.each([
    ['bash_20250124', 'bash', 'bash', ['command', 'restart']],
    ['text_editor_20250124', 'str_replace_editor', 'str_replace_editor', ['command', 'path', 'view_range']],
    ['text_editor_20250728', undefined, 'str_replace_based_edit_tool', ['command', 'path', 'insert_text']],
    ['memory_20250818', 'memory', 'memory', ['command', 'old_path', 'new_path']],
  ])('%s is a function with its known schema', (type, given, name, fields) => {
    const one = declaration({ type, ...(given === undefined ? {} : { name: given }) });
    expect(one?.name).toBe(name);
    for (const field of fields) expect(one?.parametersJsonSchema?.['properties']).toHaveProperty(field);
  });
});

describe('the choice', () => {
  const tools = [tool('A'), tool('B', { strict: true })];
  const plain = [tool('A')];

  test.each<[string, Partial<MessagesRequest>, unknown]>([
    ['none given', { tools: plain }, undefined],
    ['auto', { tools: plain, tool_choice: { type: 'auto' } }, undefined],
    ['strict', { tools }, { mode: 'VALIDATED' }],
    ['strict and forced', { tools, tool_choice: { type: 'any' } }, { mode: 'ANY' }],
    ['any', { tools: plain, tool_choice: { type: 'any' } }, { mode: 'ANY' }],
    [
      'tool',
      { tools: plain, tool_choice: { type: 'tool', name: 'A' } },
      { mode: 'ANY', allowedFunctionNames: ['A'] },
    ],
    ['none', { tools, tool_choice: { type: 'none' } }, { mode: 'NONE' }],
  ])('%s', (_, changes, config) => {
    expect(translate(changes).body.toolConfig?.functionCallingConfig as unknown).toEqual(config);
  });

  test('a call is wanted and no tool is loaded: told', () => {
    const { warnings } = translate({ tools: [deferred('Late')], tool_choice: { type: 'any' } });
    expect(warnings).toMatchObject([{ code: 'field-ignored', path: 'tool_choice' }]);
  });

  test('one call at a time is a matter of the plan', () => {
    const tool_choice = { type: 'auto', disable_parallel_tool_use: true } as const;
    expect(translate({ tools, tool_choice }).plan.parallelCalls).toBe(false);
    expect(translate({ tools }).plan.parallelCalls).toBe(true);
  });
});
