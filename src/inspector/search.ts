/** Looks for words in all that is kept, the newest first, and tells how far it is. */
import { Breather, othersFirst } from '../lib/async.ts';
import type { Clock } from '../lib/ports.ts';
import type { Inspector } from './inspector.ts';
import type { KeptRequest } from './kept-request.ts';
import type { Excerpt, Found, SearchMessage } from './shapes.ts';

/** Milliseconds between two messages. */
const PACE_MS = 250;
/** Bytes that are searched without a pause, and read as one text. */
const BYTES_AT_ONCE = 1_000_000;
/** Bytes that a row counts as, whose few words are made and searched. */
const ROW_BYTES = 10_000;
/** The most bytes of a character. */
const WIDEST = 4;
/** Characters of an excerpt before and after the words. */
const BEFORE = 40;
const AFTER = 120;

const decoder = new TextDecoder();

/** The words as they stand in a text, and as they stand in JSON. */
function formsOf(words: string): string[] {
  const plain = words.toLowerCase();
  return [...new Set([plain, JSON.stringify(plain).slice(1, -1)])];
}

/** The place of the first form in a text; undefined where none stands in it. */
function placeIn(text: string, forms: readonly string[]): number | undefined {
  const lower = text.toLowerCase();
  const places = forms.map((form) => lower.indexOf(form)).filter((place) => place >= 0);
  return places.length === 0 ? undefined : Math.min(...places);
}

type Searched = { where: Excerpt['where']; bytes: Uint8Array };

/** The texts of a request that are searched: what came, what was said back, and what upstream was sent and said. */
function* textsOf(request: KeptRequest): Generator<Searched> {
  const came = request.clientBytes();
  if (came) yield { where: 'asked', bytes: came };
  yield { where: 'told', bytes: request.answer.bytes };
  for (const exchange of request.exchanges) {
    const text = request.sentText(exchange);
    if (text !== undefined) yield { where: 'sent', bytes: Buffer.from(text) };
    yield { where: 'said', bytes: exchange.answer.bytes };
  }
}

type Place = { text: string; place: number };

/** The first place of the words in bytes, read piece by piece: others come first between two. */
async function firstIn(
  bytes: Uint8Array,
  forms: readonly string[],
  breather: Breather,
): Promise<Place | undefined> {
  // Words that lie across two pieces stand whole in the first one.
  const overlap = WIDEST * Math.max(...forms.map(({ length }) => length));
  for (let from = 0; from < bytes.byteLength; from += BYTES_AT_ONCE) {
    const text = decoder.decode(bytes.subarray(from, from + BYTES_AT_ONCE + overlap));
    const place = placeIn(text, forms);
    if (place !== undefined) return { text, place };
    if (breather.isDue(text.length)) await othersFirst();
  }
  return undefined;
}

/** The words with a little of what stands around them, in one line. */
function excerptOf(text: string, place: number, { length }: string): string {
  const from = Math.max(0, place - BEFORE);
  const to = Math.min(text.length, place + length + AFTER);
  const cut = text
    .slice(from, to)
    .toWellFormed()
    .replaceAll(/\\[nrt]|\s+/g, ' ')
    .replaceAll('\\"', '"');
  return `${from > 0 ? '…' : ''}${cut}${to < text.length ? '…' : ''}`;
}

/**
 * Where the words are found in what may be shown. Secrets are hidden only where something was found, since that is
 * much work; without it a search would tell, letter by letter, what is hidden.
 */
async function foundIn(
  request: KeptRequest,
  forms: readonly string[],
  inspector: Inspector,
  breather: Breather,
): Promise<Found | undefined> {
  const { id, asked, answered, status, ending, says, words } = inspector.row(request);
  const inRow = [id, asked, answered, status, ending, says, words].join('\n');
  if (placeIn(inRow, forms) !== undefined) return { id };
  const shown = inspector.shown(request);
  for (const { where, bytes } of textsOf(request)) {
    if (!(await firstIn(bytes, forms, breather))) continue;
    const found = await firstIn(await shown.bytes(bytes), forms, breather);
    if (found) return { id, excerpt: { where, text: excerptOf(found.text, found.place, forms[0] ?? '') } };
  }
  return undefined;
}

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
  let found: Found[] = [];
  let toldAt = clock.monotonic();
  for (const [index, request] of requests.entries()) {
    const one = await foundIn(request, forms, inspector, breather);
    if (one) found.push(one);
    if (breather.isDue(ROW_BYTES)) await othersFirst();
    if (clock.monotonic() - toldAt < PACE_MS) continue;
    toldAt = clock.monotonic();
    yield { searched: index + 1, total, found, done: false };
    found = [];
  }
  const others = (await elsewhere) ?? [];
  const all = total + others.filter(({ done }) => done).reduce((sum, one) => sum + one.total, 0);
  yield { searched: all, total: all, found: [...found, ...others.flatMap((one) => one.found)], done: true };
}
