/**
 * Translates the history into Google's contents. Several messages of one side in a row become one content, and a
 * `system` message becomes a part of the user's side at its place. What a message becomes depends on nothing after it,
 * so the beginning of a conversation keeps its bytes from turn to turn: Gemini's implicit cache needs that.
 */
import type { Message } from '../../anthropic/request.ts';
import type { RequestContent } from '../../gemini/wire.ts';
import type { RequestContext } from '../context.ts';
import { summaryPlace, summaryText } from '../edits/summary.ts';
import { turnHash } from '../signatures.ts';
import type { Warn } from '../warnings.ts';
import { blockItems } from './blocks.ts';
import { type BlockPlace, type Item, type OpenCall, text } from './items.ts';
import { type AssistantMessage, ModelTurns } from './model-turn.ts';
import { refuse } from './refusals/refuse.ts';
import { withResponsesAlone } from './responses-alone.ts';
import { Signatures } from './signature-placement.ts';
import { userParts } from './user-turn.ts';

type Turn = { role: 'user'; items: Item[] } | { role: 'model'; messages: AssistantMessage[] };

/**
 * The text put before a history that begins with the model (because a client cut the history): Google wants the user to
 * begin.
 */
const OPENING = '[The start of the conversation is not shown.]';

/** The items of the blocks from `from` on. */
function messageItems(
  message: Message,
  index: number,
  from: number,
  place: Omit<BlockPlace, 'path'>,
): Item[] {
  if (typeof message.content === 'string') return text(message.content);
  const items: Item[] = [];
  message.content.forEach((block, position) => {
    if (position < from) return;
    const at = { ...place, path: `messages.${index}.content.${position}` };
    for (const item of blockItems(block, at)) items.push(item);
  });
  return items;
}

/**
 * True for a system message that no longer holds: `clear_at: next_user_message` says that it holds only until the user
 * speaks again.
 */
export function isCleared(message: Message, index: number, lastUser: number): boolean {
  return message.role === 'system' && message.clear_at === 'next_user_message' && index < lastUser;
}

export const lastUserIndex = (messages: readonly Message[]): number =>
  messages.findLastIndex((message) => message.role === 'user');

/**
 * The items of an assistant's message by the side that says them: a result of a call that this process has answered
 * comes from the user's side, and what follows it is another turn of the model.
 */
function bySide(items: readonly Item[]): { role: 'user' | 'model'; items: Item[] }[] {
  const sides: { role: 'user' | 'model'; items: Item[] }[] = [];
  for (const item of items) {
    const role = item.kind === 'result' ? 'user' : 'model';
    const last = sides.at(-1);
    if (last?.role === role) last.items.push(item);
    else sides.push({ role, items: [item] });
  }
  return sides;
}

function toTurns(
  messages: readonly Message[],
  ctx: RequestContext,
  warn: Warn,
  { cleared, isServed, numbers }: HistoryOptions,
): Turn[] {
  const turns: Turn[] = [];
  const lastUser = lastUserIndex(messages);
  const place = { warn, ctx, cleared, isServed, numbers };
  const summary = summaryPlace(messages);
  let context = '';
  messages.forEach((message, index) => {
    // Stored signatures of texts are found by this hash. Hashing a long history takes time, so no hash is made where no
    // signatures were found.
    if (message.role === 'user' && ctx.signatures.size > 0) context = turnHash(message);
    if (isCleared(message, index, lastUser) || (summary && index < summary.index)) return;
    const isFirst = index === summary?.index;
    if (isFirst) turns.push({ role: 'user', items: text(summaryText(summary.content)) });
    const items = messageItems(message, index, isFirst ? summary.position + 1 : 0, place);
    if (items.length === 0) return;
    if (message.role !== 'assistant') addTurn(turns, 'user', items, context);
    else if (!items.some(({ kind }) => kind === 'result')) addTurn(turns, 'model', items, context);
    else for (const side of bySide(items)) addTurn(turns, side.role, side.items, context);
  });
  return turns;
}

function addTurn(turns: Turn[], role: Turn['role'], items: Item[], context: string): void {
  const last = turns.at(-1);
  if (role === 'model') {
    const said = { items, context };
    if (last?.role === 'model') last.messages.push(said);
    else turns.push({ role: 'model', messages: [said] });
  } else if (last?.role === 'user') {
    // No spread: a message may hold more blocks than a function may have arguments.
    for (const item of items) last.items.push(item);
  } else {
    turns.push({ role: 'user', items });
  }
}

/** How the history is translated. `echoes`: the parts about its own tools that Google takes back. */
export type HistoryOptions = Pick<BlockPlace, 'cleared' | 'isServed' | 'numbers'> & {
  readonly echoes: ReadonlySet<string>;
};

export function toContents(
  messages: readonly Message[],
  ctx: RequestContext,
  warn: Warn,
  options: HistoryOptions,
): RequestContent[] {
  const signatures = new Signatures(ctx);
  const modelTurns = new ModelTurns(ctx.model, signatures, options.echoes, warn);
  const contents: RequestContent[] = [];
  let calls: OpenCall[] = [];
  const add = (role: RequestContent['role'], parts: RequestContent['parts']) => {
    const last = contents.at(-1);
    if (parts.length === 0) return;
    if (last?.role !== role) contents.push({ role, parts });
    else for (const part of parts) last.parts.push(part);
  };
  for (const turn of toTurns(messages, ctx, warn, options)) {
    if (turn.role === 'user') {
      add('user', userParts(turn.items, calls, ctx.model, warn));
      calls = [];
      continue;
    }
    const { parts, calls: made } = modelTurns.read(turn.messages);
    if (contents.length === 0 && parts.length > 0) {
      warn(
        'history-repaired',
        'messages.0',
        'a history that starts with the model gets a user turn before it',
      );
      add('user', [{ text: OPENING }]);
    }
    add('model', parts);
    calls = made;
  }
  add('user', userParts([], calls, ctx.model, warn));
  signatures.report(warn);
  if (contents.length === 0) {
    refuse('messages: text content blocks must be non-empty');
  }
  return ctx.model.responsesAlone ? withResponsesAlone(contents) : contents;
}
