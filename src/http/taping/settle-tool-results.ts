/**
 * Puts the results of one turn into the order of the turn's calls. Claude Code runs tools in parallel and sends their
 * results in the order in which the tools ended, so this order may differ between two runs of the same session. Google
 * is sent results in the order of the calls in any case (wire section 4).
 */
import { isObject } from '../../lib/json.ts';

type Block = Record<string, unknown>;

/** Accepts any JSON. A value that is no Messages request is returned unchanged. */
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

/** Only the results change places. A cache marker belongs to its place and not to a result, so it stays. */
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
