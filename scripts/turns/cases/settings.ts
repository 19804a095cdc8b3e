/** How clients want their answer: stop sequences, structure, forced calls, thinking, whole instead of streamed. */
import type { TurnCases } from '../build.ts';
import { CALLS_MADE, call, chunk, end, says, saysWhole, signature, text, thought } from '../wire.ts';
import { ASK_TOOLS, BASH, THINKING } from './asks.ts';

const JSON_FORMAT = {
  type: 'json_schema' as const,
  schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
};

export const SETTINGS: TurnCases = {
  'ask-stop-sequence': {
    shows: 'A stop sequence over two chunks: the proxy cuts, and upstream is left',
    ask: { stop_sequences: ['END'], messages: [{ role: 'user', content: 'Count.' }] },
    replies: [says(chunk([text('1 2 3 E')]), chunk([text('ND 4 5')]), chunk([text(' 6')]), end())],
  },
  'ask-stop-sequence-unseen': {
    shows: 'What could have begun a stop sequence is given out at the end',
    ask: { stop_sequences: ['ENDING'], messages: [{ role: 'user', content: 'Count.' }] },
    replies: [says(chunk([text('1 2 END')]), end())],
  },
  'ask-schema': {
    shows: 'A structured answer by JSON Schema',
    ask: {
      output_config: {
        effort: 'low',
        format: {
          type: 'json_schema',
          schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
        },
      },
    },
    replies: [says(chunk([text('{"n":')]), chunk([text(' 4}')]), end())],
  },
  'ask-odd-schemas': {
    shows: 'Schemas that Gemini would refuse the request for, of tools and of the answer, put right',
    ask: {
      output_config: {
        format: {
          type: 'json_schema',
          schema: { type: 'object', properties: { n: { type: 'int' } }, required: ['n', 'unit'] },
        },
      },
      tools: [
        { name: 'ping', input_schema: { type: 'object', properties: [], required: [] } },
        {
          name: 'search',
          input_schema: {
            type: 'object',
            properties: {
              query: { type: 'string', required: true },
              span: { type: 'array', items: [{ type: 'integer' }, { type: 'integer' }] },
              filter: { $ref: '#/$defs/and' },
            },
            required: ['cloud_id'],
            anyOf: [{ required: ['span'] }, { required: ['filter'] }],
            $defs: {
              and: {
                type: 'object',
                properties: { left: { $ref: '#/$defs/and' }, word: { type: 'string' } },
                required: ['left', 'word'],
              },
            },
          },
        },
      ],
    },
    replies: [says(chunk([text('{"n":')]), chunk([text(' 4}')]), end())],
  },
  'ask-json-in-words': {
    shows:
      'JSON beside tools on Gemini 2.5: a text that is none is asked for once more, and fences are taken away',
    gemini: 'gemini-2.5-flash',
    ask: { tools: ASK_TOOLS, output_config: { format: JSON_FORMAT } },
    replies: [
      says(chunk([text('Sure, here it is.')]), end()),
      says(chunk([text('```json\n{"n":')]), chunk([text(' 4}\n```')]), end()),
    ],
  },
  'ask-json-fenced': {
    shows: 'JSON that Gemini has promised, between fences all the same',
    ask: { output_config: { format: JSON_FORMAT } },
    replies: [says(chunk([text('```json\n')]), chunk([text('{"n": 4}\n```')]), end())],
  },
  'ask-strict-tool': {
    shows: 'A strict tool whose call does not fit: asked for once more',
    ask: {
      tools: [
        {
          name: 'pick',
          strict: true,
          input_schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
          input_examples: [{ n: 1 }],
        },
      ],
    },
    replies: [
      says(chunk([call('call-001', 'pick', {}, signature('call'))]), end('STOP', { message: CALLS_MADE })),
      says(
        chunk([call('call-002', 'pick', { n: 4 }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'ask-forced-tool': {
    shows: 'A forced tool, with a schema that Gemini needs rewritten',
    ask: {
      tools: [
        {
          name: 'pick',
          input_schema: {
            type: 'object',
            properties: { kind: { const: 'a' }, item: { $ref: '#/$defs/item' } },
            $defs: { item: { type: 'string' } },
          },
        },
        BASH,
      ],
      tool_choice: { type: 'tool', name: 'pick' },
    },
    replies: [
      says(
        chunk([call('call-001', 'pick', { kind: 'a', item: 'b' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'ask-thinking-budget': {
    shows: 'A thinking budget for Gemini 2.5, sampling parameters, and a small max_tokens',
    gemini: 'gemini-2.5-flash',
    ask: { max_tokens: 2048, thinking: { type: 'enabled', budget_tokens: 1024 }, top_p: 0.9 },
    replies: [says(chunk([thought('Hm.')]), chunk([text('Hello.')], { finishReason: 'STOP' }))],
  },
  'ask-context-management': {
    shows: 'Context management and safeguards: answered that nothing was applied and nothing judged',
    ask: {
      context_management: {
        edits: [{ type: 'clear_thinking_20251015' }, { type: 'clear_tool_uses_20250919' }],
      },
      safeguards: [{ type: 'dangerous_actions' }],
      metadata: { user_id: 'xxxxxxxx' },
    },
    replies: [says(chunk([text('Done.')]), end('STOP', { signature: signature('end of text') }))],
  },
  'ask-service-tier': {
    shows: 'service_tier is asked for in Google’s words, and usage tells the tier in which Google has served',
    ask: { service_tier: 'standard_only' },
    replies: [
      says(chunk([text('Served.')]), {
        ...(end() as object),
        usageMetadata: {
          promptTokenCount: 9,
          candidatesTokenCount: 3,
          totalTokenCount: 12,
          serviceTier: 'priority',
        },
      }),
    ],
  },
  'ask-whole': {
    shows: 'A client that wants no stream: the stream, folded',
    ask: { ...THINKING('summarized'), stream: false, tools: ASK_TOOLS },
    replies: [
      says(
        chunk([thought('Two files.')]),
        chunk([text('Reading ')]),
        chunk([text('both.')]),
        chunk([call('call-001', 'Read', { file_path: '/a' }, signature('call'))]),
        chunk([call('call-002', 'Read', { file_path: '/b' })]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'ask-whole-recovers': {
    shows: 'The same when upstream breaks off after text: nothing was shown, so another attempt is free',
    ask: { stream: false },
    replies: [says(chunk([text('Half an ans')])), says(chunk([text('A whole answer.')]), end())],
  },
  'ask-whole-fails': {
    shows: 'The same, twice: a status, and nothing of the text',
    ask: { stream: false },
    replies: [says(chunk([text('Half an ans')])), says(chunk([text('Half again')]))],
  },
  'ask-upstream-whole': {
    shows: 'Gemini asked for a whole answer, the client for a stream',
    unary: true,
    ask: { tools: ASK_TOOLS },
    replies: [
      saysWhole({
        candidates: [
          {
            content: {
              parts: [text('Reading.'), call('call-001', 'Read', { file_path: '/a' }, signature('call'))],
              role: 'model',
            },
            finishReason: 'STOP',
            index: 0,
            finishMessage: CALLS_MADE,
          },
        ],
      }),
    ],
  },
  'ask-prompt-cache': {
    shows: 'Tokens from Gemini’s cache, counted apart from the new ones',
    replies: [
      says({
        ...(chunk([text('Hello.')], { finishReason: 'STOP' }) as object),
        usageMetadata: {
          promptTokenCount: 9_000,
          cachedContentTokenCount: 8_192,
          candidatesTokenCount: 2,
          thoughtsTokenCount: 5,
          toolUsePromptTokenCount: 40,
          totalTokenCount: 9_047,
        },
      }),
    ],
  },
};
