/** Faults of the response head: heads that Google did not send, or that do not fit the request. */
import { ignoreFailure } from '../../lib/async.ts';
import { pause, type Reads, withBody } from './body.ts';
import { networkError, resetError } from './connection.ts';
import { cuts } from './ending.ts';
import { chunkOf, eventsOf, isEvent, utf8Of } from './events.ts';
import type { Behaviour, Strike } from './fault.ts';

const PAGE =
  '<!DOCTYPE html>\n<html lang="en"><head><title>Error</title></head><body><h1>Error</h1><p>The server encountered a temporary error.</p></body></html>\n';

/** Makes a gateway between us and Google answer in place of Google. */
const front =
  (body: string, contentType: string): Behaviour =>
  async (_send, strike) => {
    const { code = 502 } = strike.settings;
    strike.struck({ status: code });
    return new Response(body, { status: code, headers: { 'content-type': contentType } });
  };

export const answersPage = front(PAGE, 'text/html; charset=UTF-8');
export const answersNothing = front('', 'text/plain');

export const redirects: Behaviour = async (_send, strike) => {
  const { code = 302 } = strike.settings;
  strike.struck({ status: code });
  return new Response(null, { status: code, headers: { location: 'https://login.example/' } });
};

type Change = (response: Response, strike: Strike) => Response;

/** Changes the head of a 2xx answer. */
const onHead =
  (change: Change): Behaviour =>
  async (send, strike) => {
    const response = await send();
    if (!response.ok) return response;
    strike.struck();
    return change(response, strike);
  };

const withHeaders = (response: Response, more: Readonly<Record<string, string>>): Response => {
  const { body, status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return new Response(body, { status, statusText, headers });
};

export const mislabels = onHead((response) => withHeaders(response, { 'content-type': 'text/html' }));

/** Adds many headers. Bun accepts 100 kB of headers, but only about 250 headers. */
export const swells = onHead((response, strike) =>
  withHeaders(response, { 'x-padding': 'a'.repeat(strike.settings.size ?? 0) }),
);

/** Answers as Google does without `alt=sse`: with one array, whose elements are printed over many lines. */
export const answersArray = onHead((response, strike) => {
  const array = withBody(response, strike, toArray);
  return withHeaders(array, { 'content-type': 'application/json; charset=UTF-8' });
});

async function* toArray(reads: Reads): AsyncGenerator<Uint8Array, void, undefined> {
  let opened = false;
  for await (const event of eventsOf(reads)) {
    const chunk = isEvent(event) ? chunkOf(event) : undefined;
    if (chunk) yield utf8Of(`${opened ? ',\r\n' : '['}${JSON.stringify(chunk, null, 2)}\n`);
    else yield event;
    opened ||= chunk !== undefined;
  }
  if (opened) yield utf8Of(']');
}

/** Says that plain bytes are packed. The runtime tries to unpack them, and gives none of them. */
export const miscodes = onHead((response, strike) =>
  withHeaders(
    // biome-ignore lint/correctness/useYield: breaks instead of giving anything
    withBody(response, strike, async function* () {
      throw networkError('ZlibError', 'ZlibError fetching the url.');
    }),
    { 'content-encoding': 'gzip' },
  ),
);

/** A number of bytes that no answer has. */
const NEVER_REACHED = '1000000000';

/** Promises more bytes than come: the runtime gives all of them, and then reports a broken connection. */
export const overstates = onHead((response, strike) =>
  withHeaders(
    withBody(response, strike, async function* (reads) {
      yield* reads;
      throw resetError();
    }),
    { 'content-length': NEVER_REACHED },
  ),
);

/** Promises fewer bytes than come: the runtime gives so many, and takes them for all. */
export const understates: Behaviour = async (send, strike) => {
  const response = await cuts(send, strike);
  const { byte = 0 } = strike.settings;
  return response.ok ? withHeaders(response, { 'content-length': String(byte) }) : response;
};

export const delaysHead: Behaviour = async (send, strike) => {
  const response = await send();
  strike.struck();
  try {
    await pause(strike.settings.for ?? 0, strike);
  } catch (error) {
    // The old body is not wanted any more, so it is closed.
    ignoreFailure(response.body?.cancel());
    throw error;
  }
  return response;
};
