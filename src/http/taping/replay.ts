/**
 * Answers client requests from a recording. The real translation makes the answers, with the recorded ids, times and
 * look-ups.
 */

import { MessagesError } from '../../anthropic/errors.ts';
import type { LogFields } from '../../lib/log.ts';
import { textOf } from '../../sim/cassette/escape.ts';
import type { Asked } from '../../sim/gist.ts';
import { credentialsIn, type Redactor } from '../../sim/redact.ts';
import type { Play, Plays } from '../../sim/replay/player.ts';
import { allowedQuery } from '../../sim/upstream-wire.ts';
import type { Backend } from '../../upstream/backend.ts';
import { readBody } from '../body.ts';
import type { OpenScope, Reply, RequestScope, ServerDeps } from '../deps.ts';
import { REPLAYED } from '../mocking/journaled-request.ts';
import { CLIENT_WIRE } from './client-wire.ts';
import { type Filler, foundSentence, foundText, isOdd, missedText, REPLAY_HEADER } from './how-found.ts';
import { recordedMedia, recordedUploads } from './recorded-media.ts';
import { sizeToldIn } from './told-size.ts';
import { untouched } from './untouched.ts';

/** Answers requests that were not recorded. */
export type OnMiss = { filler: Filler; open: OpenScope };

export type ReplayOptions = {
  player: Plays;
  redactor: Redactor;
  /** A backend that uses the player's fetch and the replay's clock. */
  openBackend(play: Play): Backend;
  /** Undefined where a request that was not recorded is an error. */
  onMiss?: OnMiss | undefined;
};

export function replayRequests({ player, redactor, openBackend, onMiss }: ReplayOptions): OpenScope {
  return async (request, path, deps) => {
    const { bytes, held } = await readBody(request, deps.bodies);
    // The handler reads the body again later, and then takes room for it.
    held.release();
    const { searchParams } = new URL(request.url);
    const knowing = redactor.with(credentialsIn(request.headers, searchParams));
    const asked = redacted(request, path, bytes, knowing);
    for (const remark of player.remarks?.(asked) ?? []) log(deps, 'warn', {}, remark);
    const play = player.play(asked, knowing);
    const again = withBody(request, bytes);
    if ('refused' in play) {
      const { refused: why, isMissed } = play;
      if (onMiss && isMissed) return filled(again, path, deps, why, onMiss);
      return { ...refused(again, deps, why), body: bytes };
    }
    tellFound(play, deps);
    return played(again, deps, player, play, openBackend(play));
  };
}

/** Logs a problem. On a terminal each difference has a line of its own. */
function log(
  { logger }: Pick<ServerDeps, 'logger'>,
  level: 'warn' | 'error',
  fields: LogFields,
  problem: string,
): void {
  const text = `replay: ${problem}`;
  logger[level](fields, text, () => text.split(/\n\s*/));
}

function tellFound(play: Play, { logger }: ServerDeps): void {
  const { name: recorded, match } = play;
  const sentence = foundSentence(play);
  if (sentence === undefined) logger.info({ recorded }, 'replay');
  else log({ logger }, 'warn', { recorded, match: match.how, differs: match.differs }, sentence);
}

/** The request in the form in which recordings keep requests: redacted. */
function redacted(request: Request, served: string, bytes: Uint8Array, redactor: Redactor): Asked {
  const { searchParams } = new URL(request.url);
  const headers = CLIENT_WIRE.requestHeaders.flatMap((name) => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, redactor.text(value, '', [])] as const];
  });
  return {
    method: request.method,
    headers: Object.fromEntries(headers),
    path: redactor.text(served, '', []),
    query: redactor.text(allowedQuery(searchParams, CLIENT_WIRE.query), '', []),
    body: textOf(redactor.bytes(bytes, '', [])),
  };
}

/** `request` with a body again. `bytes` is the unpacked body that was read from it. */
function withBody(request: Request, bytes: Uint8Array): Request {
  const headers = new Headers(request.headers);
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name);
  return new Request(request.url, {
    method: request.method,
    headers,
    body: new Uint8Array(bytes),
    signal: request.signal,
  });
}

