/** Clients of several kinds. Each asks again as soon as it was answered. */
import { createSeededRandom, type Random } from '../../src/lib/ports.ts';
import { type Ending, refused, streamed, whole } from './answer.ts';
import { promptFor, saidTo } from './said.ts';

/** How many different numbers are asked for, and how many sessions ask. Both are small, so caches fill soon. */
const NUMBERS = 1_000;
const SESSIONS = 100;
/** Milliseconds. */
const LONGEST_STAY_MS = 60;
const LONGEST_PAUSE_MS = 20;
const SLOW_READ_MS = 3;
/** Milliseconds, longer than any deadline of the proxy: a client that waits so long was forgotten. */
const FORGOTTEN_MS = 60_000;

const KINDS = ['stream', 'whole', 'count', 'leaver', 'slow', 'page'] as const;
export type Kind = (typeof KINDS)[number];
const SHARES: Readonly<Record<Kind, number>> = {
  stream: 45,
  whole: 20,
  count: 10,
  leaver: 15,
  slow: 5,
  page: 5,
};

/** Asks for a model for which soon no key is left. */
export const DOOMED = 'claude-doomed';
const ONE_IN_DOOMED = 20;
const MODELS = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-fable-5-5'];
const PAGES = ['/health', '/v1/models', '/readyz', '/'];

export type Tally = {
  asked: Record<Kind, number>;
  complete: number;
  left: number;
  /** By type, with the text of the last one. */
  errors: Map<string, { count: number; message: string }>;
  /** The first few. */
  wrong: string[];
  wrongs: number;
};

export const emptyTally = (): Tally => ({
  asked: { stream: 0, whole: 0, count: 0, leaver: 0, slow: 0, page: 0 },
  complete: 0,
  left: 0,
  errors: new Map(),
  wrong: [],
  wrongs: 0,
});

const SHOWN_WRONGS = 10;

function note(tally: Tally, kind: Kind, ending: Ending): void {
  tally.asked[kind]++;
  if (ending.kind === 'complete') tally.complete++;
  else if (ending.kind === 'left') tally.left++;
  else if (ending.kind === 'error') {
    const { type, message } = ending;
    tally.errors.set(type, { count: (tally.errors.get(type)?.count ?? 0) + 1, message });
  } else {
    tally.wrongs++;
    if (tally.wrong.length < SHOWN_WRONGS) tally.wrong.push(`${kind}: ${ending.why}`);
  }
}

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);

/** Each kind of client as often as its share says. */
const BY_SHARE: readonly Kind[] = KINDS.flatMap((kind) => Array<Kind>(SHARES[kind]).fill(kind));

const chooseKind = (random: Random): Kind => BY_SHARE[below(random, BY_SHARE.length)] ?? 'stream';

const TOOLS = [{ name: 'look', input_schema: { type: 'object', properties: { at: { type: 'integer' } } } }];

const requestFor = (kind: Kind, number: number, random: Random): object => ({
  model: below(random, ONE_IN_DOOMED) === 0 ? DOOMED : MODELS[below(random, MODELS.length)],
  messages: [{ role: 'user', content: promptFor(number) }],
  tools: TOOLS,
  ...(kind === 'count'
    ? {}
    : {
        max_tokens: 4_096,
        stream: kind !== 'whole',
        thinking: { type: 'adaptive' },
        metadata: { user_id: `session-${below(random, SESSIONS)}` },
      }),
});

/** Reads the body slowly. */
async function readSlowly(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    await Bun.sleep(SLOW_READ_MS);
  }
  return text + decoder.decode();
}

function judge(kind: Kind, number: number, status: number, text: string): Ending {
  if (kind === 'page') {
    // A client that tells of trouble must not itself end the run.
    const fine = [200, 503].includes(status) && text !== '';
    return fine
      ? { kind: 'complete' }
      : { kind: 'wrong', why: `a page with ${status}: ${text.slice(0, 200)}` };
  }
  if (status !== 200) return refused(status, text);
  if (kind === 'count')
    return /^\{"input_tokens":\d+\}$/.test(text) ? { kind: 'complete' } : { kind: 'wrong', why: text };
  return kind === 'whole' ? whole(text, saidTo(number)) : streamed(text, saidTo(number));
}

async function ask(url: string, kind: Kind, number: number, random: Random): Promise<Ending> {
  const leaving = new AbortController();
  const stay = kind === 'leaver' ? below(random, LONGEST_STAY_MS) : FORGOTTEN_MS;
  const timer = setTimeout(() => leaving.abort(), stay);
  const path = kind === 'count' ? '/v1/messages/count_tokens' : '/v1/messages';
  try {
    const response =
      kind === 'page'
        ? await fetch(`${url}${PAGES[below(random, PAGES.length)]}`, { signal: leaving.signal })
        : await fetch(`${url}${path}`, {
            method: 'POST',
            headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
            body: JSON.stringify(requestFor(kind, number, random)),
            signal: leaving.signal,
          });
    const text = kind === 'slow' ? await readSlowly(response) : await response.text();
    return judge(kind, number, response.status, text);
  } catch (error) {
    if (kind === 'leaver' && leaving.signal.aborted) return { kind: 'left' };
    return { kind: 'wrong', why: leaving.signal.aborted ? `no answer in ${stay} ms` : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the last answer has come. No client asks any more once `isOver` is true. */
export async function runClients(
  url: string,
  count: number,
  seed: number,
  tally: Tally,
  isOver: () => boolean,
) {
  const client = async (_: unknown, index: number): Promise<void> => {
    const random = createSeededRandom(seed * 1_000 + index);
    while (!isOver()) {
      const kind = chooseKind(random);
      note(tally, kind, await ask(url, kind, below(random, NUMBERS), random));
      await Bun.sleep(below(random, LONGEST_PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: count }, client));
}
