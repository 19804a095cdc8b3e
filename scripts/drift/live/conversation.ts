/**
 * A conversation with a model of each family, held through the proxy itself: a count, a text, calls, their results, and
 * at the end an error. So what Google says becomes a recording like any other, to be replayed and adopted as a turn.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, type System } from '../../../src/compose/compose.ts';
import { type Config, readConfig, secretsOf, VERSION } from '../../../src/config/config.ts';
import type { UpstreamError } from '../../../src/gemini/errors.ts';
import type { GeminiModel } from '../../../src/gemini/models.ts';
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import { createLogger } from '../../../src/lib/log.ts';
import { type Clock, systemRandom } from '../../../src/lib/ports.ts';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { errorOf, Stopped } from './google.ts';
import { UNKNOWN_MODEL } from './requests.ts';

export type ConversationOptions = {
  key: string;
  baseUrl: string;
  clock: Clock;
  timeoutMs: number;
  /** The folder of the recording. */
  folder: string;
  /** The user's patterns of what a recording must not hold. */
  redact: Config['redact'];
  /** Waits as long as a 429 says. */
  waitOut(said: UpstreamError): Promise<void>;
};

export type Step = 'calls' | 'results' | 'count' | 'text' | 'unknown model';
export type Played = { step: Step; model: GeminiModel; recorded: RecordedRequest };

/** The most tokens of an answer. Enough for thoughts and two calls. */
const MOST_TOKENS = 1_024;
/** So many tokens more the proxy gives a model for thoughts that nobody asked for. */
const THOUGHTS = 4_096;
/** The tokens of each request of a conversation with a model, at most: the count, the text, the calls and the results. */
export const ANSWERED_TOKENS = [
  { input: 0, output: 0 },
  { input: 100, output: MOST_TOKENS + THOUGHTS },
  { input: 400, output: MOST_TOKENS + THOUGHTS },
  { input: 1_600, output: MOST_TOKENS + THOUGHTS },
] as const;

const WEATHER = {
  name: 'get_weather',
  description: 'The weather of a city. One city for each call.',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const QUESTION =
  'What is the weather in Rome and in Oslo? Ask for both at once, with two calls in one answer.';
/** A text of short plain words, whose tokens are easy to estimate. */
export const PROSE = [
  'The old man and his dog go down to the sea. It is cold, and the sky is grey, but the sun is up.',
  'He has a red boat. The boat is old too; it has seen more fish than most of us. On the way he meets a boy with a hat.',
  'The boy asks him: may I come with you? Yes, says the man, if you can row. So they go out, the man, the boy and the dog.',
].join(' ');

type Sent = { step: Step; model: GeminiModel };

const HEADERS = {
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
  'user-agent': `drift/${VERSION}`,
};
const TRIES = 3;
const SILENCES_IN_A_ROW = 3;

class Client {
  readonly #system: System;
  readonly #options: ConversationOptions;
  #silences = 0;
  /** What was sent, in the order of the recording. */
  readonly sent: Sent[] = [];

  constructor(system: System, options: ConversationOptions) {
    this.#system = system;
    this.#options = options;
  }

  /** Resolves with the body of the answer; undefined where it is an error. Rejects with Stopped. */
  async send(step: Step, model: GeminiModel, path: string, body: object): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      this.sent.push({ step, model });
      const { status, text } = await this.#post(path, body);
      if (status === 429 && tries < TRIES) {
        await this.#options.waitOut(errorOf({ status, type: 'application/json', text }));
        continue;
      }
      // Where Google does not count, the proxy estimates: a count says nothing about Google.
      if (step !== 'count') this.#silences = status === 0 || status >= 500 ? this.#silences + 1 : 0;
      if (this.#silences >= SILENCES_IN_A_ROW)
        throw new Stopped(`${this.#silences} requests in a row got no answer`);
      return status === 200 ? tryParseJson(text) : undefined;
    }
  }

  async #post(path: string, body: object): Promise<{ status: number; text: string }> {
    const { clock, timeoutMs } = this.#options;
    const leave = new AbortController();
    const cancel = clock.after(timeoutMs, () => leave.abort());
    const request = new Request(`http://127.0.0.1${path}`, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify(body),
      signal: leave.signal,
    });
    try {
      // What is under way when the system closes would keep the process alive.
      return await this.#answer(request);
    } finally {
      cancel();
    }
  }

  async #answer(request: Request): Promise<{ status: number; text: string }> {
    try {
      const { status, body } = await this.#system.handle(request);
      // A client in this process has no connection that breaks: the signal of the request must end its body.
      const read = body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), request);
      return { status, text: await new Response(read).text() };
    } catch {
      // The recording has what was seen of it, and why it ended.
      return { status: 0, text: '' };
    }
  }
}

