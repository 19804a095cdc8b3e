/** The user's MCP servers: which of them are started, how they are asked, and what is said of their tools. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expand } from '../../src/doctor/mcp-config.ts';
import { DoctorBench, type Report } from '../support/doctor/doctor.ts';

let bench: DoctorBench;
beforeEach(() => {
  bench = new DoctorBench();
});
afterEach(() => bench.clear());

const told = ({ findings }: Report) => findings.filter(({ check }) => check === 'mcp servers');
const whats = (report: Report) => told(report).map(({ what }) => what);

/** Leaves a file behind, so that a test can see that it ran. */
const marking = () => ({
  command: process.execPath,
  args: ['-e', `require('node:fs').writeFileSync(${JSON.stringify(join(bench.root, 'ran'))}, '')`],
});
const ran = () => existsSync(join(bench.root, 'ran'));

describe('a server of .mcp.json', () => {
  type Case = [name: string, started: boolean, prepare: () => unknown, argv?: string[]];
  const trust = (project: string, row: object = {}) =>
    bench.write('home/.claude.json', { projects: { [project]: { hasTrustDialogAccepted: true, ...row } } });
  const approval = { enabledMcpjsonServers: ['mine'] };

  test.each<Case>([
    ['that nobody approved is not started', false, () => {}],
    ['is started with --start-mcp', true, () => {}, ['--start-mcp']],
    ['in a trusted folder is not started for that alone', false, () => trust(bench.project)],
    ['that the user approved is started', true, () => trust(bench.project, approval)],
    [
      "that only the folder's own files approve is not started",
      false,
      () => bench.write('project/.claude/settings.local.json', approval),
    ],
    [
      "that the folder's own files approve is started where the user trusts the folder",
      true,
      () => {
        trust(bench.project);
        bench.write('project/.claude/settings.json', approval);
      },
    ],
    [
      'is started where the user approves all',
      true,
      () => bench.write('home/.claude/settings.json', { enableAllProjectMcpServers: true }),
    ],
    [
      'that is switched off is not started, and not told of',
      false,
      () => trust(bench.project, { ...approval, disabledMcpjsonServers: ['mine'] }),
    ],
    [
      'of a repository is started in a folder of it',
      true,
      () => {
        mkdirSync(join(bench.root, '.git'));
        trust(bench.root, approval);
      },
    ],
  ])('%s', async (_, started, prepare, argv = []) => {
    bench.write('project/.mcp.json', { mcpServers: { mine: marking() } });
    await prepare();
    const report = await bench.run(...argv);
    expect(ran()).toBe(started);
    expect(report.exitCode).toBe(0);
    const isOff = report.findings.some(({ what }) => what === 'there are none');
    expect(whats(report).some((what) => what.includes('was not started'))).toBe(!started && !isOff);
  });

  test('of a folder above is found, and the nearest of one name counts', async () => {
    bench.write('.mcp.json', { mcpServers: { both: marking(), above: bench.mcpProgram([]) } });
    bench.write('project/.mcp.json', { mcpServers: { both: bench.mcpProgram([]) } });
    const report = await bench.run('--start-mcp');
    expect(whats(report).sort()).toEqual(
      ['above', 'both'].map((name) => `${name}: 0 tools, all as Gemini takes them`),
    );
    expect(ran()).toBe(false);
  });

  test('cannot be started where the file is no JSON, which is told', async () => {
    const path = bench.write('project/.mcp.json', '{"mcpServers": {},}');
    const [finding] = told(await bench.run());
    expect(finding).toMatchObject({ level: 'hint', fix: expect.stringContaining(path) });
  });
});

describe('a server that is a program', () => {
  test('sees the environment of Claude Code and its own, and nothing of .env', async () => {
    const script = bench.write(
      'servers/env.ts',
      `console.error([process.env.OUTSIDE, process.env.OWN, process.env.SETTING, process.cwd()].join(' ')); process.exit(4);`,
    );
    bench.write('home/.claude/settings.json', { env: { SETTING: 'from-settings' } });
    bench.env['OUTSIDE'] = 'from-shell';
    bench.addMcp('env', {
      command: process.execPath,
      args: [script],
      env: { OWN: `\${OUTSIDE}-and-\${NONE:-more}` },
    });
    const [what] = whats(await bench.run());
    expect(what).toContain(`(exit code 4): from-shell from-shell-and-more from-settings ${bench.project}`);
  });

  test('says nothing of the keys that it was given', async () => {
    const script = bench.write('servers/leak.ts', 'console.error(process.env.REPO_TOKEN); process.exit(1);');
    bench.addMcp('leak', {
      command: process.execPath,
      args: [script],
      env: { REPO_TOKEN: 'tok-0123456789' },
    });
    const { out } = await bench.run();
    expect(out).toContain('exit code 1): ***');
    expect(out).not.toContain('tok-0123456789');
  });

  test('that is not there is told', async () => {
    bench.addMcp('gone', { command: 'no-such-program-anywhere' });
    expect(whats(await bench.run())[0]).toMatch(
      /^MCP server gone has no tools to offer: it cannot be started: /,
    );
  });
});

