/**
 * Finds the client's cache marks (`cache_control`) in a translated request: each is a place up to which the client wants
 * the prompt kept, and for how long.
 */
import { MessagesError } from '../../anthropic/errors.ts';
import type { Message, MessagesRequest } from '../../anthropic/request.ts';
import { type Cut, HEAD, isBefore, placeToCut } from '../../gemini/cached-contents.ts';
import type { GenerateContentRequest, RequestContent } from '../../gemini/wire.ts';
import type { RequestContext } from '../context.ts';
import { toPrompt } from './prompt.ts';

export type CacheTtl = '5m' | '1h';
export type CacheMark = { readonly cut: Cut; readonly ttl: CacheTtl };

/** Anthropic takes four. The rest of them are not looked at: each may cost a translation. */
const MOST_MARKS = 4;

/** The place of a mark in the history: after this block of this message. */
type Marked = { message: number; block: number; ttl: CacheTtl };

/** The places in order, without doubles. `body` is `request`, translated with `ctx`. */
export function cacheMarks(
  request: MessagesRequest,
  body: GenerateContentRequest,
  ctx: RequestContext,
): CacheMark[] {
  const head = [...(Array.isArray(request.system) ? request.system : []), ...(request.tools ?? [])]
    .flatMap(({ cache_control: mark }) => ttlOf(mark))
    .at(-1);
  const inHistory = marksIn(request).slice(-MOST_MARKS);
  const marks: CacheMark[] = [
    ...(head ? [{ cut: HEAD, ttl: head }] : []),
    ...inHistory.map((marked) => ({ cut: placeOf(marked, request, body, ctx), ttl: marked.ttl })),
  ].map(({ cut, ttl }) => ({ cut: placeToCut(body, cut), ttl }));
  return marks.filter(({ cut }, index) => {
    const before = marks[index - 1];
    return before === undefined || isBefore(before.cut, cut);
  });
}

function ttlOf(mark: unknown): CacheTtl[] {
  if (typeof mark !== 'object' || mark === null) return [];
  return ['ttl' in mark && mark.ttl === '1h' ? '1h' : '5m'];
}

/** A mark of the whole request stands for one on its last block. */
function marksIn({ messages, cache_control: ofRequest }: MessagesRequest): Marked[] {
  const marks = messages.flatMap((message, index) =>
    blockMarks(message).map((mark): Marked => ({ message: index, ...mark })),
  );
  const last = messages.length - 1;
  const end = { message: last, block: lastBlock(messages[last]) };
  return [...marks, ...ttlOf(ofRequest).map((ttl) => ({ ...end, ttl }))];
}

const lastBlock = (message: Message | undefined): number =>
  typeof message?.content === 'string' ? 0 : (message?.content.length ?? 1) - 1;

function blockMarks({ content }: Message): Omit<Marked, 'message'>[] {
  if (typeof content === 'string') return [];
  return content.flatMap((block, index) =>
    'cache_control' in block ? ttlOf(block.cache_control).map((ttl) => ({ block: index, ttl })) : [],
  );
}

/**
 * What stands before the mark is translated once more by itself: what a message becomes depends on nothing after it, so
 * the mark is where the two translations part. Claude Code's mark is at the very end, which needs no translation.
 */
function placeOf(
  { message, block }: Marked,
  request: MessagesRequest,
  body: GenerateContentRequest,
  ctx: RequestContext,
): Cut {
  const { messages } = request;
  if (message === messages.length - 1 && block >= lastBlock(messages[message]))
    return { contents: body.contents.length, parts: 0 };
  const until = messages
    .slice(0, message + 1)
    .map((one, index) =>
      index === message && typeof one.content !== 'string'
        ? ({ ...one, content: one.content.slice(0, block + 1) } as Message)
        : one,
    );
  try {
    return commonTo(toPrompt({ ...request, messages: until }, ctx, () => {}).body.contents, body.contents);
  } catch (error) {
    // A history that is cut there may be none by itself, such as one of empty texts.
    if (error instanceof MessagesError) return HEAD;
    throw error;
  }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** How far two histories are the same. */
function commonTo(some: readonly RequestContent[], all: readonly RequestContent[]): Cut {
  const whole = some.findIndex((content, index) => !isSame(content, all[index]));
  if (whole < 0) return { contents: some.length, parts: 0 };
  const [a, b] = [some[whole]?.parts ?? [], all[whole]?.parts ?? []];
  const parts = a.findIndex((part, index) => !isSame(part, b[index]));
  return { contents: whole, parts: parts < 0 ? a.length : parts };
}