/** What was played, and why it ended early. */
export type Held = { played: Played[]; stopped: Stopped | undefined };

export async function holdConversations(
  models: readonly GeminiModel[],
  options: ConversationOptions,
): Promise<Held> {
  const dataDir = mkdtempSync(join(tmpdir(), 'drift-data-'));
  const { clock, folder } = options;
  try {
    const config = configOf(options, dataDir);
    const secrets = secretsOf(config);
    const logger = await createLogger({ level: 'critical', format: 'json', secrets, write() {} });
    const system = compose(config, { clock, random: systemRandom, logger });
    const client = new Client(system, options);
    const stopped = await untilStopped(() => converseAll(client, models)).finally(() => system.close());
    const folders = listRecording(folder).slice(-client.sent.length);
    const played = folders.flatMap((path, index) => {
      const sent = client.sent[index];
      return sent ? [{ ...sent, recorded: readRecordedRequest(path) }] : [];
    });
    return { played, stopped };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function untilStopped(work: () => Promise<void>): Promise<Stopped | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Stopped) return error;
    throw error;
  }
}

/** The usual settings, whatever those of the user are: a recording says what Google does, and not what a setting does. */
function configOf(options: ConversationOptions, dataDir: string): Config {
  const { key, baseUrl, timeoutMs, folder, redact } = options;
  const seconds = String(Math.ceil(timeoutMs / 1000));
  const env = {
    BACKEND: 'gemini',
    GEMINI_API_KEY: key,
    GOOGLE_GEMINI_BASE_URL: baseUrl,
    MAX_RETRIES: '0',
    MAX_STREAMING_RETRIES: '0',
    REQUEST_TIMEOUT: seconds,
    HEAD_TIMEOUT: seconds,
    STREAM_IDLE_TIMEOUT: seconds,
    INSPECTOR: 'false',
    DATA_DIR: dataDir,
  };
  return { ...readConfig(env, []), record: folder, redact };
}

const hello = { messages: [{ role: 'user', content: 'Say hello.' }] };

const ask = (client: Client, step: Step, model: GeminiModel, body: object): Promise<unknown> =>
  client.send(step, model, '/v1/messages', { model: model.id, max_tokens: MOST_TOKENS, ...hello, ...body });

async function converseAll(client: Client, models: readonly GeminiModel[]): Promise<void> {
  for (const model of models) await converse(client, model);
  const [first] = models;
  if (first) await ask(client, 'unknown model', first, { model: UNKNOWN_MODEL });
}

async function converse(client: Client, model: GeminiModel): Promise<void> {
  const count = { model: model.id, messages: [{ role: 'user', content: PROSE }] };
  await client.send('count', model, '/v1/messages/count_tokens', count);
  await ask(client, 'text', model, { stream: true });
  const question = { role: 'user', content: QUESTION };
  const tools = [WEATHER];
  const called = await ask(client, 'calls', model, {
    messages: [question],
    tools,
    tool_choice: { type: 'any' },
  });
  const content = isObject(called) && Array.isArray(called['content']) ? called['content'] : [];
  const results = content.flatMap((block: unknown) =>
    isObject(block) && block['type'] === 'tool_use'
      ? [{ type: 'tool_result', tool_use_id: block['id'], content: 'Sunny, 21 degrees.' }]
      : [],
  );
  if (results.length === 0) return;
  const messages = [question, { role: 'assistant', content }, { role: 'user', content: results }];
  await ask(client, 'results', model, { messages, tools, stream: true });
}
