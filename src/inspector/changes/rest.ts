/** What became of the fields that were not changed. Each claim is read from the bytes that came and those that were sent. */
import { isObject } from '../../lib/json.ts';
import { toGeminiToolName } from '../../translate/tool-names.ts';
import type { Again } from '../again/translate-again.ts';
import { valueAt } from '../texts/opened.ts';
import type { Both } from './sides.ts';
import { isThinking } from './signature-places.ts';

type IsChanged = (place: string) => boolean;

/**
 * Fields of the client's that were not changed. `sent`: Gemini got the field with the same meaning. `kept`: Gemini did not
 * get the field, and the proxy does what it asks. `unsent`: nobody does.
 */
export type Rest = { sent: string[]; kept: string[]; unsent: string[] };

/** Where Gemini gets what a field says. A field that is not here is not sent. */
const TARGETS: Readonly<Record<string, string>> = {
  max_tokens: 'generationConfig.maxOutputTokens',
  temperature: 'generationConfig.temperature',
  top_p: 'generationConfig.topP',
  top_k: 'generationConfig.topK',
  thinking: 'generationConfig.thinkingConfig',
  'output_config.effort': 'generationConfig.thinkingConfig',
  'output_config.format': 'generationConfig.responseJsonSchema',
  output_format: 'generationConfig.responseJsonSchema',
  'tool_choice.type': 'toolConfig',
  'tool_choice.name': 'toolConfig',
  service_tier: 'serviceTier',
};

/** What the proxy does itself, and whether it had something to do. */
const KEPT: Readonly<Record<string, (plan: Again['plan']) => boolean>> = {
  stream: () => true,
  stop_sequences: ({ stopSequences }) => stopSequences.length > 0,
  'tool_choice.disable_parallel_tool_use': ({ parallelCalls }) => !parallelCalls,
  context_management: ({ appliedEdits, compactFirst }) =>
    (appliedEdits?.length ?? 0) > 0 || compactFirst !== undefined,
};

/** Fields that are told key by key, since their keys go to different places. */
const BY_KEY = ['output_config', 'tool_choice'];

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const inner = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The texts and arguments of content, as they stand in JSON. Undefined where there is something else, which may be sent in another form. */
function textsIn(content: unknown): string[] | undefined {
  if (typeof content === 'string') return [inner(content)];
  const texts: string[] = [];
  for (const block of listOf(content)) {
    if (!isObject(block)) return undefined;
    if (isThinking(block)) continue;
    const { type, text, input, content: result = '' } = block;
    const found =
      type === 'text' && typeof text === 'string'
        ? [inner(text)]
        : type === 'tool_use'
          ? [JSON.stringify(input)]
          : type === 'tool_result'
            ? textsIn(result)
            : undefined;
    if (!found) return undefined;
    texts.push(...found);
  }
  return texts;
}

/** How often the rest of the sent text is searched in vain. A long conversation of which nothing was sent must not hold up others. */
const MOST_MISSES = 8;

/**
 * Looks for contents in the sent text, in the order in which they came. What stands before the content that was found last
 * is not searched again, so all contents together cost one walk. After too many misses nothing is found any more.
 */
class InOrder {
  readonly #text: string;
  #from = 0;
  #misses = 0;

  constructor(text: string) {
    this.#text = text;
  }

  has(content: unknown): boolean {
    const texts = textsIn(content);
    if (!texts) return false;
    const begin = this.#from;
    let [cursor, first] = [begin, Number.POSITIVE_INFINITY];
    for (const text of texts) {
      const at = this.#after(text, cursor) ?? this.#after(text, begin);
      if (at === undefined) return false;
      cursor = at + text.length;
      first = Math.min(first, at);
    }
    if (texts.length > 0) this.#from = first;
    return true;
  }

