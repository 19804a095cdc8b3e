/** The two programs that are compared, each as its users install and start it. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STREAM } from '../../src/sim/cassette/layout.ts';
import { readStreamLines } from '../../src/sim/cassette/stream-lines.ts';
import { CLIENT_KEY, MODEL } from '../peers/peers.ts';
import type { Start } from '../peers/process.ts';

export type Subject = {
  name: string;
  version: string;
  /** Where it is installed. */
  folder: string;
  /** Gives made-up answers. `strict`: none to prompts that it does not know. */
  mock(home: string, port: number, strict?: boolean): Start;
  /** A prompt that the mock knows. */
  knownPrompt: string;
  /** A server of MCP with one tool; undefined where the program has none. */
  mcp?: (home: string, port: number) => Start;
  record(home: string, port: number, gemini: string): Start;
  replay(home: string, port: number): Start;
  /** Asks for a stream, by the API that is recorded. */
  ask(url: string, text: string): Promise<string>;
  /** The bodies of Gemini's that it has kept, as text. */
  kept(home: string): string[];
  journal: string;
  /** Sets a fault at run time, by its name, for one test. */
  fault(url: string, name: string, testId?: string): Promise<Response>;
  /** A fault that fails every request, and the names of all. */
  failing: string;
  faults: readonly string[];
  /** Checks a good and a bad file of made-up answers offline. */
  check(home: string, good: boolean): string[] | undefined;
  drift: string[];
  /** A program for Node that starts the mock by the package's own API, and says its URL. */
  library: string;
};

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());

export const HEADERS = {
  'content-type': 'application/json',
  'x-api-key': CLIENT_KEY,
  'anthropic-version': '2023-06-01',
};

export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = HEADERS,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
}

const READ = { type: 'object', properties: { path: { type: 'string' } } };

export function own(folder: string, version: string, faults: readonly string[]): Subject {
  const program = ['node', join(folder, 'node_modules/gemini-claude-proxy/bin/gemini-claude-proxy.js')];
  const env = { BIG_MODEL: MODEL, SMALL_MODEL: MODEL };
  const start = (cwd: string, port: number, words: string[], more: Record<string, string> = {}): Start => ({
    command: [...program, ...words],
    cwd,
    env: { ...env, PORT: String(port), ...more },
  });
  return {
    name: 'gemini-claude-proxy',
    version,
    folder,
    mock: (home, port, strict) => start(home, port, ['mock'], strict ? { MOCK_STRICT: 'true' } : {}),
    knownPrompt: 'take the tour',
    record: (home, port, gemini) =>
      start(home, port, ['record', 'compared'], {
        GEMINI_API_KEY: 'AIzaSyCompare000000000000000000000000000',
        GOOGLE_GEMINI_BASE_URL: gemini,
        // Each stream is to be told as it is.
        MAX_RETRIES: '0',
        MODEL_FALLBACKS: 'off',
      }),
    replay: (home, port) => start(home, port, ['replay', 'compared']),
    ask: async (url, text) => {
      const tools = [{ name: 'Read', input_schema: READ }];
      const messages = [{ role: 'user', content: text }];
      const body = { model: MODEL, max_tokens: 500, stream: true, messages, tools };
      return (await post(`${url}/v1/messages`, body)).text();
    },
    kept: (home) =>
      files(home)
        .filter((path) => path.endsWith(STREAM))
        .map((path) => readStreamLines(readFileSync(path, 'utf8'), path).reads)
        .map((reads) => Buffer.concat(reads.map(({ bytes }) => bytes)).toString('latin1')),
    journal: '/__mock/requests',
    fault: (url, name, testId) =>
      post(
        `${url}/__mock/faults`,
        { faults: name, ...(testId ? { test_id: testId } : {}) },
        { ...HEADERS, ...(testId ? { 'x-test-id': testId } : {}) },
      ),
    failing: 'http-400',
    faults,
    check(home, good) {
      const folder = join(home, good ? 'good' : 'bad');
      const answer = good ? 'text: hello' : 'txet: hello';
      writeFileSync(
        join(mkdir(folder), 'one.yaml'),
        `name: one\ndescription: One answer.\nrules:\n  - name: any\n    ${answer}\n`,
      );
      return [...program, 'check', folder];
    },
    drift: ['bun', join(import.meta.dir, '../drift.ts')],
    library:
      "import { startMock } from 'gemini-claude-proxy'; const mock = await startMock(); console.log(mock.url); await mock.stop();",
  };
}

