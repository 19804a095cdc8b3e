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

const Limit = Type.Optional(Type.Number({ exclusiveMinimum: 0 }));
const Row = Type.Object(
  { key: Type.String(), requestsPerMinute: Limit, tokensPerMinute: Limit, dollarsPerDay: Limit },
  { additionalProperties: false },
);

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `secrets`: the keys that are written out, and not as a digest. */
export type ClientKeys = { clients: readonly ClientKey[]; secrets: readonly string[] };

/** `source`: the setting that errors name. Errors show names, and never keys. */
export function readClientKeys(given: Readonly<Record<string, unknown>> = {}): ClientKeys {
  const secrets: string[] = [];
  const clients = Object.entries(given).map(([name, value]) => {
    if (!NAME.test(name))
      throw new ConfigError(
        `CLIENT_KEYS: ${quoted(name)} is no name; use letters, digits, ".", "_", "@" and "-", at most 64`,
      );
    const row = rowOf(name, value);
    const hashed = HASHED.exec(row.key)?.[1];
    if (hashed === undefined) {
      if (row.key.trim().length < SHORTEST)
        throw new ConfigError(
          `CLIENT_KEYS: the key of ${name} has fewer than ${SHORTEST} characters; make a longer one`,
        );
      secrets.push(row.key.trim());
    }
    const { requestsPerMinute: requests, tokensPerMinute: tokens, dollarsPerDay: dollars } = row;
    return {
      name,
      digest: hashed?.toLowerCase() ?? sha256Of(row.key.trim()),
      limits: { requests, tokens, dollars },
    };
  });
  const twice = clients.find(
    ({ digest }, index) => clients.findIndex((one) => one.digest === digest) < index,
  );
  if (twice)
    throw new ConfigError(`CLIENT_KEYS: ${twice.name} has the key of another client; give each its own`);
  return { clients, secrets };
}

function rowOf(name: string, value: unknown): Static<typeof Row> {
  if (typeof value === 'string') return { key: value };
  const row = isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([field, inner]) => [camelCase(field), inner]))
    : value;
  if (Value.Check(Row, row)) return row;
  const path = [...Value.Errors(Row, row)][0]?.path.slice(1) ?? '';
  throw new ConfigError(
    `CLIENT_KEYS: ${name}${path === '' ? '' : `.${path}`}: expected a key, or an object of key, requestsPerMinute, tokensPerMinute and dollarsPerDay`,
  );
}
