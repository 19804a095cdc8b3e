/**
 * The program that a test under Node starts. The first line of its input says what to serve. Its first line of output says where
 * it serves, or why it cannot. The program ends when its input ends: the system closes the input when the test's process is gone.
 */
import { createInterface } from 'node:readline';
import { isObject, tryParseJson } from '../lib/json.ts';
import { isCall } from './options.ts';
import { type Served, serve } from './serve.ts';

const EXIT_FAILED = 1;

/** The other side, too, takes these two characters for ends of lines. */
const lineOf = (told: object): string =>
  JSON.stringify(told).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);

const tell = (told: object) => void process.stdout.write(`${lineOf(told)}\n`);

async function serveOrder(line: string): Promise<Served> {
  const order = tryParseJson(line);
  if (!isObject(order) || !isCall(order['call'])) throw new Error(`no order: ${line}`);
  return serve(order['call'], order['options']);
}

// A Ctrl-C goes to everybody in the terminal. Whoever has started this program says when it ends.
process.on('SIGINT', () => {});
process.on('unhandledRejection', (error) =>
  process.stderr.write(`a failure that nobody was told of: ${error}\n`),
);

const input = createInterface({ input: process.stdin });
const ended = Promise.withResolvers<void>();
const ordered = Promise.withResolvers<string>();
input.once('line', ordered.resolve);
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ended.resolve());
input.once('close', () => {
  ordered.resolve('');
  ended.resolve();
});

try {
  const { url, key, stop } = await serveOrder(await ordered.promise);
  tell({ url, key });
  await ended.promise;
  await stop();
  process.exit(0);
} catch (error) {
  tell({ error: error instanceof Error ? error.message : String(error) });
  process.exit(EXIT_FAILED);
}
