/** The settings that say who may use the proxy. */
import { Type } from '@sinclair/typebox';
import { fileOf, Key, Names, Origins, READ_ANEW, Text, variable } from '../variable-types.ts';

export const ACCESS = {
  HOST: variable(Text, {
    default: '127.0.0.1',
    theme: 'access',
    description: 'The address to listen on. Any but loopback needs PROXY_API_KEY, or ALLOW_OPEN=true',
  }),
  PORT: variable(Type.Integer({ minimum: 0, maximum: 65_535 }), {
    default: 8082,
    theme: 'access',
    description: 'The port to listen on; 0 takes a free one',
  }),
  PROXY_API_KEY: variable(Key, {
    theme: 'access',
    description: 'The key that clients must send, as x-api-key or as a Bearer token',
    secret: true,
  }),
  PROXY_API_KEY_FILE: fileOf('PROXY_API_KEY', 'access'),
  CLIENT_KEYS: variable(
    Type.Record(Type.String(), Type.Unknown(), {
      description:
        'a JSON object of the names of clients, each with its key, or with an object of key and limits',
    }),
    {
      theme: 'access',
      description:
        'JSON: clients by name, each with a key of its own, beside PROXY_API_KEY: `{"alice":"<key>","ci":{"key":"sha256:<digest>","requestsPerMinute":60,"tokensPerMinute":400000,"dollarsPerDay":5}}`. The name is in the log, in usage and in metrics. With it a key is needed, also without PROXY_API_KEY (docs/cost.md)',
      secret: true,
    },
  ),
  CLIENT_KEYS_FILE: fileOf('CLIENT_KEYS', 'access', READ_ANEW),
  ALLOW_OPEN: variable(Type.Boolean(), {
    default: false,
    theme: 'access',
    description:
      'Serve on an address beyond loopback without PROXY_API_KEY: everyone who can reach the port may use your keys',
  }),
  ALLOWED_HOSTS: variable(Names, {
    theme: 'access',
    description:
      'Names under which browsers may reach this proxy, besides loopback; with a port (proxy.example:8082) or without, for all ports. A page of such a host may do whatever a page of the proxy itself may',
  }),
  CORS_ORIGINS: variable(Origins, {
    theme: 'access',
    description:
      'Origins whose pages may use the API in a browser, such as https://app.example. `*` allows every page, and needs PROXY_API_KEY',
  }),
} as const;
