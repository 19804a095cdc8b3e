/** What a question about a call quotes of the conversation: the user's own words, and the calls before. */
import type { Message } from '../../anthropic/request.ts';

/** `arguments`: as JSON, cut where they are long. */
export type QuotedCall = { tool: string; arguments: string };

const MOST_WORDS = 16_000;
const MOST_TEXT = 4_000;
const MOST_CALLS = 8;
const MOST_ARGUMENTS = 1_500;

/**
 * Tags around what the client, a hook or a command has put beside the user's words. What files and programs say must not
 * pass for the user's will.
 */
const NOT_THE_USER =
  /<(system-reminder|task-notification|local-command-[\w-]+|bash-(?:stdout|stderr)|ide_[\w]+|[\w-]+-hook|new-diagnostics|environment_[\w]+)>[\s\S]*?(?:<\/\1>|$)/g;

/** With these words Claude Code begins a summary, which a model has written. */
const SUMMARY = 'This session is being continued from a previous conversation';

/** The beginning and the end of a long text. */
const ends = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most / 2)} […] ${text.slice(-most / 2)}`;

/** Texts of the user's messages. Results of tools are left out: anybody may have written what is in them. */
function userTexts({ role, content }: Message): string[] {
  if (role !== 'user') return [];
  const texts =
    typeof content === 'string'
      ? [content]
      : content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return texts
    .map((text) => text.replace(NOT_THE_USER, '').trim())
    .filter((text) => text !== '' && !text.startsWith(SUMMARY));
}

const callsIn = ({ role, content }: Message): QuotedCall[] =>
  role !== 'assistant' || typeof content === 'string'
    ? []
    : content.flatMap((block) => (block.type === 'tool_use' ? [quotedCall(block.name, block.input)] : []));

export const quotedCall = (tool: string, args: unknown): QuotedCall => ({
  tool,
  arguments: ends(JSON.stringify(args) ?? '', MOST_ARGUMENTS),
});

/** The latest words and calls, oldest first. The words with which the user began are always among them. */
export function quotedHistory(messages: readonly Message[]): { said: string[]; calls: QuotedCall[] } {
  const [first, ...rest] = messages.flatMap(userTexts).map((text) => ends(text, MOST_TEXT));
  const latest: string[] = [];
  let left = MOST_WORDS;
  for (const text of rest.toReversed()) {
    left -= text.length;
    if (left < 0) break;
    latest.unshift(text);
  }
  return {
    said: first === undefined ? [] : [first, ...latest],
    calls: messages
      .slice(-2 * MOST_CALLS)
      .flatMap(callsIn)
      .slice(-MOST_CALLS),
  };
}
