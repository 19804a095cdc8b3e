/** Calls that Gemini does not deliver but shows in `finishMessage`, in the model's own syntax. */
import type { TurnCases } from '../build.ts';
import { CALLS_MADE, call, chunk, end, says, signature, thought } from '../wire.ts';
import { ASK_TOOLS } from './asks.ts';

export const LOST_CALLS: TurnCases = {
  'call-lost-25': {
    shows: 'Calls that Gemini 2.5 only tells of in the message of the end, in Python',
    gemini: 'gemini-2.5-pro',
    ask: { tools: ASK_TOOLS },
    replies: [
      says({
        candidates: [
          {
            finishReason: 'MALFORMED_FUNCTION_CALL',
            finishMessage: String.raw`Malformed function call: print(default_api.Bash(command='ls -la "it\'s"'))
print(default_api.Read(file_path="/a"))`,
            index: 0,
          },
        ],
      }),
    ],
  },
  'call-lost-3': {
    shows: 'A call that Gemini 3 only tells of in the message of the end, in its own quotes, after thoughts',
    gemini: 'gemini-3.8-flash',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([thought('I should look first.')]),
        chunk([], {
          finishReason: 'MALFORMED_FUNCTION_CALL',
          finishMessage:
            'Malformed function call: call:default_api:Bash{command:<ctrl46>grep -rn "a, b}" .<ctrl46>}',
        }),
      ),
    ],
  },
  'call-lost-unread': {
    shows: 'A lost call without quotes around a path: not guessed at, another attempt',
    gemini: 'gemini-3.8-flash',
    ask: { tools: ASK_TOOLS },
    replies: [
      says(
        chunk([], {
          finishReason: 'MALFORMED_FUNCTION_CALL',
          finishMessage: 'Malformed function call: call:default_api:Read{file_path: src/main.ts}',
        }),
      ),
      says(
        chunk([call('call-001', 'Read', { file_path: 'src/main.ts' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
};
