/** Faults of the proxy's own side, as they are seeded into a sound machine: settings, the way to Gemini, keys, models, the port. */
import { join } from 'node:path';
import { certificateFor } from '../programs/certificate.ts';
import { serveTunnels } from '../programs/http-proxy.ts';
import { startProxy } from '../proxy.ts';
import { BAD_KEY, type DoctorBench, GOOD_KEY, type Hands, unusedPort } from './doctor.ts';

export type Fault = {
  name: string;
  seed(bench: DoctorBench): unknown;
  level: 'hint' | 'stops';
  check: string;
  says: RegExp;
  hands?(bench: DoctorBench): Hands;
  /** What is read when a process begins cannot be seeded into this one. */
  inProcess?: true;
};

/** Google with a certificate, and on the way to it an HTTP proxy. `opens` says why it does not open a tunnel; the head is in small letters. */
async function behindProxy(
  bench: DoctorBench,
  { opens }: { opens(head: string): string | undefined },
): Promise<void> {
  const tls = certificateFor('localhost');
  const google = bench.serve(bench.google.answer, { tls }).replace('http://127.0.0.1', 'https://localhost');
  const proxy = await serveTunnels(Number(new URL(google).port), opens);
  bench.servers.push(proxy);
  Object.assign(bench.env, {
    HTTPS_PROXY: proxy.url,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: bench.write('ca.pem', tls.cert),
    GOOGLE_GEMINI_BASE_URL: google,
  });
}

/** A proxy at the port of these settings that was started with another base URL. */
async function runOtherwise(bench: DoctorBench, baseUrl: string): Promise<void> {
  const proxy = await startProxy({
    fetch: (url, init) => fetch(url, init),
    env: { GEMINI_API_KEY: GOOD_KEY, GOOGLE_GEMINI_BASE_URL: baseUrl, MAX_RETRIES: '0' },
  });
  bench.servers.push({ stop: () => proxy[Symbol.asyncDispose]() });
  bench.env['PORT'] = String(proxy.port);
}

const endsTheRunning = (bench: DoctorBench): Hands => ({
  acts: { 'bun run start': () => bench.servers.pop()?.stop(true) },
});

