/** Faults on Claude Code's side: the program, its settings, the user's MCP servers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../../src/config/config.ts';
import { exists, gone } from '../programs/launch.ts';
import { type DoctorBench, SILENT_PROGRAM, unusedPort } from './doctor.ts';
import type { Fault } from './faults.ts';

const USER_SETTINGS = 'home/.claude/settings.json';
const MANAGED = 'managed/managed-settings.json';
const MORE_MANAGED = 'managed/managed-settings.d/20-gateway.json';

/** What a proxy says that runs with these settings, as far as the doctor asks. */
function serveProxy(bench: DoctorBench, port = 0): string {
  const root = { service: 'gemini-claude-proxy', version: VERSION, backend: 'gemini' };
  const models = { data: [{ id: 'claude-opus-5-5', max_input_tokens: 1_000_000 }] };
  const answers: Readonly<Record<string, object>> = {
    '/': root,
    '/readyz': {},
    '/v1/models': models,
    '/health': {},
    '/test-connection': {},
  };
  const answer = ({ url }: Request) => {
    const body = answers[new URL(url).pathname];
    return body ? Response.json(body) : new Response('', { status: 404 });
  };
  return bench.serve(answer, { port });
}

/** Connected by hand to a proxy that is there. */
const connected = (bench: DoctorBench): Record<string, string> => ({
  ANTHROPIC_BASE_URL: serveProxy(bench),
  ANTHROPIC_AUTH_TOKEN: 'dummy',
  CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
});