/**
 * The error for a request that cannot be replayed. It tells the client not to try again, since that would be useless.
 */
const replayError = (problem: string) =>
  new MessagesError('invalid_request_error', `replay: ${problem}`, { shouldRetry: false });

/** The problem and its first difference. Clients show all in one line, so the rest is for the log. */
function firstLines(problem: string): string {
  const [what = '', first, ...others] = problem.split(/\n\s*/);
  if (first === undefined) return what;
  const rest = others.length === 0 ? '' : `; the proxy's log has ${others.length} more`;
  return `${what} ${first}${rest}`;
}

function refused(request: Request, deps: ServerDeps, problem: string): RequestScope {
  log(deps, 'error', {}, problem);
  return { request, deps, refusal: replayError(firstLines(problem)) };
}

const FILLERS: Readonly<Record<Filler, string>> = {
  mock: 'the mock answers',
  gemini: 'Gemini is asked, and what it answers is added to the recording',
};

async function filled(
  request: Request,
  path: string,
  deps: ServerDeps,
  miss: string,
  { filler, open }: OnMiss,
): Promise<RequestScope> {
  log(deps, 'warn', { answered_by: filler }, `${FILLERS[filler]}: ${miss}`);
  const scope = await open(request, path, deps);
  return {
    ...scope,
    begin(client) {
      scope.begin?.(client);
      client.trace.tell({ type: 'replayed', how: missedText(filler) });
    },
    async watch(reply, client) {
      const how = missedText(filler, reply.response.status);
      client.trace.tell({ type: 'replayed', how });
      return withHeader((await scope.watch?.(reply, client)) ?? reply, how);
    },
  };
}

/** The reply, which says how it was found. */
function withHeader(reply: Reply, value: string): Reply {
  reply.response.headers.set(REPLAY_HEADER, value);
  return reply;
}

/** What a recording of this replay keeps of the request. An answer that could not be played is not recorded. */
function carried(play: Play, from: string): NonNullable<RequestScope['carried']> {
  const { origin, recordedAt, clockStart, seed, edited } = play.recorded;
  const facts = { origin, recordedAt, clockStart, seed, ...(edited ? { edited } : {}) };
  return {
    again: { ...facts, now: () => play.clock.monotonic() },
    outcome() {
      const problem = play.problem();
      if (problem !== undefined) return { problem };
      return { from: `${from}/${play.name}`, differs: [...play.differences()] };
    },
  };
}

function played(
  request: Request,
  deps: ServerDeps,
  player: Plays,
  play: Play,
  backend: Backend,
): RequestScope {
  const { clock, recorded } = play;
  return {
    request,
    deps: {
      ...deps,
      ...untouched(recorded.seed, backend, clock),
      clock,
      signatures: play.signatures,
      date: () => new Date(recorded.recordedAt),
      promptTold: (size) => play.promptTold(size) ?? sizeToldIn(recorded.answer),
      ...recordedMedia(recorded.fetched ?? []),
      uploads: recordedUploads(recorded.uploads ?? []),
      pictures: { convert: (picture, signal) => clock.during(deps.pictures.convert(picture, signal)) },
      pdfs: { read: (pdf, signal) => clock.during(deps.pdfs.read(pdf, signal)) },
    },
    begin(client) {
      player.bind(client.id, play);
      if (isOdd(play)) client.trace.tell({ type: 'replayed', how: foundText(play) });
      client.trace.tell({ type: 'note', what: REPLAYED, detail: { source: `replay/${play.name}` } });
    },
    async watch(reply, client) {
      void reply.ended.then(() => {
        player.release(client.id);
        for (const difference of play.differences())
          log(deps, 'warn', { request_id: client.id, recorded: play.name }, difference);
      });
      return player.saysHow ? withHeader(reply, foundText(play)) : reply;
    },
    ...(player.carriesFrom === undefined ? {} : { carried: carried(play, player.carriesFrom) }),
    failure() {
      const problem = play.problem();
      if (problem === undefined) return undefined;
      log(deps, 'error', { recorded: play.name }, problem);
      return replayError(firstLines(problem));
    },
  };
}
