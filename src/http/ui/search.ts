/** `GET /ui/api/search?q=…`: the requests in which the words stand, as they are found. */
import { MessagesError } from '../../anthropic/errors.ts';
import { search } from '../../inspector/search.ts';
import type { SearchMessage } from '../../inspector/shapes.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import type { Handler } from '../handle-request.ts';
import { inspected, ofColleagues, type Passed, type PassedAnswer } from './api.ts';

const MOST_CHARACTERS = 500;
/** A search is work for seconds, so few run at once. */
const MOST_AT_ONCE = 4;

const encoder = new TextEncoder();
let running = 0;

/** What the other processes that serve the port have found. */
async function foundElsewhere({ url }: ClientRequest, { questions }: ServerDeps): Promise<SearchMessage[]> {
  const passed: Passed = { method: 'GET', path: `${url.pathname}${url.search}`, body: '' };
  const answers = await questions.ask(JSON.stringify(passed));
  return [...answers.values()].flatMap((text) => {
    const { status, base64 } = JSON.parse(text) as PassedAnswer;
    const lines = Buffer.from(base64, 'base64').toString().trim().split('\n');
    return status === 200 ? lines.map((line) => JSON.parse(line) as SearchMessage) : [];
  });
}

export const searchRequests: Handler = inspected(({ client, deps, inspector }) => {
  const words = client.url.searchParams.get('q')?.trim() ?? '';
  if (words === '' || words.length > MOST_CHARACTERS)
    throw new MessagesError('invalid_request_error', `q: expected 1 to ${MOST_CHARACTERS} characters`);
  if (running >= MOST_AT_ONCE)
    throw new MessagesError(
      'rate_limit_error',
      `${MOST_AT_ONCE} searches are under way already; wait for one`,
    );
  running++;
  client.keepOpen();
  const ended = Promise.withResolvers<void>();
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    running--;
    ended.resolve();
  };
  const isPassed = ofColleagues.has(client.request);
  const others = isPassed ? undefined : foundElsewhere(client, deps);
  const messages = search(words, inspector, deps.clock, others);
  client.signal.addEventListener('abort', end, { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = isOver ? { value: undefined, done: true } : await messages.next();
          if (value) controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
          if (!done) return;
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        end();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  const headers = { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' };
  return { response: new Response(body, { headers }), ended: ended.promise };
});
