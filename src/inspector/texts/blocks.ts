/** The blocks of messages, as people read a conversation: results stand under their calls. */
import { isObject } from '../../lib/json.ts';
import type { Block, Message, Text } from '../shapes.ts';
import { readable } from './opened.ts';
import { textFrom } from './text.ts';

type Fields = Record<string, unknown>;

/** The numbers of the warnings at a path, or within it. */
export type WarningsAt = (path: string) => readonly number[];

/** The arguments that say most, the most telling first. */
const TELLING = [
  'command',
  'file_path',
  'notebook_path',
  'pattern',
  'query',
  'url',
  'description',
  'prompt',
  'path',
];
const MOST_BRIEF = 120;

function briefOf(input: unknown): string {
  if (!isObject(input)) return '';
  const said = TELLING.map((name) => input[name]).find((value) => typeof value === 'string');
  const text =
    typeof said === 'string' ? said : (Object.values(input).find((value) => typeof value === 'string') ?? '');
  const line = String(text).split('\n', 1)[0] ?? '';
  return line.length <= MOST_BRIEF ? line : `${line.slice(0, MOST_BRIEF - 1).toWellFormed()}…`;
}

export const blocksIn = (content: unknown): Fields[] => {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter(isObject) : [];
};

/** The base64 of a block's bytes, and their type; undefined for other blocks. */
function mediaIn({ source }: Fields): { mediaType: string; data: string } | undefined {
  if (!isObject(source) || source['type'] !== 'base64') return undefined;
  return { mediaType: String(source['media_type']), data: String(source['data']) };
}

/** `at`: gives the address of a place in the same JSON. */
export type Reading = {
  at(path: string): string;
  warnings: WarningsAt;
  /** The results by the ids of their calls, and where each stands. */
  results: ReadonlyMap<string, { block: Fields; path: string }>;
  /** Milliseconds that the client took for the call with this id, where they are known. */
  clientMs(id: string): number | undefined;
};

export class BlockReader {
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  message(message: Fields, path: string): Message {
    const content = blocksIn(message['content']);
    const isText = typeof message['content'] === 'string';
    const inner = path === '' ? 'content' : `${path}.content`;
    const blocks = content.flatMap((block, index) =>
      this.#isUnderCall(block) ? [] : [this.#block(block, isText ? path : `${inner}.${index}`, isText)],
    );
    const results = content.filter((block) => this.#isUnderCall(block)).length;
    return { role: String(message['role']), path, blocks, ...(results > 0 ? { results } : {}) };
  }

  #isUnderCall({ type, tool_use_id: id }: Fields): boolean {
    return type === 'tool_result' && this.#reading.results.has(String(id));
  }

  #block(block: Fields, path: string, isText: boolean): Block {
    const numbers = this.#reading.warnings(path);
    const warnings = numbers.length > 0 ? { warnings: numbers } : {};
    const text = (name: string): Text => this.#text(block[name], `${path}.${isText ? 'content' : name}`);
    switch (block['type']) {
      case 'text':
        return { type: 'text', text: text('text'), ...warnings };
      case 'thinking':
        return { type: 'thinking', text: text('thinking'), hidden: !block['thinking'], ...warnings };
      case 'redacted_thinking':
        return { type: 'thinking', text: { text: '', length: 0 }, hidden: true, ...warnings };
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use':
        return { ...this.#call(block, path), ...warnings };
      default:
        return { ...this.#other(block, path), ...warnings };
    }
  }

  #text(value: unknown, path: string): Text {
    return textFrom(value === undefined || value === null ? '' : readable(value), this.#reading.at(path));
  }

  #call(block: Fields, path: string): Extract<Block, { type: 'call' }> {
    const { input } = block;
    const edit =
      isObject(input) && typeof input['old_string'] === 'string' ? this.#edit(input, path) : undefined;
    const id = String(block['id']);
    const result = this.#result(id);
    return {
      type: 'call',
      id,
      name: String(block['name']),
      brief: briefOf(input),
      input: this.#text(input ?? {}, `${path}.input`),
      ...(edit ? { edit } : {}),
      ...(result ? { result } : {}),
    };
  }

  #edit(input: Fields, path: string) {
    return {
      path: String(input['file_path'] ?? input['path'] ?? ''),
      removed: this.#text(input['old_string'], `${path}.input.old_string`),
      added: this.#text(input['new_string'], `${path}.input.new_string`),
    };
  }

  #result(id: string): NonNullable<Extract<Block, { type: 'call' }>['result']> | undefined {
    const found = this.#reading.results.get(id);
    if (!found) return undefined;
    const { block, path } = found;
    const parts = blocksIn(block['content']);
    const texts = parts.filter(({ type }) => type === 'text');
    const others = parts.filter(({ type }) => type !== 'text').map(({ type }) => String(type));
    const [only] = texts;
    const text =
      texts.length === 1 && parts.length === 1 && only
        ? this.#text(
            only['text'],
            typeof block['content'] === 'string' ? `${path}.content` : `${path}.content.0.text`,
          )
        : this.#text(texts.map(({ text: one }) => String(one)).join('\n'), `${path}.content`);
    const clientMs = this.#reading.clientMs(id);
    return {
      text,
      isError: block['is_error'] === true,
      ...(others.length > 0 ? { note: `with ${others.join(', ')}` } : {}),
      ...(clientMs === undefined ? {} : { clientMs }),
    };
  }

  #other(block: Fields, path: string): Block {
    const media = mediaIn(block);
    if (media) {
      const at = this.#reading.at(`${path}.source.data`);
      return {
        type: 'media',
        mediaType: media.mediaType,
        bytes: Math.floor((media.data.length * 3) / 4),
        at,
      };
    }
    return { type: 'other', kind: String(block['type']), text: this.#text(block, path) };
  }
}

/** All results in messages, by the ids of their calls. */
export function resultsIn(messages: readonly Fields[]): Map<string, { block: Fields; path: string }> {
  const calls = new Set(
    messages.flatMap(({ content }) =>
      blocksIn(content).flatMap(({ id }) => (typeof id === 'string' ? [id] : [])),
    ),
  );
  const results = new Map<string, { block: Fields; path: string }>();
  for (const [index, { content }] of messages.entries()) {
    for (const [position, block] of blocksIn(content).entries()) {
      const id = block['tool_use_id'];
      if (block['type'] !== 'tool_result' || typeof id !== 'string' || !calls.has(id)) continue;
      results.set(id, { block, path: `messages.${index}.content.${position}` });
    }
  }
  return results;
}
