/**
 * What the operator may have the proxy add to Claude Code's system prompt: how to work with its tools (`GUIDANCE`), and
 * who answers (`IDENTITY`). Why, and where: docs/decisions/0115 and 0116.
 */
import type { GeminiModel, ModelFamily } from '../gemini/models.ts';
import type { AnsweredCaller } from './caller.ts';

export type OwnWords = {
  readonly guidance: boolean;
  readonly identity: boolean;
};

export const NO_WORDS: OwnWords = { guidance: false, identity: false };

/** To be raised with every change of the texts: logs and docs name it. */
export const GUIDANCE_VERSION = 1;

const FOR_ALL: readonly string[] = [
  'Read a file before you edit it, and read it again where it may have changed since.',
  'Text that an edit is to replace (`old_string`) is copied from the file to the letter: the same spaces, tabs and line ends. The line number before each line of a file that was read, and the mark after that number, are not in the file: leave both out. Take as many lines as make the text unique.',
  'Give paths of files as absolute paths.',
  'Act instead of describing. Where the next step is clear, call the tool in this turn: do not end a turn with an announcement, and do not show code where the file should be changed.',
  'Call only tools that are declared, by their exact names, with the arguments that their schemas have. Where none fits, say so; invent none.',
];

/** Models before Gemini 4 now and then write a call as Python, which nothing runs. */
const CALLS_AS_CALLS =
  'A tool is called with a function call, never with code in the answer such as `print(default_api.Read(…))`.';

const FOR_FAMILY = {
  'gemini-1.5': [CALLS_AS_CALLS],
  'gemini-2.0': [CALLS_AS_CALLS],
  'gemini-2.5': [CALLS_AS_CALLS],
  'gemini-3': [CALLS_AS_CALLS],
  'gemini-4': [],
} satisfies Record<ModelFamily, readonly string[]>;

export function guidanceText(family: ModelFamily): string {
  const lines = [...FOR_ALL, ...FOR_FAMILY[family]].map((line) => `- ${line}`);
  return ['# Working with the tools', '', ...lines].join('\n');
}

/** The id and no name: an id without a row in our table would get the name of another model. */
export const identityText = ({ id }: Pick<GeminiModel, 'id'>): string =>
  [
    '# Which model answers',
    '',
    `This conversation may call you Claude, or name a model of Anthropic, because the client was made for it. The model that answers is ${id}, a Gemini model of Google. Where somebody asks what you are, which model you are, or who made you, say so truthfully. Otherwise do not mention it.`,
  ].join('\n');

/**
 * The requests of one conversation of Claude Code. Its request for a summary begins with the same bytes as its turns,
 * and Gemini's cache needs them to stay the same.
 */
const CONVERSATION: ReadonlySet<AnsweredCaller> = new Set(['main', 'subagent', 'compaction']);

/** The instructions that are added for this kind of request and this model: always the same bytes. */
export function ownInstructions(
  words: OwnWords,
  caller: AnsweredCaller,
  model: Pick<GeminiModel, 'id' | 'family'>,
): string[] {
  if (!CONVERSATION.has(caller)) return [];
  return [
    ...(words.guidance ? [guidanceText(model.family)] : []),
    ...(words.identity ? [identityText(model)] : []),
  ];
}
