/**
 * Puts the results of one turn into the order of its calls. Claude Code runs tools side by side and writes their
 * results down as they end, so two runs of the same session may have them in another order. Upstream they go in the
 * order of the calls anyway (wire section 4).
 */
import { isObject } from '../../lib/json.ts';

type Block = Record<string, unknown>;

/** Works on any JSON; what is no Messages request comes back unchanged. */
export function settleToolResults(body: unknown): unknown {
  if (!isObject(body) || !Array.isArray(body['messages'])) return body;
  let calls: readonly unknown[] = [];
  const messages = body['messages'].map((message: unknown) => {
    if (!isObject(message) || !Array.isArray(message['content'])) return message;
    const content: readonly unknown[] = message['content'];
    if (message['role'] === 'assistant') calls = idsOfCalls(content);
    return message['role'] === 'user' ? { ...message, content: inOrderOf(calls, content) } : message;
  });
  return { ...body, messages };
}

const idsOfCalls = (content: readonly unknown[]): unknown[] =>
  content
    .filter(isObject)
    .filter(({ type }) => type === 'tool_use')
    .map(({ id }) => id);

const isResult = (block: unknown): block is Block => isObject(block) && block['type'] === 'tool_result';

/** Only results change places. The cache marker belongs to the place, not to the result. */
function inOrderOf(calls: readonly unknown[], content: readonly unknown[]): unknown[] {
  const places = new Map(calls.map((id, index) => [id, index] as const).reverse());
  const place = ({ tool_use_id: id }: Block) => places.get(id) ?? calls.length;
  const ordered = content.filter(isResult).sort((a, b) => place(a) - place(b));
  let next = 0;
  return content.map((block) => (isResult(block) ? markedAs(block, ordered[next++] ?? block) : block));
}

function markedAs({ cache_control: marker }: Block, result: Block): Block {
  const { cache_control: _, ...bare } = result;
  return marker === undefined ? bare : { ...bare, cache_control: marker };
}