  #after(text: string, from: number): number | undefined {
    if (this.#misses >= MOST_MISSES) return undefined;
    const at = this.#text.indexOf(text, from);
    if (at >= 0) return at;
    this.#misses++;
    return undefined;
  }
}

/** `messages.0 – messages.2` */
function runs(indices: readonly number[]): string[] {
  const found: [first: number, last: number][] = [];
  for (const index of indices) {
    const last = found.at(-1);
    if (last?.[1] === index - 1) last[1] = index;
    else found.push([index, index]);
  }
  return found.map(([first, last]) =>
    first === last ? `messages.${first}` : `messages.${first} – messages.${last}`,
  );
}

function messagesOf(messages: readonly unknown[], { sent }: Both, isChanged: IsChanged): Rest {
  const indices = [...messages.keys()];
  const contentOf = (index: number) => valueAt(messages[index], 'content');
  const inSent = new InOrder(sent.text);
  const same = indices.filter((index) => !isChanged(`messages.${index}`) && inSent.has(contentOf(index)));
  const thinking = indices.filter((index) =>
    listOf(contentOf(index)).some((one) => isObject(one) && isThinking(one)),
  );
  return { sent: runs(same), kept: [], unsent: runs(thinking).map((run) => `the thinking in ${run}`) };
}

const declaredNames = ({ json }: Both['sent']): ReadonlySet<unknown> =>
  new Set(
    listOf(json['tools'])
      .flatMap((tool) => listOf(valueAt(tool, 'functionDeclarations')))
      .map((declaration) => valueAt(declaration, 'name')),
  );

function toolsOf(tools: readonly unknown[], { sent }: Both, isChanged: IsChanged): Rest {
  const declared = declaredNames(sent);
  const same = tools.filter(
    (tool, index) =>
      !isChanged(`tools.${index}`) && declared.has(toGeminiToolName(String(valueAt(tool, 'name')))),
  ).length;
  return { sent: same === 0 ? [] : [`${same} ${same === 1 ? 'tool' : 'tools'}`], kept: [], unsent: [] };
}

function fieldOf(path: string, { came, sent, again, model }: Both): Rest {
  const rest: Rest = { sent: [], kept: [], unsent: [] };
  const target = Object.hasOwn(TARGETS, path) ? (TARGETS[path] ?? '') : '';
  // What lies in Gemini's cache is not in the request.
  const mayBeCached = target === 'toolConfig' && sent.json['cachedContent'] !== undefined;
  const isKept = Object.hasOwn(KEPT, path) ? KEPT[path] : undefined;
  if (path === 'system') {
    if (new InOrder(sent.text).has(valueAt(came.json, path))) rest.sent.push(path);
  } else if (path === 'model') {
    if (model === came.json['model']) rest.sent.push(path);
  } else if (target !== '' && valueAt(sent.json, target) !== undefined) rest.sent.push(path);
  else if (isKept && again?.isClients && isKept(again.plan)) rest.kept.push(path);
  else if (!mayBeCached) rest.unsent.push(path);
  return rest;
}

/** `isChanged`: whether a change is told of a place already. Nothing is said where nothing was sent. */
export function restOf(both: Both, isChanged: IsChanged): Rest {
  const { json } = both.came;
  const paths = Object.keys(json).flatMap((name) => {
    const value = json[name];
    return BY_KEY.includes(name) && isObject(value)
      ? Object.keys(value).map((key) => `${name}.${key}`)
      : [name];
  });
  const found = paths.map((path): Rest => {
    const value = json[path];
    if (path === 'messages') return messagesOf(listOf(value), both, isChanged);
    if (path === 'tools') return toolsOf(listOf(value), both, isChanged);
    return isChanged(path) ? { sent: [], kept: [], unsent: [] } : fieldOf(path, both);
  });
  return {
    sent: found.flatMap(({ sent }) => sent),
    kept: found.flatMap(({ kept }) => kept),
    unsent: found.flatMap(({ unsent }) => unsent),
  };
}
