/**
 * Reads the gist of a client's request: its caller, the user's own words, and the results of tools. System prompts,
 * declarations of tools, settings and the model's turns are left out. What Claude Code itself writes around words and
 * results is left out, too, because it is worded anew in many versions (seen in 2.1.113 to 2.1.332).
 */

import type { ContentBlock, ToolResultBlock } from '../../anthropic/content.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import type { CountTokensRequest, Message } from '../../anthropic/request.ts';
import { parseCountTokensRequest, parseMessagesRequest } from '../../anthropic/validate.ts';
import { canonicalJson, isObject } from '../../lib/json.ts';
import type { Gist, ReadGist } from '../../sim/gist.ts';
import { callerClass } from '../../translate/caller.ts';

/** A text that Claude Code puts around what is said. `keep` is what remains of it. */
type Wording = { why: string; text: RegExp; keep: string };

/** What a notification says. The rest is advice for the model, costs, and paths. */
const NOTIFIED = ['task-id', 'status', 'summary', 'result'];

const WORDINGS: readonly Wording[] = [
  { why: 'said when a deferred tool was loaded', text: /^Tool loaded\.(?:\n\[id:[^\]\n]+\])*\s*$/, keep: '' },
  {
    why: 'a subagent that works in the background, or has ended',
    text: /^(?:Async agent launched[\s\S]*?\n)?(agentId: [\w-]+)[\s\S]*$/,
    keep: '$1',
  },
  {
    why: 'a command that goes on in the background; before it stands what it has printed',
    text: /(^|\n)Command [^\n]*?\b(ID: [a-z][0-9a-z]{8})\b[\s\S]*$/,
    keep: '$1$2',
  },
  {
    why: 'what is left of a conversation that was summarised; the summary is the words of a model',
    text: /^This session is being continued from a previous conversation[\s\S]*$/,
    keep: 'a summary of what was said before',
  },
];

/**
 * `text` with each `<tag>…</tag>` replaced. The time is linear in the length of `text`. A pattern would need quadratic
 * time where many tags are opened and none is closed.
 */
function withTags(text: string, tag: string, replacement: (inner: string) => string): string {
  const [open, close] = [`<${tag}>`, `</${tag}>`];
  let result = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf(open, at);
    const end = start < 0 ? -1 : text.indexOf(close, start);
    if (end < 0) return result + text.slice(at);
    result += text.slice(at, start) + replacement(text.slice(start + open.length, end));
    at = end + close.length;
  }
}

/** All that stands in `<tag>…</tag>`. */
function inTags(text: string, tag: string): string[] {
  const found: string[] = [];
  withTags(text, tag, (inner) => {
    found.push(inner);
    return '';
  });
  return found;
}

const notified = (inner: string): string =>
  NOTIFIED.flatMap((tag) => inTags(inner, tag).map((said) => `${tag}: ${said}`)).join('\n');

/** Newer versions wrap a notification in a reminder. */
const remindedOf = (inner: string): string =>
  inTags(inner, 'task-notification')
    .map((one) => `<task-notification>${one}</task-notification>`)
    .join('\n');

/** The words for which a title is wanted: newer versions put them between tags, and say behind these how to write it. */
function sessionWords(text: string): string {
  const isTitled = text.trimStart().startsWith('<session>');
  return isTitled ? (inTags(text, 'session')[0] ?? text) : text;
}

/** The text without what Claude Code adds. */
function ownWords(text: string): string {
  const reminded = withTags(text, 'system-reminder', remindedOf);
  const brief = withTags(reminded, 'task-notification', notified);
  const said = sessionWords(withTags(brief, 'local-command-caveat', () => ''));
  return WORDINGS.reduce((left, { text: form, keep }) => left.replace(form, keep), said).trim();
}

const digest = (value: unknown): string =>
  new Bun.CryptoHasher('sha256').update(canonicalJson(value)).digest('hex');

/** Blocks that older versions put behind the result of the tool that has read them, and newer ones into it. */
const MEDIA = ['image', 'document'];

const isMedium = ({ type }: { type: string }): boolean => MEDIA.includes(type);

/** A picture, a document or another block, by its content. A cache marker is not content. */
function blockText(block: object): string {
  const { cache_control: _, ...content } = block as Record<string, unknown>;
  if (content['type'] === 'text') return ownWords(String(content['text']));
  if (content['type'] === 'tool_reference') return `tool ${content['tool_name']}`;
  return `${content['type']} ${digest(isObject(content['source']) ? content['source'] : content)}`;
}

const joined = (texts: readonly string[]): string => texts.filter((text) => text !== '').join('\n');

const blocksOf = ({ content }: Message): readonly ContentBlock[] => blocksIn(content);

const blocksIn = <T>(content: string | readonly T[]): readonly (T | { type: 'text'; text: string })[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

const isResult = (block: ContentBlock): block is ToolResultBlock => block.type === 'tool_result';

type Turn = { results: string[]; words: string[]; media: string[] };

function addResult({ results, media }: Turn, { content, is_error: isError }: ToolResultBlock): void {
  const blocks = blocksIn(content ?? []);
  results.push(
    `${isError ? 'error' : 'result'}: ${joined(blocks.filter((one) => !isMedium(one)).map(blockText))}`,
  );
  media.push(...blocks.filter(isMedium).map(blockText));
}

/** What the user's side says, from one turn of the model to the next, in however many messages. */
function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  let isNewTurn = true;
  for (const message of messages) {
    if (message.role === 'assistant') isNewTurn = true;
    if (message.role !== 'user') continue;
    const turn = (isNewTurn ? undefined : turns.at(-1)) ?? { results: [], words: [], media: [] };
    if (isNewTurn) turns.push(turn);
    isNewTurn = false;
    for (const block of blocksOf(message)) {
      if (isResult(block)) addResult(turn, block);
      else turn[isMedium(block) ? 'media' : 'words'].push(blockText(block));
    }
  }
  return turns;
}

function saidIn(messages: readonly Message[], caller: string): string[] {
  const turns = turnsOf(messages);
  // The last words are Claude Code's own: how a summary is to be written.
  if (caller === 'compaction') turns.at(-1)?.words.splice(0);
  const last = messages.at(-1);
  const begun = last?.role === 'assistant' ? [`begun: ${joined(blocksOf(last).map(blockText))}`] : [];
  return [
    ...turns.flatMap(({ results, words, media }) => [...results, ...media, `words: ${joined(words)}`]),
    ...begun,
  ];
}

function parsed(path: string, body: unknown): CountTokensRequest | undefined {
  try {
    return path.endsWith('/count_tokens') ? parseCountTokensRequest(body) : parseMessagesRequest(body);
  } catch (error) {
    if (error instanceof MessagesError) return undefined;
    throw error;
  }
}

export const readClientGist: ReadGist = ({ path, headers }, body): Gist | undefined => {
  const request = parsed(path, body);
  if (!request) return undefined;
  const agentId = headers['x-claude-code-agent-id'];
  const caller = callerClass(request, { userAgent: headers['user-agent'], agentId });
  const { messages } = request;
  return { caller, length: messages.length, agent: agentId, said: saidIn(messages, caller) };
};

/** As it stands in the JSON of a request. */
const FOLDER = /\bPrimary working directory: (.+?)(?=\\n|")/;

/** The folder in which the client works, as it says itself; undefined where it does not say. */
export const readClientFolder = (body: string): string | undefined => FOLDER.exec(body)?.[1];
