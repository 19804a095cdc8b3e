/**
 * Says whether an address stood in the conversation. Only such pages may be fetched (Anthropic's rule): a model that a
 * page has talked into it cannot carry anything away in an address that it makes up.
 */
import type { ContentBlock } from '../../../anthropic/content.ts';
import type { Message } from '../../../anthropic/request.ts';
import type { WebFetchTool } from '../../../anthropic/server-tools.ts';
import { isObject } from '../../../lib/json.ts';

type Sources = NonNullable<WebFetchTool['url_sources']>;
type Filter = Sources['client_tool_results'];

/** What contributes by this filter; everything where it is not set. */
function contributes(filter: Filter, tool: string): boolean {
  const named = (filter?.tools ?? []).some(({ name }) => name === tool);
  switch (filter?.type) {
    case 'none':
      return false;
    case 'only':
      return named;
    case 'except':
      return !named;
    default:
      return true;
  }
}

/** All texts in a value, whatever its shape. Bytes and what others have encrypted are no texts. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  if (value['type'] === 'base64') return [];
  return Object.entries(value).flatMap(([key, member]) => (SILENT.has(key) ? [] : textsIn(member)));
}

const SILENT: ReadonlySet<string> = new Set([
  'type',
  'id',
  'tool_use_id',
  'file_id',
  'encrypted_content',
  'encrypted_index',
  'cache_control',
  'signature',
]);

/** The tools of Anthropic's servers whose results contribute, by the type of the result. */
const SERVER_RESULTS: Readonly<Record<string, string>> = {
  web_search_tool_result: 'web_search',
  web_fetch_tool_result: 'web_fetch',
};

function textsOfBlock(
  block: ContentBlock,
  role: Message['role'],
  tools: ReadonlyMap<string, string>,
  sources: Sources,
) {
  const server = Object.hasOwn(SERVER_RESULTS, block.type) ? SERVER_RESULTS[block.type] : undefined;
  if (server !== undefined && 'content' in block)
    return contributes(sources.server_tool_results, server) ? textsIn(block.content) : [];
  if (role !== 'user') return [];
  if (block.type !== 'tool_result') return sources.user_input?.type === 'none' ? [] : textsIn(block);
  const tool = tools.get(block.tool_use_id) ?? '';
  return contributes(sources.client_tool_results, tool) ? textsIn(block.content) : [];
}

/** The texts of a conversation from which addresses may be taken. */
export function textsWithUrls(messages: readonly Message[], sources: Sources = {}): string[] {
  const tools = new Map<string, string>();
  for (const { content } of messages)
    for (const block of typeof content === 'string' ? [] : content)
      if (block.type === 'tool_use') tools.set(block.id, block.name);
  return messages.flatMap(({ role, content }) => {
    if (typeof content !== 'string')
      return content.flatMap((block) => textsOfBlock(block, role, tools, sources));
    return role === 'user' && sources.user_input?.type !== 'none' ? [content] : [];
  });
}

/** ASCII alone: other letters could change the length of the text. */
const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** What may follow an address in a text, and is no part of it. */
const AFTER =
  /^(?:$|[\s<>"'`)\]}|\\,;]|[.!?:*_](?:$|[\s<>"'`)\]}|\\,;*_.!?:])|[\u3000-\u303f\uff00-\uffef\u2018-\u201f\u2014\u2026\u060c\u061b\u061f\u06d4\u200b-\u200f\u202a-\u202e\u2060-\u2069])/;
/** Characters at the end of a text before an address that would make the address a part of a longer word. */
const BEFORE = /[\w.@%~+-]$/;

type Wanted = { host: string; rest: string };

/** The spellings of an address without its scheme, fragment and last slash. */
function spellings(url: string): Wanted[] {
  const parsed = URL.parse(url);
  if (!parsed) return [];
  const forms = new Set([url, parsed.href]);
  try {
    forms.add(decodeURI(parsed.href));
  } catch {
    // An address with a percent sign that stands for nothing has no other spelling.
  }
  return [...forms].flatMap((form) => {
    const [, host = '', rest = ''] = /^https?:\/\/([^/?#]+)([^#]*)/i.exec(form.trim()) ?? [];
    return host === '' ? [] : [{ host: lower(host), rest: rest.replace(/\/$/, '') }];
  });
}

function standsIn(text: string, folded: string, { host, rest }: Wanted): boolean {
  for (let at = folded.indexOf(host); at >= 0; at = folded.indexOf(host, at + 1)) {
    const end = at + host.length + rest.length;
    if (!text.startsWith(rest, at + host.length)) continue;
    const before = folded.slice(Math.max(0, at - 8), at);
    const isWhole = before.endsWith('://') || !(before.endsWith('/') || BEFORE.test(before));
    const after = text.slice(end, end + 2);
    const isOver = AFTER.test(after) || AFTER.test(after.replace(/^\//, '')) || after.startsWith('#');
    if (isWhole && isOver) return true;
  }
  return false;
}

/** A text with the hosts of its addresses in ASCII, as the model may write them, too. */
const inAscii = (text: string): string =>
  text.replace(/(?<=:\/\/)[^\s/?#<>"'`)\]}\\]{1,255}/g, (host) =>
    /[\u0080-\uffff]/.test(host) ? (URL.parse(`https://${host}`)?.host ?? host) : host,
  );

/** Looks for addresses in texts, which it folds once. */
export class KnownUrls {
  readonly #texts: readonly { text: string; folded: string }[];

  constructor(texts: readonly string[]) {
    // Texts that are JSON may write a slash as an escape, and those that are HTML an ampersand.
    const plain = texts.map((text) => text.replaceAll('\\/', '/').replaceAll('&amp;', '&'));
    const spelled = new Set(plain.flatMap((text) => [text, inAscii(text)]));
    this.#texts = [...spelled].map((text) => ({ text, folded: lower(text) }));
  }

  has(url: string): boolean {
    const wanted = spellings(url);
    return this.#texts.some(({ text, folded }) => wanted.some((one) => standsIn(text, folded, one)));
  }
}
