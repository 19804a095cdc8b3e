/** Every kind of part that Gemini can put into an answer. */
import type { ResponsePart } from '../../../src/gemini/wire.ts';
import type { TurnCases } from '../build.ts';
import { asEvent, CALLS_MADE, call, chunk, end, says, signature, text, thought } from '../wire.ts';
import { ASK_TOOLS, THINKING } from './asks.ts';

/** Parts that we have no name for yet. */
const odd = (part: object) => part as ResponsePart;

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const CODE: TurnCases = {
  'code-execution': {
    shows: 'Code execution: source, result, then text, and a second finishReason',
    gemini: 'gemini-2.5-flash',
    replies: [
      says(
        chunk([text('Let me compute that.')]),
        chunk([{ executableCode: { language: 'PYTHON', code: 'print(6 * 7)' } }]),
        chunk([{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '42\n' } }], { finishReason: 'STOP' }),
        chunk([text('It is 42.')], { finishReason: 'STOP' }),
      ),
    ],
  },
  'code-execution-failed': {
    shows: 'Code execution that failed; its parts carry an id and a signature',
    gemini: 'gemini-3.8-flash',
    replies: [
      says(
        chunk([
          {
            executableCode: { id: 'code-1', language: 'PYTHON', code: 'print(1 / 0)' },
            thoughtSignature: signature('code'),
          },
        ]),
        chunk([
          { codeExecutionResult: { id: 'code-1', outcome: 'OUTCOME_FAILED', output: 'ZeroDivisionError' } },
        ]),
        chunk([text('That divides by zero.')]),
        end(),
      ),
    ],
  },
};

/** An event whose counts stand still, as many as there may be of it. */
const unmoved = (part: ResponsePart) =>
  asEvent({
    candidates: [{ content: { parts: [part], role: 'model' }, index: 0 }],
    usageMetadata: { promptTokenCount: 120, candidatesTokenCount: 1, totalTokenCount: 121 },
  });
const dash = unmoved(text('-'));
const listing = unmoved(call(undefined, 'Bash', { command: 'ls' }));

/** Whose every event is like the one before. */
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

const CALLS: TurnCases = {
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
    shows: 'A call of a tool that nobody declared: another try, which is sound',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(chunk([call('call-001', 'Write', { file_path: '/a' })]), end('STOP', { message: CALLS_MADE })),
      says(
        chunk([call('call-002', 'Read', { file_path: '/a' }, signature('call'))]),
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

const OTHERS: TurnCases = {
  'signed-text': {
    shows: 'A signed piece of text between unsigned ones',
    gemini: 'gemini-2.5-pro',
    ask: { ...THINKING('summarized') },
    replies: [
      says(
        chunk([thought('Hm.')]),
        chunk([text('\n', signature('line break'))]),
        chunk([text('The answer.')], { finishReason: 'STOP' }),
      ),
    ],
  },
  'signature-alone': {
    shows: 'A part that is nothing but a signature',
    replies: [says(chunk([text('Hello.')]), chunk([{ thoughtSignature: signature('alone') }]), end())],
  },
  'signed-thought': {
    shows: 'A signature on a thought, where none belongs: left out, with a warning',
    ask: { ...THINKING('summarized') },
    replies: [
      says(
        chunk([{ ...thought('Odd.'), thoughtSignature: signature('thought') }]),
        chunk([text('Fine.')]),
        end(),
      ),
    ],
  },
  'media-parts': {
    shows: 'An inline picture and a file beside text: left out, with warnings',
    gemini: 'gemini-2.5-flash',
    replies: [
      says(
        chunk([{ inlineData: { mimeType: 'image/png', data: PIXEL } }]),
        chunk([{ fileData: { mimeType: 'text/csv', fileUri: 'https://example.invalid/files/1' } }]),
        chunk([text('There it is.')], { finishReason: 'STOP' }),
      ),
    ],
  },
  'server-tool-parts': {
    shows:
      'toolCall, toolResponse and functionResponse parts of tools on Google’s side: left out, with warnings',
    gemini: 'gemini-3.8-flash',
    replies: [
      says(
        chunk([{ toolCall: { id: 'search-1', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['bun'] } } }]),
        chunk([{ toolResponse: { id: 'search-1', toolType: 'GOOGLE_SEARCH_WEB', response: {} } }]),
        chunk([{ functionResponse: { name: 'search', response: { output: 'found' } } }]),
        chunk([text('Bun is a runtime.')]),
        end(),
      ),
    ],
  },
  'unknown-parts': {
    shows: 'A part of a kind that nobody documented, and one that is empty',
    replies: [says(chunk([odd({ hologram: { depth: 3 } }), odd({}), text('Hello.')]), end())],
  },
  'second-candidate': {
    shows: 'A second candidate, which nobody asked for: left out, with a warning',
    replies: [
      says({
        candidates: [
          { content: { parts: [text('One.')], role: 'model' }, finishReason: 'STOP', index: 0 },
          { content: { parts: [text('Two.')], role: 'model' }, finishReason: 'STOP', index: 1 },
        ],
      }),
    ],
  },
  'content-without-parts': {
    shows: 'Candidates with an empty content, without parts, and without content',
    replies: [
      says(
        { candidates: [{ content: {}, index: 0 }] },
        { candidates: [{ content: { role: 'model' }, index: 0 }] },
        chunk([text('Hello.')]),
        { candidates: [{ finishReason: 'STOP', index: 0 }] },
      ),
    ],
  },
};

export const PARTS: TurnCases = { ...CODE, ...EQUAL, ...CALLS, ...OTHERS };
