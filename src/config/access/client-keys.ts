/** Reads `CLIENT_KEYS`: the clients of this proxy, each with a key and limits of its own. */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { sha256Of } from '../../lib/hash.ts';
import { isObject } from '../../lib/json.ts';
import { quoted } from '../../lib/shown-text.ts';
import type { ClientKey } from '../../limits/client-key.ts';
import { ConfigError } from '../read-value.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
/** A key that is shorter may be guessed. */
const SHORTEST = 16;
const HASHED = /^sha256:([0-9a-f]{64})$/i;
const MEANS_HASHED = /^sha256:/i;

const Limit = Type.Optional(Type.Number({ exclusiveMinimum: 0 }));
const Row = Type.Object(
  { key: Type.String(), requestsPerMinute: Limit, tokensPerMinute: Limit, dollarsPerDay: Limit },
  { additionalProperties: false },
);

const LIMITS: ReadonlySet<string> = new Set(['requestsPerMinute', 'tokensPerMinute', 'dollarsPerDay']);

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `secrets`: the keys that are written out, and not as a digest. */
export type ClientKeys = { clients: readonly ClientKey[]; secrets: readonly string[] };

/** Errors show names, and never keys. `proxyApiKey`: the operator's, which may be no client's. */
export function readClientKeys(
  given: Readonly<Record<string, unknown>> | undefined,
  proxyApiKey: string | undefined,
): ClientKeys {
  if (!given) return { clients: [], secrets: [] };
  const rows = Object.entries(given).map(([name, value]) => readClient(name, value));
  const clients = rows.map(({ client }) => client);
  // Without a client everybody would come in, which nobody means who has taken the last one out.
  if (clients.length === 0)
    throw new ConfigError('CLIENT_KEYS: names no client; unset it to let everybody in without a key');
  const twice = clients.find(
    ({ digest }, index) => clients.findIndex((one) => one.digest === digest) < index,
  );
  if (twice)
    throw new ConfigError(`CLIENT_KEYS: ${twice.name} has the key of another client; give each its own`);
  const operator = proxyApiKey === undefined ? undefined : sha256Of(proxyApiKey);
  const all = clients.find(({ digest }) => digest === operator);
  if (all)
    throw new ConfigError(
      `CLIENT_KEYS: ${all.name} has the PROXY_API_KEY, with which everything is open and nothing limited; give it a key of its own`,
    );
  return { clients, secrets: rows.flatMap(({ secret }) => secret ?? []) };
}

type Read = { client: ClientKey; secret: string | undefined };

function readClient(name: string, value: unknown): Read {
  if (!NAME.test(name))
    throw new ConfigError(
      `CLIENT_KEYS: ${quoted(name)} is no name; use letters, digits, ".", "_", "@" and "-", at most 64`,
    );
  const row = rowOf(name, value);
  const key = row.key.trim();
  const hashed = HASHED.exec(key)?.[1];
  if (hashed === undefined && MEANS_HASHED.test(key))
    throw new ConfigError(
      `CLIENT_KEYS: the digest of ${name} is not "sha256:" and 64 hexadecimal digits; sha256sum prints them first`,
    );
  if (hashed === undefined && key.length < SHORTEST)
    throw new ConfigError(
      `CLIENT_KEYS: the key of ${name} has fewer than ${SHORTEST} characters; make a longer one`,
    );
  const { requestsPerMinute: requests, tokensPerMinute: tokens, dollarsPerDay: dollars } = row;
  const digest = hashed?.toLowerCase() ?? sha256Of(key);
  return {
    client: { name, digest, limits: { requests, tokens, dollars } },
    secret: hashed === undefined ? key : undefined,
  };
}

function rowOf(name: string, value: unknown): Static<typeof Row> {
  if (typeof value === 'string') return { key: value };
  const row = isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([field, inner]) => [camelCase(field), inner]))
    : value;
  if (Value.Check(Row, row)) return row;
  const path = [...Value.Errors(Row, row)][0]?.path.slice(1) ?? '';
  if (LIMITS.has(path)) throw new ConfigError(`CLIENT_KEYS: ${name}.${path}: expected a number above 0`);
  throw new ConfigError(
    `CLIENT_KEYS: ${name}${path === '' ? '' : `.${path}`}: expected a key, or an object of key, requestsPerMinute, tokensPerMinute and dollarsPerDay`,
  );
}
