/**
 * A session whose figures are known to the token and the cent: two clients, two keys, cached tokens and thoughts, a
 * retry, a fallback, a key whose quota is used up, an error, and a count of tokens. What counts usage, whatever it is, must come to
 * `FIGURES`. Every sum below was worked out by hand from the tables of prices as they were on 2026-11-30.
 */

import { type Script, scriptedGoogle } from '../google/scripted-google.ts';
import { googleError, googleStream, type ProxyOptions } from '../proxy.ts';

export const KEYS = ['key-one-aaaaaaaa', 'key-two-bbbbbbbb'] as const;

const BUSY = () => googleError(503, 'UNAVAILABLE', 'The model is overloaded.');
const REFUSED = () => googleError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.');

const usage = (prompt: number, cached: number, candidates: number, thoughts: number) => ({
  promptTokenCount: prompt,
  cachedContentTokenCount: cached,
  candidatesTokenCount: candidates,
  thoughtsTokenCount: thoughts,
});

const answered = (usageMetadata: object, text = 'Done.', finishReason: string | undefined = 'STOP') =>
  googleStream({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason }],
    usageMetadata,
  });

export type Asking = {
  client: 'alice' | 'bob';
  session: string;
  model: string;
  says: string;
  /** The path, where it is not that of messages. */
  path?: string;
};

/** The requests, in their order. */
export const ASKINGS: readonly Asking[] = [
  { client: 'alice', session: 'session-a', model: 'claude-opus-5-5', says: 'first' },
  { client: 'alice', session: 'session-a', model: 'claude-opus-5-5', says: 'again, from the cache' },
  { client: 'alice', session: 'session-a', model: 'claude-haiku-5-5', says: 'a title' },
  { client: 'alice', session: 'session-a', model: 'claude-opus-5-5', says: 'busy once' },
  { client: 'alice', session: 'session-a', model: 'claude-opus-5-5', says: 'broken off once' },
  { client: 'bob', session: 'session-b', model: 'claude-sonnet-5-5', says: 'first' },
  { client: 'bob', session: 'session-b', model: 'claude-sonnet-5-5', says: 'no such model' },
  { client: 'bob', session: 'session-b', model: 'claude-sonnet-5-5', says: 'not valid' },
  { client: 'bob', session: 'session-b', model: 'gemini-9-xenon', says: 'an unknown model' },
  {
    client: 'bob',
    session: 'session-b',
    model: 'claude-sonnet-5-5',
    says: 'count me',
    path: '/v1/messages/count_tokens',
  },
];

/** What Google answers to what was said; `turn` counts how often it was asked this. */
function reply(says: string, turn: number, model: string): Response {
  switch (says) {
    case 'again, from the cache':
      return answered(usage(12_000, 10_000, 100, 50));
    case 'a title':
      return answered(usage(500, 0, 20, 0));
    case 'busy once':
      return turn === 0 ? BUSY() : answered(usage(13_000, 12_000, 200, 0));
    case 'broken off once':
      return turn === 0
        ? answered(usage(14_000, 13_000, 0, 30), '', undefined)
        : answered(usage(14_000, 13_000, 300, 40));
    case 'no such model':
      return model === 'gemini-4-hydrogen' ? answered(usage(21_000, 0, 400, 0)) : NO_MODEL();
    case 'not valid':
      return REFUSED();
    case 'an unknown model':
      return answered(usage(1_000, 0, 10, 0));
    default:
      return answered(usage(10_000, 0, 80, 20));
  }
}

const NO_MODEL = () => googleError(404, 'NOT_FOUND', 'models/x is not found for API version v1beta');

export function scriptedSession(): ReturnType<typeof scriptedGoogle> {
  const turns = new Map<string, number>();
  const script: Script = ({ body, model, count }) => {
    if (count) return Response.json({ totalTokens: 42 });
    const says = [...ASKINGS].reverse().find((one) => body.includes(`"${one.client} says ${one.says}"`));
    if (!says) throw new Error('unscripted');
    const name = `${says.client} ${says.says}`;
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    return reply(says.says, turn, model);
  };
  return scriptedGoogle(script);
}

