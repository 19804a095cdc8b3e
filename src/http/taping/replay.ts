/**
 * Answers client requests from a recording. The real translation makes the answers, with the recorded ids, times and
 * look-ups.
 */

import { MessagesError } from '../../anthropic/errors.ts';
import { textOf } from '../../sim/cassette/escape.ts';
import type { Matchable } from '../../sim/match.ts';
import { credentialsIn, type Redactor } from '../../sim/redact.ts';
import type { Play, Plays } from '../../sim/replay/player.ts';
import { allowedQuery } from '../../sim/upstream-wire.ts';
import type { Backend } from '../../upstream/backend.ts';
import { readBody } from '../body.ts';
import type { OpenScope, RequestScope, ServerDeps } from '../deps.ts';
import { CLIENT_WIRE } from './client-wire.ts';
import { recordedMedia, recordedUploads } from './recorded-media.ts';
import { sizeToldIn } from './told-size.ts';
import { untouched } from './untouched.ts';

export type ReplayOptions = {
  player: Plays;
  redactor: Redactor;
  /** A backend that uses the player's fetch and the replay's clock. */
  openBackend(play: Play): Backend;
};

export function replayRequests({ player, redactor, openBackend }: ReplayOptions): OpenScope {
  return async (request, path, deps) => {
    const { bytes, held } = await readBody(request, deps.bodies);
    // The handler reads the body again later, and then takes room for it.
    held.release();
    const { searchParams } = new URL(request.url);
    const knowing = redactor.with(credentialsIn(request.headers, searchParams));
    const play = player.play(matchable(request, path, bytes, knowing), knowing);
    const again = withBody(request, bytes);
    if ('refused' in play) return refused(again, deps, play.refused);
    deps.logger.info({ recorded: play.name }, 'replay');
    return played(again, deps, player, play, openBackend(play));
  };
}

/** The request in the form in which recordings keep requests: redacted. */
function matchable(request: Request, served: string, bytes: Uint8Array, redactor: Redactor): Matchable {
  const { searchParams } = new URL(request.url);
  return {
    method: request.method,
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
  deps.logger.error({}, `replay: ${problem}`);
  return { request, deps, refusal: replayError(firstLines(problem)) };
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
    begin: (client) => player.bind(client.id, play),
    async watch(reply, client) {
      void reply.ended.then(() => player.release(client.id));
      return reply;
    },
    failure() {
      const problem = play.problem();
      if (problem === undefined) return undefined;
      deps.logger.error({ recorded: play.name }, `replay: ${problem}`);
      return replayError(firstLines(problem));
    },
  };
}
