/** Each key of a request is known, or a warning names its path; or the request is refused. */
import { describe, expect, test } from 'bun:test';
import type { TSchema } from '@sinclair/typebox';
import fc from 'fast-check';
import { CONTENT_BLOCKS } from '../../src/anthropic/content.ts';
import { MessagesError } from '../../src/anthropic/errors.ts';
import { MessagesRequest } from '../../src/anthropic/request.ts';
import { noteOf, optionsOf } from '../../src/anthropic/schema-words.ts';
import { unusedKeys } from '../../src/anthropic/unknown-keys.ts';
import { parseMessagesRequest } from '../../src/anthropic/validate.ts';
import { isObject } from '../../src/lib/json.ts';
import { toCountRequest } from '../../src/translate/count.ts';
import { toGeminiRequest } from '../../src/translate/request/index.ts';
import { contextFor, requestOf } from '../support/translation.ts';

const cache_control = { type: 'ephemeral', ttl: '5m' };
const text = { type: 'text', text: 'x', cache_control, citations: [{ type: 'page_location' }] };
const image = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'AAAA' },
  transformations: { oversized_image: 'downsize' },
};
const pdf = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' },
  title: 't',
  context: 'c',
  citations: { enabled: false },
  cache_control,
};
const found = {
  type: 'search_result',
  source: 's',
  title: 't',
  content: [text],
  citations: { enabled: false },
};
const caller = { type: 'code_execution_20250825', tool_id: 'srvtoolu_1' };
const schema = { type: 'object', properties: {} };
const custom = { name: 'read', description: 'd', input_schema: schema, cache_control, strict: true };
const failed = (tool: string) => ({
  type: `${tool}_tool_result`,
  tool_use_id: 'srvtoolu_1',
  content: { type: `${tool}_tool_result_error`, error_code: 'unavailable' },
});

const FAILING = [
  'web_search',
  'web_fetch',
  'code_execution',
  'bash_code_execution',
  'text_editor_code_execution',
  'tool_search',
  'advisor',
];

const ASSISTANT_BLOCKS = [
  { type: 'thinking', thinking: 't', signature: 's' },
  { type: 'redacted_thinking', data: 'd' },
  text,
  {
    type: 'tool_use',
    id: 'toolu_1',
    name: 'read',
    input: { any: { thing: 1 } },
    caller,
    cache_control,
    toolset_name: 'files',
  },
  { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' }, caller },
  {
    type: 'web_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: [{ type: 'web_search_result', title: 't', url: 'u', page_age: null, encrypted_content: 'e' }],
    caller,
  },
  {
    type: 'web_fetch_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: { type: 'web_fetch_result', url: 'u', content: pdf, retrieved_at: '2026' },
  },
  failed('code_execution'),
  {
    type: 'bash_code_execution_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: { type: 'bash_code_execution_tool_result_error', error_code: 'unavailable' },
  },
  {
    type: 'text_editor_code_execution_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: { type: 'text_editor_code_execution_tool_result_error', error_code: 'unavailable' },
  },
  {
    type: 'tool_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: {
      type: 'tool_search_tool_search_result',
      tool_references: [{ type: 'tool_reference', tool_name: 'read' }],
    },
  },
  {
    type: 'advisor_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: { type: 'advisor_result', text: 't', stop_reason: null },
  },
  { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'm', input: {} },
  { type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', content: [text], is_error: false },
  { type: 'mcp_tool_listing', mcp_server_name: 'm', tools: [{ name: 'a' }] },
  { type: 'compaction', content: 'c', encrypted_content: 'e', signature: null },
  { type: 'fallback', from: { model: 'a' }, to: { model: 'b' } },
];

const USER_BLOCKS = [
  {
    type: 'tool_result',
    tool_use_id: 'toolu_1',
    is_error: false,
    cache_control,
    content: [
      text,
      image,
      pdf,
      found,
      { type: 'tool_reference', tool_name: 'read', cache_control },
      { type: 'browser_state', tabs: [{ id: 1 }] },
    ],
  },
  text,
  image,
  pdf,
  { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'd' } },
  { type: 'document', source: { type: 'content', content: [text, image] } },
  { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
  found,
  { type: 'tool_reference', tool_name: 'read' },
  { type: 'browser_state', tabs: [] },
  { type: 'container_upload', file_id: 'f' },
];

const SYSTEM_BLOCKS = [
  text,
  { type: 'tool_addition', tool: { type: 'tool_reference', tool_name: 'read' } },
  { type: 'tool_addition', tool: { ...custom, name: 'write' } },
  { type: 'tool_addition', tool: { type: 'tool_definition', definition: { ...custom, name: 'edit' } } },
  { type: 'tool_removal', tool_name: 'edit' },
];

/** One request with as much of the contract as fits into one, and others for the rest. */
const REQUESTS: Readonly<Record<string, Record<string, unknown>>> = {
  'a request with everything in it': {
    model: 'claude-opus-5-5',
    max_tokens: 4096,
    stream: true,
    system: [text],
    stop_sequences: ['x'],
    thinking: { type: 'enabled', budget_tokens: 2048, display: 'omitted', block_binding: null },
    output_config: { effort: 'high', format: { type: 'json_schema', schema } },
    metadata: { user_id: 'u' },
    cache_control,
    diagnostics: { previous_message_id: 'msg_1' },
    safeguards: [{ type: 'dangerous_tool_use', classifier_context: { v: 1 } }],
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: { type: 'all' } }] },
    service_tier: 'auto',
    fallbacks: 'default',
    betas: ['b'],
    fallback_credit_token: 't',
    billing_policy: 'p',
    user_profile_id: 'u',
    workspace_id: 'w',
    tools: [
      {
        ...custom,
        input_examples: [{ a: { b: 1 } }],
        eager_input_streaming: true,
        allowed_callers: ['direct'],
      },
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 10 },
      { type: 'bash_20250124', name: 'bash', cache_control },
    ],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    messages: [
      { role: 'user', content: 'hello' },
      { role: 'system', content: SYSTEM_BLOCKS, output_config: { effort: 'low' }, clear_at: 'never' },
      { role: 'assistant', content: ASSISTANT_BLOCKS },
      { role: 'user', content: USER_BLOCKS },
    ],
  },
  'a search': {
    ...requestOf(),
    thinking: { type: 'adaptive', display: 'updates' },
    output_format: { type: 'json_schema', schema },
    tools: [
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 8,
        allowed_domains: ['example.com'],
        user_location: { type: 'approximate', city: 'c' },
        defer_loading: true,
        strict: true,
        allowed_callers: ['direct'],
        response_inclusion: 'full',
      },
    ],
    tool_choice: { type: 'tool', name: 'web_search' },
  },
  'code and pages': {
    ...requestOf(),
    tools: [
      { type: 'code_execution_20260120', name: 'code_execution', allowed_callers: ['direct'], strict: false },
      {
        type: 'web_fetch_20260309',
        name: 'web_fetch',
        allowed_domains: ['example.com'],
        citations: { enabled: true },
        max_content_tokens: 1_000,
        use_cache: false,
        response_inclusion: 'full',
      },
    ],
  },
  'no thinking': { ...requestOf(), thinking: { type: 'disabled' } },
};

