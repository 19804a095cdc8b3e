/** How a difference is planted: what passes through, and what is changed of it. */
import { framesIn } from '../../../src/gemini/frames.ts';
import type { GenerateContentResponse, GoogleError } from '../../../src/gemini/wire.ts';
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import { googleEvent } from '../../../src/sim/mock/google-json.ts';
import { errorReply } from '../../../src/sim/mock/replies.ts';
import { googleError } from '../../../src/upstream/status-error.ts';

export type Sent = { url: string; init: RequestInit; body: string };

/** An object of JSON. */
export type Entry = Record<string, unknown>;

export type Plant = {
  name: string;
  /** Each line of drift must match one of these, and each of these must match a line. */
  told: readonly RegExp[];
  models?(entries: Entry[]): Entry[];
  /** Another body in place of the one that was sent. */
  body?(body: string): string;
  /** A refusal of what the simulator would perhaps take. */
  refuse?(sent: Sent): GoogleError | undefined;
  /** True for an error in place of which there is an answer. */
  takes?(error: GoogleError, sent: Sent): boolean;
  error?(error: GoogleError, sent: Sent): GoogleError;
  chunk?(chunk: GenerateContentResponse, sent: Sent): GenerateContentResponse;
  count?(counted: Entry): Entry;
  /** The list names a token for a further page again and again. */
  repeatsPages?: true;
};

type Answers = (init: RequestInit) => Promise<Response>;

const PLAIN = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }] });

export async function applyPlants(plants: readonly Plant[], sent: Sent, answers: Answers): Promise<Response> {
  const isStream = sent.url.includes(':streamGenerateContent');
  const refused = plants.map(({ refuse }) => refuse?.(sent)).find((error) => error !== undefined);
  if (refused) return errorReply(refused, isStream);
  const body = plants.reduce((text, plant) => plant.body?.(text) ?? text, sent.body);
  const response = await answers(body === '' ? sent.init : { ...sent.init, body });
  if (response.status === 200) return changedAnswer(plants, sent, response);
  const error = googleError(await response.text()) ?? {};
  if (plants.some(({ takes }) => takes?.(error, sent)))
    return changedAnswer(plants, sent, await answers({ ...sent.init, body: PLAIN }));
  return errorReply(
    plants.reduce((told, plant) => plant.error?.(told, sent) ?? told, error),
    isStream,
  );
}

async function changedAnswer(plants: readonly Plant[], sent: Sent, response: Response): Promise<Response> {
  const { pathname } = new URL(sent.url);
  const { headers } = response;
  if (pathname.endsWith(':streamGenerateContent')) {
    const frames = framesIn([new Uint8Array(await response.arrayBuffer())]);
    const chunks = frames.flatMap((frame) => ('chunk' in frame ? [frame.chunk] : []));
    const told = chunks.map((chunk) => plants.reduce((one, plant) => plant.chunk?.(one, sent) ?? one, chunk));
    return new Response(told.map(googleEvent).join(''), { headers });
  }
  const value = tryParseJson(await response.text());
  if (!isObject(value)) return new Response(JSON.stringify(value), { headers });
  if (pathname.endsWith(':countTokens'))
    return Response.json(plants.reduce<Entry>((counted, plant) => plant.count?.(counted) ?? counted, value));
  return Response.json(pathname.endsWith('/models') ? changedList(plants, value) : value);
}

function changedList(plants: readonly Plant[], page: Entry): Entry {
  const entries = (page['models'] as Entry[] | undefined) ?? [];
  const models = plants.reduce((list, plant) => plant.models?.(list) ?? list, entries);
  return {
    ...page,
    models,
    ...(plants.some((plant) => plant.repeatsPages) ? { nextPageToken: 'again' } : {}),
  };
}