describe('a server at an address', () => {
  /** Answers as event streams, with a session, and in pages of one tool. */
  function serveMcp(tools: readonly object[]) {
    const seen: { method: string; session: string | null; auth: string | null }[] = [];
    const url = bench.serve(async (request) => {
      const { id, method, params } = (await request.json()) as {
        id?: number;
        method: string;
        params?: { cursor?: string };
      };
      const { headers } = request;
      seen.push({ method, session: headers.get('mcp-session-id'), auth: headers.get('authorization') });
      if (id === undefined) return new Response(null, { status: 202 });
      const at = Number(params?.cursor ?? 0);
      const page = {
        tools: tools.slice(at, at + 1),
        ...(at + 1 < tools.length ? { nextCursor: String(at + 1) } : {}),
      };
      const result = method === 'initialize' ? { capabilities: { tools: {} } } : page;
      const event = (message: object) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
      return new Response(
        event({ jsonrpc: '2.0', method: 'notifications/message' }) + event({ jsonrpc: '2.0', id, result }),
        {
          headers: { 'content-type': 'text/event-stream', 'mcp-session-id': 'session-1' },
        },
      );
    });
    return { url, seen };
  }

  test('is asked for all pages, in its session and with its headers', async () => {
    const tools = ['one', 'two', 'three'].map((name) => ({
      name,
      inputSchema: { type: 'object', properties: {} },
    }));
    const { url, seen } = serveMcp(tools);
    bench.env['WEB_TOKEN'] = 'web-0123456789';
    bench.addMcp('web', { type: 'http', url, headers: { authorization: `Bearer \${WEB_TOKEN}` } });
    expect(whats(await bench.run())).toEqual(['web: 3 tools, all as Gemini takes them']);
    expect(seen.map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
      'tools/list',
      'tools/list',
    ]);
    expect(new Set(seen.slice(1).map(({ session }) => session))).toEqual(new Set(['session-1']));
    expect(new Set(seen.map(({ auth }) => auth))).toEqual(new Set(['Bearer web-0123456789']));
  });
});

describe('a tool', () => {
  const schema = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
  const withTools = async (...tools: object[]) => {
    bench.addMcp('tools', bench.mcpProgram(tools));
    return told(await bench.run());
  };

  test('that is declared otherwise than it was written is told with its changes, and how often', async () => {
    const findings = await withTools(
      { name: 'plain', inputSchema: schema({ a: { type: 'string' } }) },
      { name: 'loose', inputSchema: schema({ a: { $ref: '#/$defs/nothing' } }) },
    );
    expect(findings).toMatchObject([
      {
        level: 'hint',
        what: '1 of 2 tools of tools are declared otherwise to Gemini: loose ($ref #/$defs/nothing names nothing and is left out)',
      },
    ]);
  });

  test.each([
    ['a root that is no object', { type: 'array', items: {} }],
    ['a schema that is no object', 'none'],
  ])('with %s is refused as a request with it would be', async (_, inputSchema) => {
    const findings = await withTools({ name: 'bad', inputSchema });
    expect(findings.map(({ level }) => level)).toEqual(['stops']);
    expect(findings[0]?.what).toStartWith('the proxy refuses tool bad of tools: ');
  });
});

describe('variables in a row', () => {
  /** `${inner}` */
  const ref = (inner: string) => `\${${inner}}`;

  test.each([
    ['one that is set', { a: `${ref('A')}/x` }, { a: '1/x' }, []],
    ['a default', [ref('B:-two')], ['two'], []],
    ['a default that is not needed', ref('A:-two'), '1', []],
    ['an empty default', ref('B:-'), '', []],
    ['those that are missing', [ref('B'), ref('B') + ref('C')], [ref('B'), ref('B') + ref('C')], ['B', 'C']],
    ['other values', [1, true, null, '$A'], [1, true, null, '$A'], []],
  ])('%s', (_, row, expected, missing) => {
    expect(expand(row, { A: '1' })).toEqual({ row: expected, missing });
  });
});
