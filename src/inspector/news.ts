/**
 * What is new in a request, as raw text: it is taken while the request is parsed anyhow, since nobody parses it again
 * for a list. Secrets are hidden when it is shown, and only then it is cut to what is shown.
 */
import type { ContentBlock } from '../anthropic/content.ts';
import type { Message } from '../anthropic/request.ts';
import { contentHash } from '../lib/hash.ts';
import { isObject, tryParseJson } from '../lib/json.ts';

/**
 * Characters that are kept of a text of which `SHOWN` are shown. The rest is there to recognise a secret that begins in
 * the part that is shown.
 */
const KEPT = 4_000;
export const SHOWN = 160;

const REMINDER = /^\s*<(system-reminder|local-command-stdout|command-name|command-message)\b/;

export type RawNews =
  | { kind: 'words'; text: string }
  /** What a body that was refused has where a model and words belong. */
  | { kind: 'refused'; model: string; text: string }
  /** `names` of the tools whose results came. */
  | { kind: 'results'; names: readonly string[] }
  | { kind: 'nothing' };

/** A long text is copied: a slice of a text keeps the whole text in memory. */
const beginning = (text: string): string =>
  text.length <= KEPT ? text : Buffer.from(text.slice(0, KEPT)).toString();

const blocksOf = ({ content }: Message): readonly ContentBlock[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

/** The words of a message, without what Claude Code puts before them. */
function wordsOf(message: Message): string | undefined {
  const texts = blocksOf(message).flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return texts.findLast((text) => !REMINDER.test(text) && text.trim() !== '') ?? texts.at(-1);
}

function toolNames(ids: readonly string[], messages: readonly Message[], at: number): string[] {
  const called = messages.findLast(({ role }, index) => index < at && role === 'assistant');
  const names = new Map(
    (called ? blocksOf(called) : []).flatMap((block) =>
      block.type === 'tool_use' ? [[block.id, block.name] as const] : [],
    ),
  );
  return ids.map((id) => names.get(id) ?? 'a tool');
}

export function newsIn(messages: readonly Message[]): RawNews {
  const at = messages.findLastIndex(({ role }) => role !== 'system');
  const last = messages[at];
  if (!last) return { kind: 'nothing' };
  const ids = blocksOf(last).flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
  if (ids.length > 0) return { kind: 'results', names: toolNames(ids, messages, at) };
  const words = wordsOf(last);
  return words === undefined ? { kind: 'nothing' } : { kind: 'words', text: beginning(words) };
}

/** Bytes. A larger body is not read for a request that was refused anyhow. */
const MOST_READ = 200_000;

const textIn = (value: unknown): string => (typeof value === 'string' ? beginning(value) : '');

/** The last words and the model of a body that could not be understood, where they stand in their places. */
export function newsInRefused(bytes: Uint8Array): RawNews {
  const body = bytes.length > MOST_READ ? undefined : tryParseJson(new TextDecoder().decode(bytes));
  if (!isObject(body)) return { kind: 'nothing' };
  const { model, messages } = body;
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  const content = isObject(last) ? last['content'] : undefined;
  const block: unknown = Array.isArray(content)
    ? content.findLast((one) => isObject(one) && 'text' in one)
    : undefined;
  const text = isObject(block) ? block['text'] : content;
  return { kind: 'refused', model: textIn(model), text: textIn(text) };
}

/** How a conversation began. `hash`: of the first words of a subagent, by which the call is found that it was started with. */
export type Opening = { text: string; hash: string | undefined };

const isUsers = ({ role }: Message) => role === 'user';

export function openingOf(messages: readonly Message[], isAgents: boolean): Opening | undefined {
  const first = messages.find(isUsers);
  const words = first && wordsOf(first);
  return words === undefined
    ? undefined
    : { text: beginning(words), hash: isAgents ? promptHash(words) : undefined };
}

export const promptHash = (prompt: string): string => contentHash(prompt.trim());

/** True where nothing was answered yet in the conversation. */
export const isBeginning = (messages: readonly Message[]): boolean =>
  messages.every(({ role }) => role !== 'assistant');
