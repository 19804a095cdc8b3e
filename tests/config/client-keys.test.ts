import { describe, expect, test } from 'bun:test';
import { readConfig, secretsOf } from '../../src/config/config.ts';

const KEY = 'alices-own-key-0123';
const clientsOf = (value: unknown) =>
  readConfig({ BACKEND: 'mock', CLIENT_KEYS: typeof value === 'string' ? value : JSON.stringify(value) }, []);
const DIGEST = new Bun.CryptoHasher('sha256').update(KEY).digest('hex');
const NO_LIMITS = { requests: undefined, tokens: undefined, dollars: undefined };

describe('CLIENT_KEYS', () => {
  test.each([
    ['a key', { alice: KEY }, NO_LIMITS],
    ['a digest', { alice: `sha256:${DIGEST.toUpperCase()}` }, NO_LIMITS],
    [
      'limits',
      { alice: { key: KEY, requestsPerMinute: 6, dollarsPerDay: 0.5 } },
      { ...NO_LIMITS, requests: 6, dollars: 0.5 },
    ],
    ['names as in Python', { alice: { key: KEY, tokens_per_minute: 7 } }, { ...NO_LIMITS, tokens: 7 }],
  ])('%s', (_name, value, limits) => {
    expect(clientsOf(value).clients).toEqual([{ name: 'alice', digest: DIGEST, limits }]);
  });

  test('what is written out is a secret, a digest is none', () => {
    expect(secretsOf(clientsOf({ alice: KEY }))).toContain(KEY);
    expect(secretsOf(clientsOf({ alice: `sha256:${DIGEST}` }))).toEqual([]);
  });

  test.each([
    ['no JSON', 'alice', /^CLIENT_KEYS: expected a JSON object/],
    [
      'a short key',
      { alice: 'short' },
      /^CLIENT_KEYS: the key of alice has fewer than 16 characters; make a longer one$/,
    ],
    ['no key', { alice: { requestsPerMinute: 1 } }, /^CLIENT_KEYS: alice\.key: expected a key/],
    [
      'a misspelt limit',
      { alice: { key: KEY, requestPerMinute: 1 } },
      /^CLIENT_KEYS: alice\.requestPerMinute:/,
    ],
    [
      'a limit of 0',
      { alice: { key: KEY, dollarsPerDay: 0 } },
      /^CLIENT_KEYS: alice\.dollarsPerDay: expected a number above 0$/,
    ],
    ['nobody', {}, /^CLIENT_KEYS: names no client; unset it/],
    ['half a digest', { alice: `sha256:${DIGEST.slice(1)}` }, /^CLIENT_KEYS: the digest of alice is not/],
    ['what sha256sum prints', { alice: `sha256:${DIGEST}  -` }, /^CLIENT_KEYS: the digest of alice is not/],
    ['an odd name', { 'a b': KEY }, /^CLIENT_KEYS: "a b" is no name/],
    [
      'one key for two',
      { alice: KEY, bob: KEY },
      /^CLIENT_KEYS: bob has the key of another client; give each its own$/,
    ],
  ])('%s is one line, without the key', (_name, value, message) => {
    expect(() => clientsOf(value)).toThrow(message);
    expect(() => clientsOf(value)).not.toThrow(new RegExp(KEY));
  });

  test.each([
    ['written out', KEY],
    ['as a digest', `sha256:${DIGEST}`],
  ])("the operator's key is no client's: it opens everything, without limits (%s)", (_how, key) => {
    const env = { BACKEND: 'mock', PROXY_API_KEY: KEY, CLIENT_KEYS: JSON.stringify({ alice: key }) };
    expect(() => readConfig(env, [])).toThrow(/^CLIENT_KEYS: alice has the PROXY_API_KEY/);
  });
});
