import { describe, expect, test } from 'bun:test';
import { createRedactor } from '../../src/sim/redact.ts';

const redactor = createRedactor([]);
const clean = (text: string) => redactor.text(text, 'it', []);
const x = (text: string) => 'x'.repeat(text.length);

/** Invented, each in exactly its maker's form. They are put together here, so that no scanner takes them for real. */
const JWT = [
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  'eyJzdWIiOiIxMjM0NTY3ODkwIn0',
  'dozjgNryP4J3jVmNHl0w5N',
].join('.');
const WHOLE: Readonly<Record<string, string>> = {
  'a Google key': `AIza${'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q'}`,
  'another Google key': `AQ.${'Ab8RN6KxJ0-3aBcDeFgHiJkLmNoPqRsTuVwXyZ'}`,
  'a Google token': `ya29.${'a0AfH6SMBx1y2z3A4B5C6D7E8F9'}`,
  'a refresh token of Google': `1//0${'gABCDEFGhIJKLmNoPqRsTuVwXyZ-1'}`,
  'a client secret of Google': `GOCSPX-${'aBcDeFgHiJkLmNoPqRsTuVwX'}`,
  'an AWS key': `AKIA${'IOSFODNN7EXAMPLE'}`,
  'a GitHub token': `ghp_${'16C7e42F292c6912E7710c838347Ae178B4a'}`,
  'an OAuth token of GitHub': `gho_${'16C7e42F292c6912E7710c838347Ae178B4a'}`,
  'a fine-grained token of GitHub': `github_pat_${'11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789'}`,
  'a GitLab token': `glpat-${'aBcDeFgHiJkLmNoPqRsT'}`,
  'an OpenAI key': `sk-${'aBcD1234eFgH5678iJkL9012mNoP3456qRsT7890uVwX1234'}`,
  "an OpenAI project's key": `sk-proj-${'abc_DEF-ghi123JKL456mno789'}`,
  'an Anthropic key': `sk-ant-api03-${'aBcDeFgHiJkLmNoPqRsTuVwXyZ-0123456789AA'}`,
  'an OpenRouter key': `sk-or-v1-${'0123456789abcdef0123456789abcdef'}`,
  'a Stripe key': `sk_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`,
  'a Slack token': `xoxb-${'123456789012-1234567890123-aBcDeFgHiJkLmNoP'}`,
  'an npm token': `npm_${'aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789'}`,
  'a Hugging Face token': `hf_${'aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH'}`,
  'a JSON web token': JWT,
};

/** Texts in which a token may stand, and of which nothing else may go. */
const AROUND: readonly ((token: string) => string)[] = [
  (token) => `KEY=${token}`,
  (token) => `export KEY="${token}"; run`,
  (token) => JSON.stringify({ line: `A=1\n${token}\n` }),
  (token) => JSON.stringify({ json: JSON.stringify({ text: `\t${token}\\` }) }),
  (token) => `https://api.example/v1?key=${token}&x=1`,
  (token) => `key%3D${token}%26x`,
  (token) => `'${token}','b'`,
];

describe('tokens that nobody has named', () => {
  test.each(Object.entries(WHOLE))('%s', (_name, token) => {
    for (const around of AROUND) {
      const [before, after] = [around(token), around(x(token))];
      expect(clean(before)).toBe(after);
      expect(clean(after)).toBe(after);
    }
  });

  const parts: [string, string, string][] = [
    ['a password in a URL', 'postgres://app:hunter2@db/x', 'postgres://app:xxxxxxx@db/x'],
    ['a short one', 'https://user:pw@host/', 'https://user:xx@host/'],
    ['one with an at sign', 'redis://:p@ss@host:1', 'redis://:xxxx@host:1'],
    [
      'a bearer token',
      'Authorization: Bearer abcdefghijklmnopqrstuvwx',
      `Authorization: Bearer ${'x'.repeat(24)}`,
    ],
    ['a short bearer token', 'authorization: bearer abc123def456', `authorization: bearer ${'x'.repeat(12)}`],
    ['a basic one', 'Authorization: Basic dXNlcjpwYXNz', `Authorization: Basic ${'x'.repeat(12)}`],
    [
      'a secret of AWS',
      `aws_secret_access_key = ${'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'}`,
      `aws_secret_access_key = ${'x'.repeat(40)}`,
    ],
  ];
  test.each(parts)('%s', (_name, before, after) => {
    expect(clean(before)).toBe(after);
    expect(clean(after)).toBe(after);
    expect(JSON.parse(clean(JSON.stringify(before)))).toBe(after);
  });

  const BODY = Array.from({ length: 4 }, (_, i) =>
    'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(2).slice(i, i + 64),
  );
  const pem = (kind: string, body: readonly string[], end: string) =>
    `before\n-----BEGIN ${kind}-----\n${body.join('\n')}\n${end}`;
  test.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'PGP PRIVATE KEY BLOCK'])(
    'a %s of several lines, whole or cut off',
    (kind) => {
      for (const [body, end] of [
        [[...BODY, 'Q8Zr=='], `-----END ${kind}-----\nafter`],
        [['Proc-Type: 4,ENCRYPTED', '', ...BODY], `-----END ${kind}-----\nafter`],
        [BODY, 'and so on'],
      ] as const) {
        for (const text of [pem(kind, body, end), JSON.stringify(pem(kind, body, end))]) {
          const after = clean(text);
          for (const line of BODY) expect(after).not.toContain(line.slice(0, 6));
          expect(after).toHaveLength(text.length);
          expect(after).toContain(`-----BEGIN ${kind}-----`);
          if (end.endsWith('after')) expect(after).toContain('after');
        }
      }
    },
  );

  test.each([
    'AIza is how a key begins',
    'sk-learn and sk-circle-fade-dot-of-the-spinner',
    'http://localhost:8082/@scope/name',
    'postgres://$USER:$PASSWORD@host and https://u:{PW}@host',
    'the bearer of the news, a Bearer token, Bearer <token>',
    'eyJ is base64 for {"',
    '-----BEGIN PRIVATE KEY----- is its first line.',
    '-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n',
    'npm_config_registry=https://registry.example npm_lifecycle_event',
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'https://example.com/a:b@c',
  ])('%s is left alone', (text) => {
    expect(clean(text)).toBe(text);
    expect(clean(JSON.stringify(text))).toBe(JSON.stringify(text));
  });
});
