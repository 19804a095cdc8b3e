/** Shows what became of thinking and of signatures, as the bytes tell: which blocks were sent, and which signatures came. */
import { isObject } from '../../lib/json.ts';
import { valueAt } from '../texts/opened.ts';
import { cut, difference, jsonLines } from './lines.ts';
import { messageRange } from './message-places.ts';
import { type Both, type PlacedPart, partsOf, type Sides } from './sides.ts';

type Block = Record<string, unknown>;

const blocksOf = (message: unknown): Block[] => {
  const content = isObject(message) ? message['content'] : undefined;
  return Array.isArray(content) ? content.filter(isObject) : [];
};

export const isThinking = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking';

/** The signature that a thinking block carries for Gemini: the last piece of what the proxy wrote there. */
const carriedBy = ({ signature, data }: Block): string =>
  String(signature ?? data ?? '')
    .split(':')
    .at(-1) ?? '';

const signaturesIn = (parts: readonly PlacedPart[]): ReadonlySet<unknown> =>
  new Set(parts.map(({ part }) => part['thoughtSignature']).filter((signature) => signature !== undefined));

/** What of a thinking block was sent: nothing, or the signature that it carries. Its text never is. */
function sentOf(block: Block, signatures: ReadonlySet<unknown>): Block[] {
  if (!isThinking(block)) return [block];
  if (!signatures.has(carriedBy(block))) return [];
  const { signature, data } = block;
  return [signature === undefined ? { data } : { signature }];
}

/** The last message of the model in which that happened of which the code tells. */
function messageWith(code: string, messages: readonly unknown[], signatures: ReadonlySet<unknown>): number {
  const lost = (block: Block) => isThinking(block) && !signatures.has(carriedBy(block));
  const happened = code === 'signature' ? lost : ({ type }: Block) => type === 'tool_use';
  const isModels = (message: unknown) => isObject(message) && message['role'] === 'assistant';
  const lastWith = (wanted: (block: Block) => boolean) =>
    messages.findLastIndex((message) => isModels(message) && blocksOf(message).some(wanted));
  const found = lastWith(happened);
  return found < 0
    ? Math.max(
        0,
        lastWith(({ type }) => type !== 'text'),
      )
    : found;
}

export function signatureSides(code: string, { came, sent, again }: Both): Sides {
  const messages = Array.isArray(came.json['messages']) ? came.json['messages'] : [];
  const all = partsOf(sent);
  const signatures = signaturesIn(all);
  const index = messageWith(code, messages, signatures);
  const message: unknown = messages[index];
  const range = again?.isClients ? messageRange(again, index) : undefined;
  const parts = range ? all.slice(range.from, range.to) : [];
  const carried = new Set(messages.flatMap(blocksOf).filter(isThinking).map(carriedBy));
  const content = blocksOf(message).flatMap((block) => sentOf(block, signatures));
  const isWhole = content.length === blocksOf(message).length && !blocksOf(message).some(isThinking);
  const kept = jsonLines(isObject(message) ? { ...message, content } : message);
  const lines = parts.flatMap(({ part }) => {
    const isAdded = part['thoughtSignature'] !== undefined && !carried.has(String(part['thoughtSignature']));
    return jsonLines(part).map((text) => ({
      sign: isAdded && /^ {2}"thoughtSignature":/.test(text) ? ('+' as const) : (' ' as const),
      text,
    }));
  });
  const [first] = parts;
  return {
    came: {
      place: `messages.${index} · ${valueAt(message, 'role')}`,
      lines: isWhole
        ? cut(jsonLines(message).map((text) => ({ sign: ' ', text })))
        : difference(jsonLines(message), kept).came,
    },
    sent: { place: first ? `contents.${first.content}` : 'nothing', lines: cut(lines) },
  };
}
