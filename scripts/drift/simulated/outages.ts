/** Ways in which nothing can be looked at, and the reason that must be told. */
import { type Answers, KEY, withServer } from './check.ts';

export type Outage = {
  name: string;
  why: RegExp;
  /** True where the name server is asked. Tests ask nobody outside of the machine. */
  isOutside?: true;
  /** Runs `work` with the address of a Google like that. */
  at(work: (baseUrl: string) => Promise<void>): Promise<void>;
};

const served = (name: string, why: RegExp, answers: Answers): Outage => ({
  name,
  why,
  at: (work) => withServer(answers, work),
});

const error = (code: number, status: string, message: string) => () =>
  Response.json({ error: { code, message, status } }, { status: code });

const never = new Promise<never>(() => {});

/** A body that begins, and does not end. */
const endless = (chunk: string, pull: 'once' | 'always'): ReadableStream<Uint8Array> => {
  let isFirst = true;
  return new ReadableStream({
    pull(controller) {
      if (!isFirst && pull === 'once') return never;
      isFirst = false;
      controller.enqueue(new TextEncoder().encode(chunk));
      return undefined;
    },
  });
};
const MB = 1024 * 1024;

async function closedPort(work: (baseUrl: string) => Promise<void>): Promise<void> {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const { port } = server;
  await server.stop(true);
  await work(`http://127.0.0.1:${port}`);
}

export const OUTAGES: readonly Outage[] = [
  { name: 'nothing listens', why: /cannot reach 127\.0\.0\.1:\d+: .*nothing listens there/, at: closedPort },
  {
    name: 'a name that no host has',
    why: /cannot reach nobody\.invalid: /,
    isOutside: true,
    at: (work) => work('http://nobody.invalid'),
  },
  served('503 to everything', /^HTTP 503: Busy\./, error(503, 'UNAVAILABLE', 'Busy.')),
  served('502 with a page', /^HTTP 502$/, () => new Response('<html>bad gateway</html>', { status: 502 })),
  served('silence', /no whole answer within/, () => never),
  served(
    'a list that does not end',
    /no whole answer within/,
    () => new Response(endless('{"models":[', 'once')),
  ),
  served(
    'a list of any length',
    /an answer of more than \d+ bytes/,
    () => new Response(endless(' '.repeat(MB), 'always')),
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