export type Running = {
  google: ReturnType<typeof scriptedGoogle>;
  proxy: Awaited<ReturnType<ReturnType<typeof scriptedGoogle>['start']>>;
};

/** Starts a proxy in front of that Google. `env`: settings of the test's own, such as DATA_DIR. */
export async function startSession(
  env: Record<string, string> = {},
  more: Partial<ProxyOptions> = {},
): Promise<Running> {
  const google = scriptedSession();
  const proxy = await google.start({ API_KEYS: KEYS.join(','), ...env }, more);
  return { google, proxy };
}

/** Sends all requests, one after the other. `headersOf`: what shows which client it is. */
export async function playSession(
  { google, proxy }: Running,
  headersOf: (client: Asking['client']) => Record<string, string> = () => ({}),
): Promise<Response[]> {
  const responses: Response[] = [];
  for (const { client, session, model, says, path = '/v1/messages' } of ASKINGS) {
    const isCount = path !== '/v1/messages';
    const body = {
      model,
      messages: [{ role: 'user', content: `${client} says ${says}` }],
      ...(isCount ? {} : { max_tokens: 1_000, stream: true }),
    };
    const headers = { 'x-claude-code-session-id': session, ...headersOf(client) };
    const work = proxy.send(path, body, headers).then(async (response) => {
      await response.clone().text();
      return response;
    });
    responses.push(await google.finish(work));
  }
  return responses;
}

/** Dollars are those of Google's table, and of Anthropic's list. */
export type Figures = {
  requests: number;
  errors: number;
  in: number;
  cached: number;
  out: number;
  thinking: number;
  dollars: number;
  listDollars: number;
  unpriced: number;
};

/*
 * Argon 2 / 0.10 / 10, hydrogen 1.50 / 0.075 / 7.50 (in, cached, out, for a million). By the list: opus 5.5 4 / 0.20 / 20,
 * sonnet 5.5 2 / 0.10 / 10, haiku 5.5 0.10 / 0.01 / 0.50.
 *
 * alice  first                  10,000 in, 100 out                 $0.0210     list $0.0420
 *        again                   2,000 in, 10,000 cached, 150 out  $0.0065     list $0.0130
 *        a title (hydrogen)        500 in, 20 out                  $0.0009     list $0.00006
 *        busy once               1,000 in, 12,000 cached, 200 out  $0.0052     list $0.0104
 *        broken off, first try   1,000 in, 13,000 cached, 30 out   $0.0036     (Anthropic would have been asked once)
 *        second try              1,000 in, 13,000 cached, 340 out  $0.0067     list $0.0134
 * bob    first                  10,000 in, 100 out                 $0.0210     list $0.0210
 *        no such model (hydr.)  21,000 in, 400 out                 $0.0345     list $0.0460
 *        not valid               an error, which costs nothing
 *        an unknown model        1,000 in, 10 out                  unknown     no list price
 */
export const FIGURES: Readonly<Record<'alice' | 'bob' | 'all', Figures>> = {
  alice: {
    requests: 5,
    errors: 0,
    in: 15_500,
    cached: 48_000,
    out: 840,
    thinking: 140,
    dollars: 0.0439,
    listDollars: 0.07886,
    unpriced: 0,
  },
  bob: {
    requests: 4,
    errors: 1,
    in: 32_000,
    cached: 0,
    out: 510,
    thinking: 20,
    dollars: 0.0555,
    listDollars: 0.067,
    unpriced: 1,
  },
  all: {
    requests: 9,
    errors: 1,
    in: 47_500,
    cached: 48_000,
    out: 1_350,
    thinking: 160,
    dollars: 0.0994,
    listDollars: 0.14586,
    unpriced: 1,
  },
};

/** What of the dollars was for attempts that failed. */
export const LOST = { alice: 0.0036, bob: 0 } as const;

/** Dollars by the model that has answered. */
export const DOLLARS_BY_MODEL: Readonly<Record<string, number>> = {
  'gemini-4-argon': 0.064,
  'gemini-4-hydrogen': 0.0354,
  'gemini-9-xenon': 0,
};