export const CLIENT_FAULTS: readonly Fault[] = [
  {
    name: 'no Claude Code',
    seed: (bench) => bench.removeClient(),
    level: 'stops',
    check: 'claude code',
    says: /not installed/,
    hands: (bench) => ({ acts: { 'npm install -g': () => bench.installClient() } }),
  },
  {
    name: 'a Claude Code of long ago',
    seed: (bench) => bench.installClient('2.0.99'),
    level: 'hint',
    check: 'claude code',
    says: /2\.0\.99 is older/,
    hands: (bench) => ({ acts: { 'claude update': () => bench.installClient() } }),
  },
  {
    name: 'another provider in the settings of a connected Claude Code',
    seed: (bench) => {
      Object.assign(bench.env, connected(bench));
      bench.write(USER_SETTINGS, { env: { CLAUDE_CODE_USE_BEDROCK: '1' } });
    },
    level: 'stops',
    check: 'connection',
    says: /CLAUDE_CODE_USE_BEDROCK is set beside ANTHROPIC_BASE_URL/,
    hands: (bench) => ({ acts: { [join(bench.root, USER_SETTINGS)]: () => bench.write(USER_SETTINGS, {}) } }),
  },
  {
    name: 'a key of Anthropic in the environment',
    seed: ({ env }) => Object.assign(env, { ANTHROPIC_API_KEY: 'sk-ant-secret-of-mine' }),
    level: 'hint',
    check: 'connection',
    says: /^ANTHROPIC_API_KEY is set$/,
  },
  {
    name: 'a base URL where nobody listens',
    seed: ({ env }) =>
      Object.assign(env, {
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${unusedPort()}`,
        CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
      }),
    level: 'stops',
    check: 'connection',
    says: /nobody listens there/,
  },
  {
    name: 'another token than the proxy takes',
    seed: (bench) => Object.assign(bench.env, connected(bench), { PROXY_API_KEY: 'between-us-two' }),
    level: 'stops',
    check: 'connection',
    says: /ANTHROPIC_AUTH_TOKEN is not the PROXY_API_KEY/,
    hands: () => ({ answers: { '<PROXY_API_KEY>': 'between-us-two' } }),
  },
  {
    name: 'another token than the proxy takes, in a settings file',
    seed: (bench) => {
      const { ANTHROPIC_AUTH_TOKEN, ...rest } = connected(bench);
      Object.assign(bench.env, rest, { PROXY_API_KEY: 'between-us-two' });
      bench.write(USER_SETTINGS, { env: { ANTHROPIC_AUTH_TOKEN } });
    },
    level: 'stops',
    check: 'connection',
    says: /ANTHROPIC_AUTH_TOKEN is not the PROXY_API_KEY/,
    hands: (bench) => ({
      acts: {
        [join(bench.root, USER_SETTINGS)]: () =>
          bench.write(USER_SETTINGS, { env: { ANTHROPIC_AUTH_TOKEN: 'between-us-two' } }),
      },
    }),
  },
  {
    name: "another provider in a company's settings, which no launch overrules",
    seed: (bench) => bench.write(MANAGED, { env: { CLAUDE_CODE_USE_VERTEX: '1' } }),
    level: 'stops',
    check: 'connection',
    says: /^CLAUDE_CODE_USE_VERTEX is set for all users$/,
    hands: (bench) => ({ acts: { [join(bench.root, MANAGED)]: () => bench.write(MANAGED, {}) } }),
  },
  {
    name: "another base URL in a second file of a company's settings",
    seed: (bench) => {
      Object.assign(bench.env, connected(bench));
      bench.write(MORE_MANAGED, { env: { ANTHROPIC_BASE_URL: `http://127.0.0.1:${unusedPort()}` } });
    },
    level: 'stops',
    check: 'connection',
    says: /^ANTHROPIC_BASE_URL of .*managed-settings\.d.20-gateway\.json is .*, and nobody listens there/,
    hands: (bench) => ({ acts: { [join(bench.root, MORE_MANAGED)]: () => bench.write(MORE_MANAGED, {}) } }),
  },
  {
    name: "a company's settings with a comment",
    seed: (bench) => bench.write(MANAGED, '{} // ours'),
    level: 'stops',
    check: 'connection',
    says: /managed-settings\.json is not valid JSON/,
    hands: (bench) => ({ acts: { [join(bench.root, MANAGED)]: () => bench.write(MANAGED, {}) } }),
  },
  {
    name: 'a settings file with a comma too many',
    seed: (bench) => bench.write(USER_SETTINGS, '{"env": {},}'),
    level: 'stops',
    check: 'connection',
    says: /settings\.json is not valid JSON/,
    hands: (bench) => ({ acts: { [join(bench.root, USER_SETTINGS)]: () => bench.write(USER_SETTINGS, {}) } }),
  },
  {
    name: "requests for this machine that go through a company's proxy",
    seed: (bench) => Object.assign(bench.env, { HTTPS_PROXY: 'http://proxy.example:3128' }),
    level: 'hint',
    check: 'connection',
    says: /NO_PROXY does not name 127\.0\.0\.1/,
  },
  {
    name: 'no model discovery',
    seed: (bench) => {
      const { CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: _, ...rest } = connected(bench);
      Object.assign(bench.env, rest);
    },
    level: 'hint',
    check: 'connection',
    says: /model discovery is off/,
  },
  {
    name: 'no tool search',
    seed: ({ env }) => Object.assign(env, { ENABLE_TOOL_SEARCH: 'false' }),
    level: 'hint',
    check: 'connection',
    says: /ENABLE_TOOL_SEARCH=false/,
  },
  {
    name: 'a base URL at which another program listens',
    seed: (bench) =>
      Object.assign(bench.env, connected(bench), {
        ANTHROPIC_BASE_URL: bench.serve(() => new Response('me')),
      }),
    level: 'stops',
    check: 'connection',
    says: /ANTHROPIC_BASE_URL of the environment is .*, where another program listens/,
  },
  {
    name: 'a base URL with a path that the proxy does not serve',
    seed: (bench) => {
      const { ANTHROPIC_BASE_URL: url = '', ...rest } = connected(bench);
      Object.assign(bench.env, rest, { PORT: new URL(url).port, ANTHROPIC_BASE_URL: `${url}/anthropic` });
    },
    level: 'stops',
    check: 'connection',
    says: /\/anthropic, where another program listens/,
  },
  {
    name: 'a base URL that is none',
    seed: ({ env }) =>
      Object.assign(env, {
        ANTHROPIC_BASE_URL: '127.0.0.1:8082',
        CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
      }),
    level: 'stops',
    check: 'connection',
    says: /which is no URL/,
  },
  {
    name: 'a connected Claude Code without a proxy',
    seed: (bench) => {
      const port = String(unusedPort());
      Object.assign(bench.env, connected(bench), {
        PORT: port,
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
      });
    },
    level: 'hint',
    check: 'connection',
    says: /does not run/,
    hands: (bench) => ({ acts: { 'bun run start': () => serveProxy(bench, Number(bench.env['PORT'])) } }),
  },
  {
    name: 'a connected Claude Code without a token',
    seed: (bench) => {
      const { ANTHROPIC_AUTH_TOKEN: _, ...rest } = connected(bench);
      Object.assign(bench.env, rest);
    },
    level: 'stops',
    check: 'connection',
    says: /ANTHROPIC_AUTH_TOKEN is not/,
  },
  {
    name: 'a helper that fetches a key',
    seed: (bench) => bench.write(USER_SETTINGS, { apiKeyHelper: '/bin/fetch-key' }),
    level: 'hint',
    check: 'connection',
    says: /^apiKeyHelper is set/,
    hands: (bench) => ({ acts: { [join(bench.root, USER_SETTINGS)]: () => bench.write(USER_SETTINGS, {}) } }),
  },
  {
    name: 'an MCP tool that the proxy refuses',
    seed: (bench) =>
      bench.addMcp('odd', bench.mcpProgram([{ name: 'say', inputSchema: { type: 'string' } }])),
    level: 'stops',
    check: 'mcp servers',
    says: /refuses tool say of odd: .*Input should be 'object'/,
    hands: (bench) => ({
      acts: { 'claude mcp remove odd --scope user': () => bench.write('home/.claude.json', {}) },
    }),
  },
  {
    name: 'an MCP server that says nothing',
    seed: (bench) => {
      const script = bench.write('servers/silent.ts', SILENT_PROGRAM);
      bench.addMcp('mute', { command: process.execPath, args: [script, join(bench.root, 'child')] });
      bench.env['MCP_TIMEOUT'] = '55000';
      bench.limit = { ms: 55_000, when: (act) => void exists(join(bench.root, 'child')).then(act) };
    },
    level: 'hint',
    check: 'mcp servers',
    says: /mute has no tools to offer: it did not tell its tools within 55 s/,
    hands: (bench) => ({
      acts: {
        'claude mcp remove mute': async () => {
          await gone(Number(readFileSync(join(bench.root, 'child'), 'utf8')));
          bench.write('home/.claude.json', {});
        },
        [join(bench.home, '.claude.json')]: () => {},
      },
    }),
  },
  {
    name: 'an MCP server whose variable is not set',
    seed: (bench) => bench.addMcp('repo', { ...bench.mcpProgram([]), env: { TOKEN: `\${REPO_TOKEN}` } }),
    level: 'hint',
    check: 'mcp servers',
    says: /repo .*needs REPO_TOKEN/,
    hands: () => ({ answers: { '<value>': 'a-token-of-mine' } }),
  },
  {
    name: 'an MCP server that wants a login',
    seed: (bench) =>
      bench.addMcp('web', { type: 'http', url: bench.serve(() => new Response('', { status: 401 })) }),
    level: 'hint',
    check: 'mcp servers',
    says: /web has no tools to offer: it wants a login/,
    hands: (bench) => ({
      acts: {
        'claude mcp remove web': () => bench.write('home/.claude.json', {}),
        [join(bench.home, '.claude.json')]: () => {},
      },
    }),
  },
];
