/** Turns a case in short form into the recorded request that it stands for, without goldens. */
import type { MessagesRequest } from '../../src/anthropic/request.ts';
import { SDK_VERSION, VERSION } from '../../src/config/config.ts';
import type { Read, RecordedRequest, UpstreamExchange } from '../../src/sim/cassette/types.ts';
import { asBody, asEvent, type Piece, type Reply, Usage, whole } from './wire.ts';

export type TurnCase = {
  /** One sentence for the list of fixtures: what upstream does, or what the client asks for. */
  shows: string;
  /** The user's words, or the differences from a plain request. */
  ask?: string | Partial<MessagesRequest>;
  /** The exact body, where it is not a sound request. */
  body?: string;
  /** The path of another route. */
  path?: string;
  headers?: Readonly<Record<string, string>>;
  /** The Gemini model that the client's id is mapped to. */
  gemini?: string;
  /** What is set otherwise than for all turns: one more attempt, and no other model. */
  settings?: NonNullable<RecordedRequest['settings']>;
  /** Asks Gemini for one whole answer, as `FORCE_DISABLE_STREAMING` does. */
  unary?: true;
  /** What upstream answers to each attempt. */
  replies?: readonly Reply[];
  /** What this process reads from the URLs of the request. Without it Google is given the URLs. */
  fetched?: NonNullable<RecordedRequest['fetched']>;
  /** Envelopes in the signature store, by key. */
  store?: Readonly<Record<string, string>>;
};

export type TurnCases = Readonly<Record<string, TurnCase>>;

/** For the invented key that answers these turns. */
export const KEY_FINGERPRINT = 'fixture1';
export const DEFAULT_GEMINI = 'gemini-4-argon';

const START = Date.UTC(2026, 10, 20, 12);
const HEAD_MS = 180;
const READ_MS = 20;
/** How long the client reads before it leaves. */
const LEAVE_MS = 500;

const HEADERS = {
  'anthropic-version': '2023-06-01',
  'content-type': 'application/json',
  'user-agent': 'claude-cli/2.1.330 (external, cli)',
};

export function buildTurn(name: string, turn: TurnCase): RecordedRequest {
  const gemini = turn.gemini ?? DEFAULT_GEMINI;
  const replies = turn.replies ?? [];
  const clientLeaves = replies.some(({ end }) => end.side === 'client');
  return {
    origin: 'synthetic',
    recordedAt: new Date(START).toISOString(),
    caller: 'main',
    request: {
      method: 'POST',
      path: turn.path ?? '/v1/messages',
      query: 'beta=true',
      headers: { ...HEADERS, ...turn.headers },
      body: turn.body ?? JSON.stringify(requestOf(turn)),
    },
    answer: { status: 0, headers: {}, bytes: new Uint8Array(), end: clientLeaves ? 'client-gone' : 'whole' },
    upstream: replies.map((reply) =>
      exchangeOf(reply, reply.model ?? gemini, turn.unary === true || reply.whole === true),
    ),
    seed: Bun.hash.crc32(name),
    clockStart: START,
    keyFingerprint: KEY_FINGERPRINT,
    signatures: [],
    ...(turn.fetched ? { fetched: turn.fetched } : {}),
    ...(turn.settings ? { settings: turn.settings } : {}),
    versions: { proxy: VERSION, sdk: SDK_VERSION, bun: Bun.version },
    redactions: [],
  };
}

function requestOf({ ask = 'Say hello.', path }: TurnCase): Partial<MessagesRequest> {
  const changes = typeof ask === 'string' ? { messages: [{ role: 'user' as const, content: ask }] } : ask;
  const base = { model: 'claude-opus-5-5', messages: [{ role: 'user' as const, content: 'Say hello.' }] };
  if (path?.endsWith('/count_tokens')) return { ...base, ...changes };
  return { ...base, max_tokens: 4096, stream: true, ...changes };
}

function exchangeOf(reply: Reply, model: string, unary: boolean): UpstreamExchange {
  const { status, headers, end, error, noHead } = reply;
  const method = unary ? 'generateContent' : 'streamGenerateContent';
  return {
    request: {
      method: 'POST',
      path: `/v1beta/models/${model}:${method}`,
      query: unary ? '' : 'alt=sse',
      headers: {},
      body: '',
    },
    model,
    head: noHead ? undefined : { status, statusText: statusText(status), headers, ms: HEAD_MS },
    reads: readsOf(reply, model, unary),
    end: { ms: noHead ? HEAD_MS : end.side === 'client' ? LEAVE_MS : 0, ...end },
    ...(error ? { error } : {}),
    anomalies: [],
    redactions: [],
  };
}

/** HTTP/2, which Google speaks, has no reason phrases. */
const statusText = (status: number): string => (status === 200 ? 'OK' : '');

function readsOf({ pieces }: Reply, model: string, unary: boolean): Read[] {
  const usage = new Usage();
  const reads: Read[] = [];
  let ms = READ_MS;
  for (const piece of pieces) {
    if (typeof piece === 'object' && 'pause' in piece) {
      ms += piece.pause;
      continue;
    }
    reads.push({ ms, bytes: bytesOfPiece(piece, usage, model, unary) });
    ms = READ_MS;
  }
  return reads;
}

function bytesOfPiece(
  piece: Exclude<Piece, { pause: number }>,
  usage: Usage,
  model: string,
  unary: boolean,
): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  if (typeof piece === 'string') return new TextEncoder().encode(piece);
  const value = 'raw' in piece ? piece.raw : whole(piece, usage, model);
  return new TextEncoder().encode(unary ? asBody(value) : asEvent(value));
}
