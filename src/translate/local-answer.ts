/**
 * Finds small requests of Claude Code that need no model (`LOCAL_ANSWERS`), by their shape alone: no word of a user
 * decides. Why these, and not suggestions: docs/decisions/0117.
 */
import type { Message, MessagesRequest } from '../anthropic/request.ts';
import { isObject } from '../lib/json.ts';
import type { AnsweredCaller } from './caller.ts';

export type LocalAnswer =
  /** The title of a session, as the JSON that was asked for. */
  | { kind: 'title'; text: string }
  /** A request for one token, whose sender reads no more than the status. Nothing is written. */
  | { kind: 'probe' };

/** The text of the only message; undefined where there is more than one message, or something else than text. */
function onlyText(messages: readonly Message[]): string | undefined {
  const [message] = messages;
  if (messages.length !== 1 || message?.role !== 'user') return undefined;
  const { content } = message;
  if (typeof content === 'string') return content;
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return texts.length === content.length ? texts.join('\n') : undefined;
}

/** True for a schema of one text called `title`, and nothing beside it. */
function asksForTitle({ output_config, output_format }: MessagesRequest): boolean {
  const schema: unknown = (output_config?.format ?? output_format)?.schema;
  if (!isObject(schema) || schema['type'] !== 'object' || !isObject(schema['properties'])) return false;
  const { title, ...others } = schema['properties'];
  return isObject(title) && title['type'] === 'string' && Object.keys(others).length === 0;
}

const isPlain = ({ thinking, stop_sequences }: MessagesRequest): boolean =>
  (thinking === undefined || thinking === null || thinking.type === 'disabled') &&
  (stop_sequences?.length ?? 0) === 0;

/** Characters of the user's text that are looked at. */
const READ = 2_000;
/** Characters of a title. */
const LONGEST = 50;

/** The user's words: what the first element holds, where the client has put them into one (`<session>`). */
function userWords(text: string): string {
  const trimmed = text.trim();
  const name = /^<([a-z][\w-]*)>/.exec(trimmed)?.[1];
  if (name === undefined) return trimmed;
  const start = name.length + 2;
  const end = trimmed.indexOf(`</${name}>`, start);
  return trimmed.slice(start, end < 0 ? undefined : end).trim();
}

const WORD = /[\p{L}\p{N}]/u;
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** The first words of the first line that has any; undefined where no line has one. */
export function titleFrom(text: string): string | undefined {
  const lines = userWords(text).slice(0, READ).split(/\r?\n/);
  const line = lines.find((each) => WORD.test(each));
  if (line === undefined) return undefined;
  const whole = line.slice(line.search(WORD)).replace(/\s+/g, ' ').trim();
  let title = '';
  for (const { segment } of words.segment(whole)) {
    if (title.length + segment.length > LONGEST) break;
    title += segment;
  }
  if (title === '') title = [...whole].slice(0, LONGEST / 2).join('');
  const [first = '', ...rest] = title.trimEnd();
  const shown = `${first.toUpperCase()}${rest.join('')}`;
  return shown.length < whole.length ? `${shown}…` : shown;
}

function titleAnswer(request: MessagesRequest): LocalAnswer | undefined {
  const text = asksForTitle(request) ? onlyText(request.messages) : undefined;
  const title = text === undefined ? undefined : titleFrom(text);
  return title === undefined ? undefined : { kind: 'title', text: JSON.stringify({ title }) };
}

const isProbe = ({ max_tokens, system, stream, messages }: MessagesRequest): boolean =>
  max_tokens === 1 && stream !== true && (system?.length ?? 0) === 0 && onlyText(messages) !== undefined;

/** The answer to a request that needs no model; undefined for every other request. */
export function localAnswer(request: MessagesRequest, caller: AnsweredCaller): LocalAnswer | undefined {
  if (!isPlain(request)) return undefined;
  if (caller === 'title') return titleAnswer(request);
  return caller === 'helper' && isProbe(request) ? { kind: 'probe' } : undefined;
}
