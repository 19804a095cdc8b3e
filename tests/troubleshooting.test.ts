/**
 * docs/troubleshooting.md quotes what users see. Each quoted message is provoked here, or, where that takes another
 * machine, looked for in the source.
 */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../src/config/config.ts';
import { cut, type Script, says, scriptedGoogle } from './support/google/scripted-google.ts';
import { startProxy as startProcess } from './support/programs/proxy-process.ts';
import { googleError, hello, startProxy } from './support/proxy.ts';

const ROOT = join(import.meta.dir, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

type Env = Readonly<Record<string, string>>;
/** Resolves with what a user is shown. */
type Provoke = () => Promise<string>;

const KEY = { GEMINI_API_KEY: 'any' };

/** The line that ends the start, or the remarks that are logged. */
const settings =
  (env: Env, flags: readonly string[] = []): Provoke =>
  async () => {
    try {
      return readConfig(env, flags).notices.join('\n');
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  };

type Asking = { path?: string; body?: object; headers?: Record<string, string>; script?: Script };

/** The message of the answer, which the log has as well. */
const answer =
  (
    env: Env,
    { path = '/v1/messages', body = {}, headers = {}, script = (asked) => says(asked) }: Asking = {},
  ): Provoke =>
  async () => {
    const google = scriptedGoogle(script);
    await using proxy = await google.start({ MAX_RETRIES: '0', MODEL_FALLBACKS: 'none', ...env });
    const response = await google.finish(proxy.send(path, { ...hello, ...body }, headers));
    return (await response.json()).error.message;
  };

const withoutHeaders: Provoke = async () => {
  await using proxy = await startProxy();
  const response = await fetch(`${proxy.url}/v1/messages`, { method: 'POST', body: JSON.stringify(hello) });
  return (await response.json()).error.message;
};

/** What the process writes, until `quote` is in it or it has ended. */
const written =
  (env: Env, quote: string): Provoke =>
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'troubleshooting-'));
    try {
      const proxy = await startProcess({ folder, env });
      while (!matches(proxy.output(), quote)) await proxy.wrote();
      await proxy.stop();
      return proxy.output();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

/** What a start says that finds its port taken. */
const portTaken: Provoke = async () => {
  await using other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const start = [process.execPath, join(ROOT, 'src/main.ts'), 'start', '--port', String(other.port)];
  const child = Bun.spawn(start, { stderr: 'pipe', stdout: 'ignore', env: {} });
  // Until then the port must stay taken.
  await child.exited;
  return new Response(child.stderr).text();
};

/** Where nothing listens. */
const NOWHERE = '127.0.0.1:9';
const UNREACHABLE = 'cannot reach …; requests fail until it can be';
const NO_REDIS = 'Redis at … does not answer, or refuses the user or password';

const VERTEX = { BACKEND: 'vertex', GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'global' };

const START: Readonly<Record<string, Provoke>> = {
  'HOST: … is reachable by others; set PROXY_API_KEY': settings({ ...KEY, HOST: '0.0.0.0' }),
  'GEMINI_API_KEY: not set, and HOST … is not loopback': settings({ HOST: '0.0.0.0', PROXY_API_KEY: 'k' }),
  'No Gemini key is set: answers come from the built-in MOCK': settings({}),
  '… is not read by this proxy: did you mean …?': settings({ GEMINI_KEY: 'any' }),
  '--…: there is no such flag': settings({}, ['--prot', '1']),
  '…: expected …, got …': settings({ MAX_RETRIES: 'many' }),
  'GOOGLE_GEMINI_BASE_URL: expected an http or https URL': settings({ GOOGLE_GEMINI_BASE_URL: 'localhost' }),
  'GEMINI_API_KEY_FILE: … cannot be read: there is no such file': settings({
    GEMINI_API_KEY_FILE: '/nowhere',
  }),
  'BACKEND: vertex needs …': settings({ BACKEND: 'vertex' }),
  'GOOGLE_APPLICATION_CREDENTIALS: … is not there': settings({
    ...VERTEX,
    GOOGLE_APPLICATION_CREDENTIALS: '/nowhere',
  }),
  '…: Google has retired …': settings({ BIG_MODEL: 'gemini-1.5-pro-latest' }),
  "… is not in this version's table": settings({ BIG_MODEL: 'gemini-4-argom' }),
  'PORT: … is in use already': portTaken,
  [UNREACHABLE]: written({ ...KEY, GOOGLE_GEMINI_BASE_URL: `http://${NOWHERE}` }, UNREACHABLE),
  [NO_REDIS]: written({ REDIS_URL: `redis://${NOWHERE}` }, NO_REDIS),
};

const ANSWERS: Readonly<Record<string, Provoke>> = {
  'The key is not the one of this proxy': answer(
    { PROXY_API_KEY: 'right' },
    { headers: { 'x-api-key': 'wrong' } },
  ),
  'No key was sent': answer({ PROXY_API_KEY: 'right' }),
  "The proxy's Gemini key was refused: API key not valid": answer({ FAULTS: 'bad-key' }),
  'User location is not supported': answer({ FAULTS: 'location' }),
  'Gemini billing: …': answer(
    {},
    { script: () => googleError(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.') },
  ),
  'Gemini quota: …': answer({ FAULTS: 'daily-quota' }),
  "the day's quota is used up, back at …": answer({ FAULTS: 'daily-quota' }),
  'out of quota, back at …': answer({ FAULTS: 'http-429' }),
  'This model is currently experiencing high demand': answer({ FAULTS: 'http-503' }),
  'Requested entity was not found': answer({ FAULTS: 'http-404' }),
  'model: gpt-5': answer({}, { body: { model: 'gpt-5' } }),
  'prompt is too long: … tokens > … maximum': answer({ FAULTS: 'too-long' }),
  'Send fewer or smaller pictures and documents': answer({ FAULTS: 'http-413' }),
  'The proxy cannot reach …': answer({ FAULTS: 'dns' }),
  'The request was turned away before it reached Gemini': answer({ FAULTS: 'html:code=403' }),
  'No Gemini API answers at the address that the proxy asks': answer({ FAULTS: 'redirect' }),
  'Gemini did not answer in time': answer({ FAULTS: 'silence' }),
  "Gemini's answer was not usable": answer({}, { script: cut }),
  'Host … is not allowed here': answer({}, { headers: { host: 'claude.example' } }),
  'Origin … is not allowed here': answer({}, { headers: { origin: 'https://app.example' } }),
  'Clients add the path themselves': answer({}, { path: '/api/v1/messages' }),
  'anthropic-version: header is required': withoutHeaders,
};

/** What only another machine, or a certain moment, would show. */
const IN_SOURCE: readonly string[] = [
  'Bun … or newer is needed',
  'The packages are not installed: …',
  'Claude Code is not installed: there is no claude on the PATH',
  '--folder: … is no folder',
  '…: not used.',
  'The proxy already serves … answers (STREAMS_MAX)',
  'The proxy is shutting down',
  'nothing recorded answers this request',
];

/** True where `text` holds `quote`, in which `…` stands for anything within a line. */
function matches(text: string, quote: string): boolean {
  const pieces = quote.split('…').map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(pieces.join('.*')).test(text);
}

/** The quotes in the first column of the tables under the first two headings. */
function quotedMessages(): string[] {
  const [page = ''] = read('docs/troubleshooting.md').split('## Claude Code says something of its own');
  return page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) =>
      [...(line.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, quote = '']) => quote),
    );
}

describe('docs/troubleshooting.md quotes what is said', () => {
  test('each quote is provoked, or looked for in the source', () => {
    const known = [...Object.keys({ ...START, ...ANSWERS }), ...IN_SOURCE];
    expect(quotedMessages().toSorted()).toEqual(known.toSorted());
  });

  test.each(Object.entries({ ...START, ...ANSWERS }))('%s', async (quote, provoke) => {
    const said = await provoke();
    expect({ said, matches: matches(said, quote) }).toEqual({ said, matches: true });
  });

  test.each(IN_SOURCE)('%s, in the source', (quote) => {
    const pieces = quote
      .split('…')
      .map((piece) => piece.trim())
      .filter((piece) => piece !== '');
    const files = ['src', 'scripts'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts'))
        .map((path) => join(folder, path)),
    );
    expect(files.filter((path) => pieces.every((piece) => read(path).includes(piece)))).not.toEqual([]);
  });
});