export const PROXY_FAULTS: readonly Fault[] = [
  {
    name: 'a setting that cannot be read',
    seed: ({ env }) => Object.assign(env, { REQUEST_TIMEOUT: 'soon' }),
    level: 'stops',
    check: 'settings',
    says: /^REQUEST_TIMEOUT: .*soon/,
  },
  {
    name: 'a setting under another name',
    seed: ({ env }) => Object.assign(env, { GEMINI_API_KEYS: 'x' }),
    level: 'hint',
    check: 'settings',
    says: /GEMINI_API_KEYS .*did you mean API_KEYS/,
  },
  {
    name: 'nobody at the base URL',
    seed: ({ env }) => Object.assign(env, { GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${unusedPort()}` }),
    level: 'stops',
    check: 'network',
    says: /cannot reach 127\.0\.0\.1:\d+: .*nothing listens/,
    hands: (bench) => ({
      acts: {
        // Not Google itself: tests have no network.
        'unset GOOGLE_GEMINI_BASE_URL': () => {
          const { port } = new URL(bench.env['GOOGLE_GEMINI_BASE_URL'] ?? '');
          bench.serve(bench.google.answer, { port: Number(port) });
        },
      },
    }),
  },
  {
    name: "a company's proxy that is not there",
    seed: ({ env }) =>
      Object.assign(env, {
        HTTP_PROXY: `http://user:hush-hush@127.0.0.1:${unusedPort()}`,
        NO_PROXY: 'none',
        no_proxy: 'none',
      }),
    level: 'stops',
    check: 'network',
    says: /nothing listens|the connection failed/,
    inProcess: true,
  },
  {
    name: "a certificate of a company's own",
    seed: (bench) => {
      const tls = certificateFor('localhost');
      bench.write('ca.pem', tls.cert);
      bench.env['GOOGLE_GEMINI_BASE_URL'] = bench
        .serve(bench.google.answer, { tls })
        .replace('http://127.0.0.1', 'https://localhost');
    },
    level: 'stops',
    check: 'network',
    says: /its certificate is not trusted/,
    hands: ({ root }) => ({ answers: { '<file>': join(root, 'ca.pem') } }),
    inProcess: true,
  },
  {
    name: "a company's proxy that lets nothing through",
    seed: (bench) => behindProxy(bench, { opens: () => '403 Forbidden' }),
    level: 'stops',
    check: 'network',
    says: /^cannot reach localhost:\d+: ERR_PROXY_TUNNEL \(the HTTP proxy refused the way there: 403 Forbidden\)$/,
    inProcess: true,
  },
  {
    name: "a company's proxy that wants a name and a password",
    seed: (bench) =>
      behindProxy(bench, {
        opens: (head) =>
          head.includes(`\r\nproxy-authorization: basic ${btoa('me:hush-hush').toLowerCase()}\r\n`)
            ? undefined
            : '407 Proxy Authentication Required',
      }),
    level: 'stops',
    check: 'network',
    says: /refused the way there: 407 Proxy Authentication Required/,
    hands: () => ({ answers: { '<name>': 'me', '<password>': 'hush-hush' } }),
    inProcess: true,
  },
  {
    name: 'a certificate file that is not there',
    seed: ({ env }) => Object.assign(env, { NODE_EXTRA_CA_CERTS: '/no/such/file.pem' }),
    level: 'hint',
    check: 'network',
    says: /NODE_EXTRA_CA_CERTS names \/no\/such\/file\.pem/,
  },
  {
    name: 'certificates that nobody checks',
    seed: ({ env }) => Object.assign(env, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
    level: 'hint',
    check: 'network',
    says: /no certificate is checked/,
    hands: (bench) => ({ answers: { '<file>': bench.write('ca.pem', certificateFor('localhost').cert) } }),
  },
  {
    name: 'a clock that is two days ahead',
    seed: (bench) => {
      bench.ahead = 2 * 86_400_000;
    },
    level: 'stops',
    check: 'clock',
    says: /clock is 2 days ahead/,
    hands: (bench) => ({
      acts: {
        'sudo timedatectl': () => {
          bench.ahead = 0;
        },
      },
    }),
  },
  {
    name: 'a key that Google does not take',
    seed: ({ env }) => Object.assign(env, { GEMINI_API_KEY: BAD_KEY }),
    level: 'stops',
    check: 'keys',
    says: /^#.{8}, key 1 of GEMINI_API_KEY: .*API key not valid/,
    hands: () => ({ answers: { '<key>': GOOD_KEY } }),
  },
  {
    name: 'a file with a key that Google does not take',
    seed: (bench) => {
      delete bench.env['GEMINI_API_KEY'];
      bench.env['GEMINI_API_KEY_FILE'] = bench.write('key', BAD_KEY);
    },
    level: 'stops',
    check: 'keys',
    says: /^#.{8}, key 1 of GEMINI_API_KEY_FILE: .*API key not valid/,
    hands: (bench) => ({
      acts: { [`printf '%s\\n' '<key>' > ${bench.root}`]: () => bench.write('key', GOOD_KEY) },
    }),
  },
  {
    name: 'a file of a key that is not there',
    seed: ({ env }) => Object.assign(env, { GOOGLE_API_KEY_FILE: '/no/such/key' }),
    level: 'stops',
    check: 'settings',
    says: /^GOOGLE_API_KEY_FILE: "\/no\/such\/key" cannot be read: there is no such file/,
  },
  {
    name: 'a key, and a file of a key',
    seed: (bench) => Object.assign(bench.env, { GEMINI_API_KEY_FILE: bench.write('key', BAD_KEY) }),
    level: 'stops',
    check: 'settings',
    says: /^GEMINI_API_KEY_FILE: GEMINI_API_KEY is set as well/,
  },
  {
    name: 'a bad key beside a good one',
    seed: ({ env }) => Object.assign(env, { API_KEYS: `${GOOD_KEY},${BAD_KEY}` }),
    level: 'hint',
    check: 'keys',
    says: /^#.{8}, key 2 of API_KEYS: /,
    hands: () => ({ answers: { '<keys>': GOOD_KEY } }),
  },
  {
    name: 'no key at all',
    seed: ({ env }) => delete env['GEMINI_API_KEY'],
    level: 'hint',
    check: 'keys',
    says: /no Gemini key is set/,
    hands: () => ({ answers: { '<key>': GOOD_KEY } }),
  },
  {
    name: 'a file of credentials of Google Cloud that is not there',
    seed: ({ env }) =>
      Object.assign(env, {
        BACKEND: 'vertex',
        GOOGLE_CLOUD_PROJECT: 'p',
        GOOGLE_CLOUD_LOCATION: 'global',
        GOOGLE_APPLICATION_CREDENTIALS: '/no/such/file.json',
      }),
    level: 'stops',
    check: 'settings',
    says: /^GOOGLE_APPLICATION_CREDENTIALS: "\/no\/such\/file.json" is not there/,
    hands: ({ env }) => ({
      acts: {
        // What Google's library would look for then is not in a test's home.
        'unset GOOGLE_APPLICATION_CREDENTIALS': () => {
          delete env['GOOGLE_APPLICATION_CREDENTIALS'];
          env['BACKEND'] = 'gemini';
        },
      },
    }),
  },
  {
    name: 'a model that no key reaches, and none that takes its place',
    seed: ({ env, google }) => {
      env['MODEL_FALLBACKS'] = 'none';
      google.missing.add('gemini-4-argon');
    },
    level: 'stops',
    check: 'keys',
    says: /^gemini-4-argon \(BIG_MODEL\) does not answer/,
  },
  {
    name: 'a model that no key reaches, where another takes its place',
    seed: ({ google }) => google.missing.add('gemini-4-argon'),
    level: 'hint',
    check: 'keys',
    says: /^gemini-4-argon \(BIG_MODEL\) does not answer/,
  },
  {
    name: 'a model that does not think as it should be able to',
    seed: ({ env, google }) => {
      env['SMALL_MODEL'] = 'gemini-3.8-flash';
      google.thoughtless.add('gemini-3.8-flash');
    },
    level: 'hint',
    check: 'thinking',
    says: /^gemini-3\.8-flash refuses to think/,
  },
  {
    name: 'a model that this version does not know',
    seed: ({ env }) => Object.assign(env, { BIG_MODEL: 'gemini-9-zinc' }),
    level: 'hint',
    check: 'thinking',
    says: /^gemini-9-zinc is not in this version's table/,
  },
  {
    name: 'a folder for data that cannot be made',
    seed: (bench) => Object.assign(bench.env, { DATA_DIR: join(bench.write('a-file', ''), 'data') }),
    level: 'stops',
    check: 'storage',
    says: /^DATA_DIR: .*a-file.data cannot be used: ENOTDIR/,
  },
  {
    name: 'a Redis that is not there',
    seed: ({ env }) => Object.assign(env, { REDIS_URL: `redis://:hush-hush@127.0.0.1:${unusedPort()}` }),
    level: 'hint',
    check: 'storage',
    says: /127\.0\.0\.1:\d+/,
  },
  {
    name: 'another program at the port',
    seed: (bench) => {
      bench.env['PORT'] = new URL(bench.serve(() => new Response('me'))).port;
    },
    level: 'stops',
    check: 'port',
    says: /another program listens/,
  },
  {
    name: 'a proxy that runs with another base URL, and cannot reach it',
    seed: (bench) => runOtherwise(bench, `http://127.0.0.1:${unusedPort()}`),
    level: 'stops',
    check: 'port',
    says: /has other settings than these \(.*GOOGLE_GEMINI_BASE_URL.*\), and cannot use Gemini: /,
    hands: endsTheRunning,
  },
  {
    name: 'a proxy that runs with another base URL, where Gemini answers',
    seed: (bench) => runOtherwise(bench, bench.serve(bench.google.answer)),
    level: 'hint',
    check: 'port',
    says: /works, and has other settings than these: .*GOOGLE_GEMINI_BASE_URL/,
    hands: endsTheRunning,
  },
];
