/** Calls in all of Gemini's forms: whole and in pieces, once and twice, to declared tools and to others. */
import type { ResponsePart } from '../../../src/gemini/wire.ts';
import type { TurnCases } from '../build.ts';
import { asEvent, CALLS_MADE, call, chunk, end, says, signature, text } from '../wire.ts';
import { ASK_TOOLS, BASH, READ } from './asks.ts';

/** An event whose token counts do not change: any number of such events may come. */
const unmoved = (part: ResponsePart) =>
  asEvent({
    candidates: [{ content: { parts: [part], role: 'model' }, index: 0 }],
    usageMetadata: { promptTokenCount: 120, candidatesTokenCount: 1, totalTokenCount: 121 },
  });
const dash = unmoved(text('-'));
const listing = unmoved(call(undefined, 'Bash', { command: 'ls' }));

/** A stream in which every event has the same counts. */
const EQUAL: TurnCases = {
  'equal-events': {
    shows: 'Equal events in a row, their counts unmoved: each of them is content',
    gemini: 'gemini-2.5-flash',
    replies: [says(dash, dash, dash, end())],
  },
  'equal-calls': {
    shows: 'The same call twice, in events that are equal',
    gemini: 'gemini-2.5-flash',
    ask: { tools: ASK_TOOLS },
    replies: [says(listing, listing, end('STOP', { message: CALLS_MADE }))],
  },
};

const MADE: TurnCases = {
  'call-without-args': {
    shows: 'A call without any args key',
    ask: { tools: [{ name: 'ListFiles', input_schema: { type: 'object' } }] },
    replies: [
      says(
        chunk([{ functionCall: { name: 'ListFiles', id: 'call-001' } }]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-repaired-args': {
    shows:
      'Arguments that fit the tool’s schema once a key is renamed, a number is read and a null is dropped',
    ask: {
      tools: [
        {
          name: 'Read',
          input_schema: {
            type: 'object',
            properties: {
              file_path: { type: 'string' },
              limit: { type: 'number' },
              pages: { type: 'string' },
            },
            required: ['file_path'],
            additionalProperties: false,
          },
        },
      ],
    },
    replies: [
      says(
        chunk([call('call-001', 'Read', { filePath: '/a', limit: '20', pages: null }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-wrong-args': {
    shows: 'Arguments that nobody can repair for certain: the client is given them as they are',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([call('call-001', 'Read', { path: '/a', limit: '20' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-partial-args': {
    shows: 'Arguments in pieces by JSON path, strings over several parts',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([
          {
            functionCall: { name: 'Bash', id: 'call-001', willContinue: true },
            thoughtSignature: signature('call'),
          },
        ]),
        chunk([
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.command', stringValue: 'git ', willContinue: true }],
              willContinue: true,
            },
          },
        ]),
        chunk([
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.command', stringValue: 'status' }],
              willContinue: true,
            },
          },
        ]),
        chunk([{ functionCall: {} }]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-unfinished': {
    shows: 'A call in pieces that MAX_TOKENS breaks off: left out, with a warning',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([text('I will run it.')]),
        chunk([{ functionCall: { name: 'Bash', id: 'call-001', willContinue: true } }]),
        chunk([
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.command', stringValue: 'rm -' }],
              willContinue: true,
            },
          },
        ]),
        end('MAX_TOKENS'),
      ),
    ],
  },
  'call-in-namespace': {
    shows: 'A call under the model’s inner namespace, and one in another case',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([call('call-001', 'default_api:Bash', { command: 'ls' }, signature('call'))]),
        chunk([call('call-002', 'read', { file_path: '/a' })]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-undeclared': {
    shows: 'A call of a tool that nobody declared: another attempt, which is sound',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(chunk([call('call-001', 'Write', { file_path: '/a' })]), end('STOP', { message: CALLS_MADE })),
      says(
        chunk([call('call-002', 'Read', { file_path: '/a' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-undeclared-twice': {
    shows:
      'A call of a tool that nobody declared, again in the other attempt: passed on, for the client to answer',
    ask: { tools: ASK_TOOLS },
    replies: ['call-001', 'call-002'].map((id) =>
      says(
        chunk([call(id, 'Write', { file_path: '/a' }, signature('call'))]),
        end('UNEXPECTED_TOOL_CALL', {
          message: 'Unexpected tool call: Model tried to call an undeclared function: Write',
        }),
      ),
    ),
  },
  'call-without-segments': {
    shows: 'A call that leaves out the segments of its MCP server, after text: the one tool that ends so',
    ask: { tools: [BASH, { ...READ, name: 'mcp__fs__read_file' }] },
    replies: [
      says(
        chunk([text('I will read it.')]),
        chunk([call('call-001', 'read_file', { file_path: '/a' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-unloaded': {
    shows:
      'A call of a tool that nobody declared, beside a deferred one: passed on at once, for the client to load it',
    ask: { tools: [...ASK_TOOLS, { ...READ, name: 'DeferredToolPlaceholder', defer_loading: true }] },
    replies: [
      says(
        chunk([call('call-001', 'default_api:WebFetch', { url: 'https://example.com/' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-with-result': {
    shows:
      'A call and its result, both in the answer: Gemini made it by itself, and the client gets the text',
    gemini: 'gemini-2.5-flash',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([call(undefined, 'weather_server_get_weather', { city: 'Ulm' })]),
        chunk([
          { functionResponse: { name: 'weather_server_get_weather', response: { weather: 'sunny' } } },
          text('It is sunny in Ulm.'),
        ]),
        end(),
      ),
    ],
  },
  'call-args-as-text': {
    shows: 'Arguments as gateways write them: an object as a text, and an empty list for none',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        ...['{"command":"ls"}', []].map((args) => ({
          raw: { candidates: [{ content: { parts: [{ functionCall: { name: 'Bash', args } }] }, index: 0 }] },
        })),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-args-digits': {
    shows: 'Numbers that JavaScript cannot hold keep their digits',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"Bash","args":{"command":"kill","id":1234567890123456789,"after":1.0}}}]},"index":0}]}\r\n\r\n',
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-args-no-object': {
    shows: 'A call with a list for arguments, twice',
    ask: { tools: ASK_TOOLS },
    replies: [1, 2].map(() =>
      says({
        raw: {
          candidates: [
            {
              content: { parts: [{ functionCall: { name: 'Bash', args: ['ls'] } }], role: 'model' },
              finishReason: 'STOP',
              index: 0,
            },
          ],
        },
      }),
    ),
  },
  'call-beside-unexpected': {
    shows: 'UNEXPECTED_TOOL_CALL with the call beside it: a declared one is as good as any',
    ask: { tools: ASK_TOOLS },
    replies: [says(chunk([call('call-001', 'Bash', { command: 'ls' })]), end('UNEXPECTED_TOOL_CALL'))],
  },
  'calls-one-allowed': {
    shows: 'Two calls although the client disabled parallel ones: the first stays',
    ask: { tools: ASK_TOOLS, tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    replies: [
      says(
        chunk([
          call('call-001', 'Bash', { command: 'ls' }, signature('call')),
          call('call-002', 'Bash', { command: 'pwd' }),
        ]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'call-then-text': {
    shows: 'Text after a call',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(chunk([call('call-001', 'Bash', { command: 'ls' })]), chunk([text('Now we wait.')]), end()),
    ],
  },
};

export const CALLS: TurnCases = { ...EQUAL, ...MADE };
