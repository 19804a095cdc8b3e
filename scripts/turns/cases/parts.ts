/** Every kind of part that Gemini can put into an answer. */
import type { ResponsePart } from '../../../src/gemini/wire.ts';
import type { TurnCases } from '../build.ts';
import { chunk, end, says, signature, text, thought } from '../wire.ts';
import { THINKING } from './asks.ts';

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

export const PARTS: TurnCases = { ...CODE, ...OTHERS };
