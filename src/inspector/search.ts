/** Looks for words in all that is kept, the newest first, and tells how far it is. */
import { Breather, othersFirst } from '../lib/async.ts';
import type { Clock } from '../lib/ports.ts';
import type { Inspector } from './inspector.ts';
import type { KeptRequest } from './kept-request.ts';
import type { SearchMessage } from './shapes.ts';

/** Milliseconds between two messages. */
const PACE_MS = 250;
/** Bytes that are searched without a pause. */
const BYTES_AT_ONCE = 1_000_000;

const decoder = new TextDecoder();

/** The words as they stand in a text, and as they stand in JSON. */
function formsOf(words: string): string[] {
  const plain = words.toLowerCase();
  return [...new Set([plain, JSON.stringify(plain).slice(1, -1)])];
}

const holds = (text: string, forms: readonly string[]): boolean => {
  const lower = text.toLowerCase();
  return forms.some((form) => lower.includes(form));
};

/** The texts of a request that are searched: what came, what was said back, and what upstream was sent and said. */
function textsOf(request: KeptRequest): Uint8Array[] {
  const sent = request.exchanges.flatMap((exchange) => {
    const text = request.sentText(exchange);
    return [...(text === undefined ? [] : [Buffer.from(text)]), exchange.answer.bytes];
  });
  return [request.clientBytes(), request.answer.bytes, ...sent].filter((bytes) => bytes !== undefined);
}

/**
 * True where the words are found in what may be shown. Secrets are hidden only where something was found, since that is
 * much work; without it a search would tell, letter by letter, what is hidden.
 */
function isFound(request: KeptRequest, forms: readonly string[], inspector: Inspector, look: Look): boolean {
  const { id, asked, answered, status, ending, says, words } = inspector.row(request);
  if (holds([id, asked, answered, status, ending, says, words].join('\n'), forms)) return true;
  const shown = inspector.shown(request);
  return textsOf(request).some((bytes) => {
    look.bytes += bytes.byteLength;
    return holds(decoder.decode(bytes), forms) && holds(decoder.decode(shown.bytes(bytes)), forms);
  });
}

/** Counts the bytes that were looked through. */
type Look = { bytes: number };

/** `elsewhere`: what other processes have found, which are searched at the same time. */
export async function* search(
  words: string,
  inspector: Inspector,
  clock: Pick<Clock, 'monotonic'>,
  elsewhere?: Promise<readonly SearchMessage[]>,
): AsyncGenerator<SearchMessage> {
  const forms = formsOf(words);
  const requests = inspector.requests().reverse();
  const breather = new Breather(BYTES_AT_ONCE);
  const total = requests.length;
  let found: string[] = [];
  let toldAt = clock.monotonic();
  for (const [index, request] of requests.entries()) {
    const look = { bytes: 10_000 };
    if (isFound(request, forms, inspector, look)) found.push(request.id);
    if (breather.isDue(look.bytes)) await othersFirst();
    if (clock.monotonic() - toldAt < PACE_MS) continue;
    toldAt = clock.monotonic();
    yield { searched: index + 1, total, found, done: false };
    found = [];
  }
  const others = (await elsewhere) ?? [];
  const all = total + others.filter(({ done }) => done).reduce((sum, one) => sum + one.total, 0);
  yield { searched: all, total: all, found: [...found, ...others.flatMap((one) => one.found)], done: true };
}