/** The client's own JSON, and blocks that are shown whole: any key may be there. */
const FREE = [
  /\.input(_schema|_examples)?(\.|$)/,
  /^output_(config\.format|format)\.schema/,
  /\.classifier_context/,
  /\.citations\.\d+$/,
  /^context_management\.edits\.0\.keep$/,
];
const SHOWN_WHOLE = new Set(['browser_state', 'mcp_tool_listing', 'fallback']);

/** Paths of all objects in which a key can be unknown; found in the request itself, not in the schemas. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  if (FREE.some((pattern) => pattern.test(path.join('.')))) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => placesIn(item, [...path, String(index)]));
  if (!isObject(value) || SHOWN_WHOLE.has(String(value['type']))) return [];
  return [[...path], ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

/** A copy with one more key. It is written as text, so that even `__proto__` becomes a key like others. */
function withKey(request: unknown, place: readonly string[], key: string, value: unknown): unknown {
  const [step, ...rest] = place;
  if (step === undefined) {
    const members = JSON.stringify(request).slice(1, -1);
    const member = `${JSON.stringify(key)}:${JSON.stringify(value)}`;
    return JSON.parse(`{${members === '' ? member : `${members},${member}`}}`);
  }
  if (Array.isArray(request)) {
    return request.map((item, index) => (String(index) === step ? withKey(item, rest, key, value) : item));
  }
  const object = request as Record<string, unknown>;
  return { ...object, [step]: withKey(object[step], rest, key, value) };
}

/** The paths for which there are warnings, or `refused`. */
function told(request: unknown): string[] | 'refused' {
  try {
    return unusedKeys(parseMessagesRequest(request)).map(({ path }) => path);
  } catch (error) {
    if (error instanceof MessagesError) return 'refused';
    throw error;
  }
}

const CASES = Object.entries(REQUESTS).flatMap(([name, request]) =>
  placesIn(request).map((place) => ({ name, request, place })),
);

const unknownKey = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '0', ''),
  fc.string().map((name) => `x_${name}`),
);

