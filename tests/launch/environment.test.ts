import { describe, expect, test } from 'bun:test';
import { inTheWay, variablesFor, withoutScriptRunner } from '../../src/launch/environment.ts';
import { shellText } from '../../src/launch/shell-text.ts';

const SERVED = { baseUrl: 'http://127.0.0.1:9', token: 'secret', inputTokens: 1_048_576 };
const ALL = {
  ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  ANTHROPIC_AUTH_TOKEN: 'secret',
  CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
  ANTHROPIC_DEFAULT_HAIKU_MODEL: 'claude-haiku-4-5',
  CLAUDE_CODE_AUTO_COMPACT_WINDOW: '1000000',
};

describe('what Claude Code is told', () => {
  test('all of it, where the user has set nothing', () => {
    expect(variablesFor(SERVED, {}, {})).toEqual(ALL);
  });

  test('the address and the token in place of those of the user; his models and window stay', () => {
    const own = {
      ANTHROPIC_BASE_URL: 'https://gateway.example',
      ANTHROPIC_AUTH_TOKEN: 'other',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'gemini-3.8-flash',
      CLAUDE_CODE_AUTO_COMPACT_WINDOW: '300k',
    };
    const { ANTHROPIC_BASE_URL, ANTHROPIC_AUTH_TOKEN, CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY } = ALL;
    expect(variablesFor(SERVED, own, {})).toEqual({
      ANTHROPIC_BASE_URL,
      ANTHROPIC_AUTH_TOKEN,
      CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY,
    });
  });

  test.each([
    [32_000, '100000'],
    [262_144, '262144'],
    [2_097_152, '1000000'],
  ])('a window of %d tokens, within what Claude Code takes', (inputTokens, window) => {
    const { CLAUDE_CODE_AUTO_COMPACT_WINDOW } = variablesFor({ ...SERVED, inputTokens }, {}, {});
    expect(CLAUDE_CODE_AUTO_COMPACT_WINDOW).toBe(window);
  });

  test.each<[network: Record<string, string>, added: Record<string, string>]>([
    [{}, {}],
    [{ NO_PROXY: 'corp' }, {}],
    [{ HTTP_PROXY: '' }, {}],
    [{ HTTP_PROXY: 'http://p:1' }, { NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' }],
    [
      { https_proxy: 'http://p:1', no_proxy: 'corp, .corp' },
      { NO_PROXY: 'corp, .corp,127.0.0.1', no_proxy: 'corp, .corp,127.0.0.1' },
    ],
    [{ ALL_PROXY: 'http://p:1', NO_PROXY: 'a, 127.0.0.1', no_proxy: '*' }, {}],
    [{ HTTP_PROXY: 'http://p:1', NO_PROXY: '127.0.0.1' }, { no_proxy: '127.0.0.1' }],
  ])('with %j, the way around a proxy: %j', (network, added) => {
    expect(variablesFor(SERVED, {}, network)).toEqual({ ...ALL, ...added });
  });

  test('keys and providers of other accounts are in the way, where they are set', () => {
    const now = {
      ANTHROPIC_API_KEY: 'k',
      CLAUDE_CODE_USE_BEDROCK: '1',
      CLAUDE_CODE_USE_VERTEX: '',
      HOME: '/',
    };
    expect(inTheWay(now)).toEqual(['ANTHROPIC_API_KEY', 'CLAUDE_CODE_USE_BEDROCK']);
  });

  test('nothing of the script runner, and all of the user', () => {
    const env = {
      npm_package_json: '/opt/proxy/package.json',
      npm_lifecycle_event: 'claude',
      npm_config_local_prefix: '/opt/proxy',
      npm_config_registry: 'https://registry.example',
      INIT_CWD: '/opt/proxy',
      NODE: '/usr/bin/node',
      NODE_OPTIONS: '--no-warnings',
      PATH: '/opt/proxy/node_modules/.bin:/opt/node_modules/.bin:/home/me/app/node_modules/.bin:/usr/bin',
    };
    expect(withoutScriptRunner(env)).toEqual({
      npm_config_registry: 'https://registry.example',
      NODE_OPTIONS: '--no-warnings',
      PATH: '/home/me/app/node_modules/.bin:/usr/bin',
    });
    const { npm_package_json: _started, ...byHand } = env;
    expect(withoutScriptRunner(byHand)).toEqual(byHand);
  });
});

describe('the variables for a shell', () => {
  const VARIABLES = { set: { A: `it's "$HOME" \\ \`x\``, B: '' }, unset: ['C'] };

  test('sh reads them back as they are', async () => {
    const script = `${shellText('sh', VARIABLES)}printf '%s|%s|%s' "$A" "$B" "\${C-gone}"`;
    const child = Bun.spawn(['sh', '-c', script], { env: { C: 'there' }, stdout: 'pipe' });
    expect(await new Response(child.stdout).text()).toBe(`${VARIABLES.set.A}||gone`);
  });

  test.each([
    ['fish', `set -e C\nset -gx A 'it\\'s "$HOME" \\\\ \`x\`'\nset -gx B ''\n`],
    [
      'powershell',
      `Remove-Item Env:C -ErrorAction SilentlyContinue\n$env:A = 'it''s "$HOME" \\ \`x\`'\n$env:B = ''\n`,
    ],
  ] as const)('%s', (format, text) => {
    expect(shellText(format, VARIABLES)).toBe(text);
  });

  test('json has those that are set', () => {
    expect(JSON.parse(shellText('json', VARIABLES))).toEqual(VARIABLES.set);
  });
});
