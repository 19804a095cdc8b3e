/** Outages: drift can look at nothing, and must tell the reason. */
import type { LiveOptions } from '../live/live.ts';
import { KEY, optionsFor, standingClock, withServer } from './check.ts';

export type Outage = {
  name: string;
  why: RegExp;
  /** True where the name server is asked. Tests ask nobody outside of the machine. */
  isOutside?: true;
  /** Runs `work` with what drift needs to look at a Google like that. */
  at(work: Work): Promise<void>;
};

type Work = (options: LiveOptions) => Promise<void>;
/** `passTime` lets time pass until every limit is over, so no test waits for one. */
type Answers = (passTime: () => Promise<void>) => Response | Promise<Response>;

function served(name: string, why: RegExp, answers: Answers): Outage {
  const at = (work: Work) => {
    const { clock, passTime } = standingClock();
    return withServer(
      () => answers(passTime),
      (baseUrl) => work(optionsFor(baseUrl, clock)),
    );
  };
  return { name, why, at };
}

const error = (code: number, status: string, message: string) => () =>
  Response.json({ error: { code, message, status } }, { status: code });

/** Nothing comes, and time passes. */
export function silence(passTime: () => Promise<void>): Promise<never> {
  setImmediate(() => void passTime());
  return new Promise<never>(() => {});
}

/** A body that begins with `chunk`. `more` is what comes of each further read; undefined for the same again. */
export function body(chunk: string, more: () => Promise<never> | undefined): ReadableStream<Uint8Array> {
  let isFirst = true;
  return new ReadableStream({
    pull(controller) {
      const waiting = isFirst ? undefined : more();
      isFirst = false;
      if (waiting) return waiting;
      controller.enqueue(new TextEncoder().encode(chunk));
      return undefined;
    },
  });
}

const MB = 1024 * 1024;

async function closedPort(work: Work): Promise<void> {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const { port } = server;
  await server.stop(true);
  await work(optionsFor(`http://127.0.0.1:${port}`));
}

export const OUTAGES: readonly Outage[] = [
  { name: 'nothing listens', why: /cannot reach 127\.0\.0\.1:\d+: .*nothing listens there/, at: closedPort },
  {
    name: 'a name that no host has',
    why: /cannot reach nobody\.invalid: /,
    isOutside: true,
    at: (work) => work(optionsFor('http://nobody.invalid')),
  },
  served('503 to everything', /^HTTP 503: Busy\./, error(503, 'UNAVAILABLE', 'Busy.')),
  served('502 with a page', /^HTTP 502$/, () => new Response('<html>bad gateway</html>', { status: 502 })),
  served('silence', /no whole answer within 60 s/, silence),
  served(
    'a list that does not end',
    /no whole answer within 60 s/,
    (passTime) => new Response(body('{"models":[', () => silence(passTime))),
  ),
  served(
    'a list of any length',
    /an answer of more than \d+ bytes/,
    () => new Response(body(' '.repeat(MB), () => undefined)),
  ),
  served(
    'a page',
    /no list of models came, but text\/html/,
    () => new Response('<html>log in</html>', { headers: { 'content-type': 'text/html' } }),
  ),
  served('JSON of another kind', /no list of models came, but application\/json/, () =>
    Response.json({ hello: 1 }),
  ),
  served('a redirect', /^HTTP 302/, () => Response.redirect('http://127.0.0.1:1/', 302)),
  served(
    'a key that is not valid',
    /^HTTP 400: API key not valid/,
    error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
  ),
  served(
    'a key that may not',
    /^HTTP 403: The key \*\*\* was leaked/,
    error(403, 'PERMISSION_DENIED', `The key ${KEY} was leaked.`),
  ),
  served(
    'a quota of the day that is used up',
    /the quota of the day is used up/,
    error(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded: 250 requests per day.'),
  ),
];