describe('a key that nothing here reads', () => {
  test('leads to a warning that names its path, wherever it stands', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CASES), unknownKey, fc.jsonValue(), ({ request, place }, key, value) => {
        const outcome = told(withKey(request, place, key, value));
        return outcome === 'refused' || outcome.includes([...place, key].join('.'));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(CASES.map(({ name, request, place }) => [place.join('.') || name, request, place] as const))(
    'is told in %s',
    (_name, request, place) => {
      expect(told(withKey(request, place, 'x_new', 1))).toContain([...place, 'x_new'].join('.'));
    },
  );

  test.each([
    ['a choice of tool names one', { tool_choice: { type: 'auto', name: 'read' } }, 'tool_choice.name'],
    [
      'a budget where the model chooses its own',
      { thinking: { type: 'adaptive', budget_tokens: 2048 } },
      'thinking.budget_tokens',
    ],
    [
      'an effort that a user names',
      { messages: [{ role: 'user', content: 'x', output_config: { effort: 'low' } }] },
      'messages.0.output_config',
    ],
    ['a limit of uses of a tool that has none', { tools: [{ ...custom, max_uses: 1 }] }, 'tools.0.max_uses'],
  ])('may be known elsewhere: %s', (_name, change, path) => {
    expect(told({ ...requestOf(), ...change })).toEqual([path]);
  });

  test('is a warning of the translation, of an answer and of a count', () => {
    const request = parseMessagesRequest({
      ...requestOf(),
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x', x_new: 1 }] }],
    });
    const warning = expect.objectContaining({ code: 'field-ignored', path: 'messages.0.content.0.x_new' });
    expect(toGeminiRequest(request, contextFor()).warnings).toEqual([warning]);
    expect(toCountRequest(request, contextFor()).warnings).toEqual([warning]);
  });

  test('is told a few times by its place and then counted, in a long history', () => {
    const messages = Array.from({ length: 1_000 }, () => ({ role: 'user', content: 'x', x_new: 1 }));
    const keys = unusedKeys(parseMessagesRequest({ ...requestOf(), messages }));
    expect(keys).toHaveLength(6);
    expect(keys.at(-1)).toMatchObject({ path: 'messages.*.x_new', count: 995 });
  });

  test('is only counted after a thousand others', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`x_${index}`, 1]));
    const keys = unusedKeys({ ...requestOf(), ...many });
    expect(keys).toHaveLength(1_001);
    expect(keys.at(-1)).toMatchObject({ path: '*', count: 9_000 });
  });
});

const historyOf = (role: string, block: object) => ({ messages: [{ role, content: [block] }] });

describe('what cannot be carried', () => {
  test.each([
    ['inference_geo', { inference_geo: 'eu' }],
    ['speed', { speed: 'fast' }],
    ['service_tier', { service_tier: 'gold' }],
    ['output_config.task_budget', { output_config: { task_budget: { type: 'tokens', total: 9 } } }],
    [
      'messages.0.content.0.transformations.oversized_image',
      historyOf('user', { ...image, transformations: { oversized_image: 'crop' } }),
    ],
    [
      'messages.0.content.0.server_name',
      historyOf('assistant', { type: 'mcp_tool_use', id: 'm', name: 'n', input: {}, server_name: 's' }),
    ],
    [
      'messages.0.content.0.is_error',
      historyOf('assistant', { type: 'mcp_tool_result', tool_use_id: 'm', content: [], is_error: true }),
    ],
    ...FAILING.map((tool) => {
      const { content, ...block } = failed(tool);
      const told = { ...block, content: { ...content, error_message: 'm' } };
      return ['messages.0.content.0.content.error_message', historyOf('assistant', told)] as const;
    }),
  ] as const)('is told: %s', (path, change) => {
    expect(told({ ...requestOf(), ...change })).toEqual([path]);
  });
});

describe('no warning', () => {
  test.each(Object.entries(REQUESTS))('for %s', (_name, request) => {
    expect(told(request)).toEqual([]);
  });

  test('for a value that asks for nothing else than what is done', () => {
    expect(told({ ...requestOf(), service_tier: 'standard_only', speed: null })).toEqual([]);
    expect(told({ ...requestOf(), service_tier: 'gold' })).toEqual(['service_tier']);
  });
});

describe('the schemas', () => {
  test('the requests above have every block', () => {
    const blocks = [...ASSISTANT_BLOCKS, ...USER_BLOCKS, ...SYSTEM_BLOCKS].map(({ type }) => type);
    expect([...new Set<string>(blocks)].sort()).toEqual(Object.keys(CONTENT_BLOCKS).sort());
  });

  /** Fields that take any value and have no note: keys inside of them would be lost in silence. */
  function silent(schema: TSchema, path: string): string[] {
    if (noteOf(schema)) return [];
    return optionsOf(schema).flatMap((option) => {
      if (option['type'] === 'array') return silent(option['items'], `${path}.*`);
      const properties = Object.entries((option['properties'] ?? {}) as Record<string, TSchema>);
      if (option['type'] === 'object')
        return properties.flatMap(([key, inner]) => silent(inner, `${path}.${key}`));
      return option['type'] === undefined && option['const'] === undefined ? [path] : [];
    });
  }

  test('a field of any value notes what becomes of it', () => {
    expect(silent(MessagesRequest, '')).toEqual([]);
  });
});