export function aimock(folder: string, version: string): Subject {
  const dist = join(folder, 'node_modules/@copilotkit/aimock/dist');
  const program = ['node', join(dist, 'cli.js'), '--fixtures', '.'];
  const start = (cwd: string, ...words: string[]): Start => ({
    command: [...program, ...words],
    cwd,
    env: {},
  });
  return {
    name: '@copilotkit/aimock',
    version,
    folder,
    mock(home, port, strict) {
      writeFileSync(join(home, 'fixtures.json'), JSON.stringify(FIXTURES));
      return start(home, '--port', String(port), ...(strict ? ['--strict'] : []));
    },
    knownPrompt: 'fixed words',
    mcp(home, port) {
      const config = join(home, 'aimock.json');
      const tools = [
        { name: 'search', description: 'Searches', inputSchema: { type: 'object' }, result: 'nothing' },
      ];
      writeFileSync(config, JSON.stringify({ mcp: { tools } }));
      const command = ['node', join(dist, 'aimock-cli.js'), '--config', config, '--port', String(port)];
      return { command, cwd: home, env: {} };
    },
    record: (home, port, gemini) =>
      start(home, '--port', String(port), '--record', '--provider-gemini', gemini),
    replay: (home, port) => start(home, '--port', String(port), '--strict'),
    ask: async (url, text) => {
      const body = { contents: [{ role: 'user', parts: [{ text }] }] };
      const path = `/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`;
      return (
        await post(`${url}${path}`, body, { 'content-type': 'application/json', 'x-goog-api-key': 'any' })
      ).text();
    },
    kept: (home) =>
      files(home)
        .filter((path) => path.endsWith('.json'))
        .flatMap((path) => stringsIn(JSON.parse(readFileSync(path, 'utf8')))),
    journal: '/__aimock/journal',
    fault: (url, name, testId) =>
      post(
        `${url}/__aimock/chaos`,
        { [name]: 1 },
        { 'content-type': 'application/json', ...(testId ? { 'x-test-id': testId } : {}) },
      ),
    failing: 'dropRate',
    faults: ['dropRate', 'malformedRate', 'disconnectRate', 'rateLimitRate', 'latencyMs'],
    check(home, good) {
      const file = join(home, good ? 'good.json' : 'bad.json');
      const response = good ? { content: 'hello' } : { contnet: 'hello' };
      writeFileSync(file, JSON.stringify({ fixtures: [{ match: { userMessage: 'hi' }, response }] }));
      return ['node', join(dist, 'aimock-cli.js'), 'validate', file];
    },
    drift: ['node', join(dist, 'aimock-cli.js'), 'drift'],
    library:
      "import { LLMock } from '@copilotkit/aimock'; const mock = new LLMock({ port: 0 }); await mock.start(); console.log(mock.url); await mock.stop();",
  };
}

/** Fixtures for what the mock of this proxy does by itself: it calls a tool to run a command, and answers the result. */
const FIXTURES = {
  fixtures: [
    { match: { userMessage: 'fixed words' }, response: { content: 'fixed answer' } },
    {
      match: { userMessage: 'run `git status`', hasToolResult: false },
      response: { toolCalls: [{ name: 'Bash', arguments: { command: 'git status' } }] },
    },
    { match: { hasToolResult: true }, response: { content: 'The tool answered.' } },
  ],
};

const stringsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsIn)
      : [];

function mkdir(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}
