/** The ordinary turns: how each generation of models says text, thoughts and calls. */
import type { TurnCases } from '../build.ts';
import { CALLS_MADE, call, chunk, end, says, signature, text, thought } from '../wire.ts';
import { ASK_TOOLS, THINKING } from './asks.ts';

export const SHAPES: TurnCases = {
  'text-25': {
    shows: 'Gemini 2.5: the finishReason comes with the last text',
    gemini: 'gemini-2.5-flash',
    replies: [says(chunk([text('Hello')]), chunk([text(' from 2.5.')], { finishReason: 'STOP' }))],
  },
  'text-3': {
    shows: 'Gemini 3: a closing event with an empty text, signed',
    gemini: 'gemini-3.8-flash',
    replies: [
      says(
        chunk([text('Hello')]),
        chunk([text(' from 3.')]),
        end('STOP', { signature: signature('end of text') }),
      ),
    ],
  },
  'text-4': {
    shows: 'Gemini 4: the same, thoughts summarised before, the client did not ask for them',
    replies: [
      says(
        chunk([thought('**Greeting**\n\nA short hello will do.')]),
        chunk([text('Hello from 4.')]),
        end('STOP', { signature: signature('end of text') }),
      ),
    ],
  },
  'thoughts-shown': {
    shows: 'Thoughts as thinking blocks, each closed with an envelope',
    ask: { ...THINKING('summarized') },
    replies: [
      says(
        chunk([thought('**Plan**\n\nGreet first.')]),
        chunk([thought(' Then stop.')]),
        chunk([text('Hello.')]),
        end('STOP', { signature: signature('end of text') }),
      ),
    ],
  },
  'thoughts-omitted': {
    shows: 'Thoughts asked for with `display: omitted`: an empty block that carries the signature',
    ask: { ...THINKING('omitted'), tools: ASK_TOOLS },
    replies: [
      says(
        chunk([thought('Listing helps.')]),
        chunk([call('call-001', 'Bash', { command: 'ls' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'thoughts-hidden': {
    shows: 'Thoughts switched off by the client: never shown, still paid for',
    ask: { thinking: { type: 'disabled' } },
    replies: [says(chunk([thought('Not for show.')]), chunk([text('Hello.')]), end())],
  },
  'call-25': {
    shows: 'Gemini 2.5: a call without an id, unsigned, finishReason STOP beside it',
    gemini: 'gemini-2.5-flash',
    ask: { tools: ASK_TOOLS },
    replies: [says(chunk([call(undefined, 'Bash', { command: 'ls -la' })], { finishReason: 'STOP' }))],
  },
  'call-3': {
    shows: 'Gemini 3: a signed call with an id, then a closing event with a finishMessage',
    gemini: 'gemini-3.8-flash',
    ask: { ...THINKING('summarized'), tools: ASK_TOOLS },
    replies: [
      says(
        chunk([thought('I need the file.')]),
        chunk([call('call-001', 'Read', { file_path: '/src/main.ts' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'calls-one-chunk': {
    shows: 'Parallel calls in one chunk: the first is signed, its siblings are not',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([
          call('call-001', 'Read', { file_path: '/a.ts' }, signature('first call')),
          call('call-002', 'Read', { file_path: '/b.ts' }),
          call('call-003', 'Bash', { command: 'git status' }),
        ]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'calls-over-chunks': {
    shows: 'Parallel calls, a chunk each, with text before them',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([text('Looking at both files.')]),
        chunk([call('call-001', 'Read', { file_path: '/a.ts' }, signature('first call'))]),
        chunk([call('call-002', 'Read', { file_path: '/b.ts' })]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
};
