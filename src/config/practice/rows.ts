/** The settings of what can stand in for Gemini: the mock, recordings, faults. */
import { Type } from '@sinclair/typebox';
import { PACE_FORMS } from '../../sim/replay/pace.ts';
import { literals, Text, type Variable, variable } from '../variable-types.ts';

export const PRACTICE = {
  MOCK_PACE: variable(literals(['instant', 'human'] as const), {
    default: 'instant',
    theme: 'practice',
    description: 'How fast the mock answers: at once, or like a model. `bun run mock` sets human',
  }),
  MOCK_SCENARIO: variable(Text, {
    theme: 'practice',
    description: "The mock's scenario for every prompt. Without it the mock chooses one by the prompt",
  }),
  MOCK_SEED: variable(Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }), {
    default: 1,
    theme: 'practice',
    description:
      'The seed of chance in scenarios and faults: the same seed gives the same requests the same answers, also many at once',
  }),
  MOCK_STRICT: variable(Type.Boolean(), {
    default: false,
    theme: 'practice',
    description:
      'true: words for which no scenario has a row are refused with a 404 that names the nearest row. Without it the mock answers them with what it can do',
  }),
  SCENARIOS: variable(Text, {
    theme: 'practice',
    description:
      'A folder with scenarios of your own for the mock, beside the built-in ones. One that has the name of a built-in one takes its place. `docs/scenarios.md` says what a file has; `bun run start check <folder>` finds what is wrong',
  }),
  RECORD: variable(Text, {
    theme: 'practice',
    description:
      'A folder: every request and its answer are recorded there, with secrets blotted out. `bun run record <name>` sets it. With BACKEND=replay the replay is recorded. Refused where CI is set',
  }),
  REDACT: variable(
    Type.String({
      minLength: 1,
      description:
        'regular expressions separated by commas (those within brackets, or behind a backslash, separate nothing), or a JSON array of them',
    }),
    {
      theme: 'practice',
      description:
        'Patterns of what recordings must not hold besides keys, such as `ACME-\\d+,(?i)project-[a-z]+`. What matches is blotted out. A match does not go beyond its line, or a quotation mark. Look-around and back-references are not known',
    },
  ),
  REPLAY: variable(Text, {
    theme: 'practice',
    description: 'The recording that BACKEND=replay plays. `bun run replay <name>` sets both',
  }),
  REPLAY_SPEED: variable(Text, {
    default: 'instant',
    theme: 'practice',
    description: `How fast a recording is played: ${PACE_FORMS}. The bytes are the same at every speed`,
  }),
  REPLAY_MATCH: variable(literals(['strict', 'loose'] as const), {
    default: 'strict',
    theme: 'practice',
    description:
      "When a recorded request counts as the same. strict: when all of it is. loose: also when its caller, the user's words and the results of tools are, so that a recording outlives the version of the client; each such use is told",
  }),
  REPLAY_ON_MISS: variable(literals(['error', 'mock', 'record'] as const), {
    default: 'error',
    theme: 'practice',
    description:
      'Who answers a request that was not recorded. error: nobody. mock: the mock. record: Gemini, with the key, and the answer is added to the recording',
  }),
  REPLAY_REPEAT: variable(Type.Boolean(), {
    default: false,
    theme: 'practice',
    description: 'An answer of a recording may be given more than once',
  }),
  FAULTS: variable(Text, {
    theme: 'practice',
    description:
      'Makes Gemini fail on purpose, such as `cut@2:frame=3,http-503:p=0.1`. `docs/faults.md` lists the faults',
  }),
} satisfies Record<string, Variable>;
