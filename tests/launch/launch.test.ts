/** `bun run claude` from the outside: a process, the real proxy on the mock, and a script in place of Claude Code. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gone, isAlive, LaunchBench } from '../support/programs/launch.ts';
import { startProxy } from '../support/programs/proxy-process.ts';

const LONG_MS = 120_000;

let bench: LaunchBench;
beforeEach(() => {
  bench = new LaunchBench();
});
afterEach(() => bench.clear());

const portOf = (url: string) => new URL(url).port;

describe('a launch', () => {
  test(
    'starts a proxy, tells Claude Code where it is, hands its exit code on, and ends the proxy',
    async () => {
      const launched = bench.launch(['--folder', bench.project, '--', '-p', 'say hi'], {
        env: { ANTHROPIC_API_KEY: 'sk-mine', CLAUDE_CODE_USE_BEDROCK: '1', MINE: 'kept' },
      });
      const { args, env, cwd } = await launched.client;
      expect(args).toEqual(['--permission-mode', 'acceptEdits', '-p', 'say hi']);
      expect(cwd).toBe(bench.project);
      expect(env).toMatchObject({
        ANTHROPIC_AUTH_TOKEN: 'dummy',
        CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
        ANTHROPIC_DEFAULT_HAIKU_MODEL: 'claude-haiku-4-5',
        CLAUDE_CODE_AUTO_COMPACT_WINDOW: '1000000',
        MINE: 'kept',
      });
      for (const name of ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_USE_BEDROCK', 'LAUNCHED_FOR_USERS_IN'])
        expect(env).not.toHaveProperty(name);
      const url = env['ANTHROPIC_BASE_URL'] ?? '';
      expect(await (await fetch(url)).json()).toMatchObject({
        service: 'gemini-claude-proxy',
        backend: 'mock',
      });
      launched.finish(7);
      const { exitCode, out, err } = await launched.ended;
      expect(exitCode).toBe(7);
      expect(out).toBe('');
      expect(err).toContain(`Proxy  ${url} (started; log: ${bench.state}`);
      expect(err).toContain('MOCK');
      expect(fetch(url)).rejects.toThrow();
    },
    LONG_MS,
  );

  test(
    'what is in .env is for the proxy alone',
    async () => {
      bench.write(
        'start/.env',
        'GEMINI_API_KEY=AIza-not-for-claude\nPROXY_API_KEY=between-us\nBACKEND=mock\n',
      );
      // The client of these tests is a Bun script, and would read the file of its own folder.
      const { client, exitCode } = await bench.run(['--folder', bench.project]);
      expect(exitCode).toBe(0);
      expect(client?.env).toMatchObject({ ANTHROPIC_AUTH_TOKEN: 'between-us' });
      expect(JSON.stringify(client)).not.toContain('not-for-claude');
    },
    LONG_MS,
  );

  test(
    'the second one with the same settings shares the proxy, which lives until the last has ended',
    async () => {
      const first = bench.launch([]);
      const url = (await first.client).env['ANTHROPIC_BASE_URL'];
      const second = bench.launch([]);
      expect((await second.client).env['ANTHROPIC_BASE_URL']).toBe(url ?? '');
      const [pid = 0] = bench.proxies();
      first.finish();
      const { err } = await first.ended;
      expect(err).not.toContain('has ended');
      expect(isAlive(pid)).toBe(true);
      second.finish();
      expect((await second.ended).err).toContain('of another terminal');
      expect(isAlive(pid)).toBe(false);
      expect(bench.proxies()).toEqual([pid]);
    },
    LONG_MS,
  );

  test(
    'with other settings has a proxy of its own',
    async () => {
      const first = bench.launch([]);
      const url = (await first.client).env['ANTHROPIC_BASE_URL'];
      const { client } = await bench.run(['--big-model', 'gemini-4-neon']);
      expect(client?.env['ANTHROPIC_BASE_URL']).not.toBe(url ?? '');
      first.finish();
      await first.ended;
    },
    LONG_MS,
  );

  test(
    'uses a proxy that runs at the configured address, and leaves it running',
    async () => {
      const proxy = await startProxy({
        folder: join(bench.root, 'proxy'),
        args: ['--backend', 'mock', '--key-rpm', '7'],
      });
      try {
        const { client, err } = await bench.run([], { env: { PORT: portOf(proxy.url) } });
        expect(client?.env['ANTHROPIC_BASE_URL']).toBe(proxy.url);
        expect(err).toContain(`${proxy.url} (was running)`);
        // One flag of its own, which these settings do not have.
        expect(err).toMatch(/It has other settings than this command: .*KEY_RPM/);
        expect(err).not.toContain('GOOGLE_GEMINI_BASE_URL');
        expect(existsSync(bench.state)).toBe(false);
        expect((await fetch(`${proxy.url}/readyz`)).status).toBe(200);
        // Not with another key, and not for other settings.
        const other = await bench.run([], { env: { PORT: portOf(proxy.url), GEMINI_API_KEY: 'AIza-x' } });
        expect(other.client?.env['ANTHROPIC_BASE_URL']).not.toBe(proxy.url);
        expect(other.err).toContain('a proxy has the backend mock, and these settings mean gemini: not used');
      } finally {
        await proxy.stop();
      }
    },
    LONG_MS,
  );

  test(
    'says that the proxy which runs could not reach Gemini',
    async () => {
      const env = { GEMINI_API_KEY: 'AIza-x', GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1' };
      const proxy = await startProxy({ folder: join(bench.root, 'proxy'), env });
      try {
        expect(proxy.output()).toContain('http://127.0.0.1:1   (GOOGLE_GEMINI_BASE_URL: not Google itself)');
        // The proxy tries it beside its start.
        while (!(await (await fetch(`${proxy.url}/health`)).text()).includes('upstream_problem'));
        const { err } = await bench.run([], { env: { ...env, PORT: portOf(proxy.url) } });
        expect(err).toContain('When it last tried, it could not reach 127.0.0.1:1: ECONNREFUSED');
      } finally {
        await proxy.stop();
      }
    },
    LONG_MS,
  );

  test(
    'a company proxy in the environment is gone around',
    async () => {
      const { client, exitCode } = await bench.run([], { env: { HTTP_PROXY: 'http://127.0.0.1:1' } });
      expect(exitCode).toBe(0);
      expect(client?.env).toMatchObject({ NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' });
    },
    LONG_MS,
  );
});

describe("what stands in Claude Code's settings", () => {
  const OTHER = { env: { ANTHROPIC_BASE_URL: 'https://gateway.example', CLAUDE_CODE_USE_VERTEX: '1' } };

  test(
    'is overruled where it leads elsewhere, by a file that is gone afterwards',
    async () => {
      bench.write('home/.claude/settings.json', JSON.stringify(OTHER));
      const launched = bench.launch([]);
      const { args, env } = await launched.client;
      expect(args[0]).toBe('--settings');
      expect(JSON.parse(readFileSync(args[1] ?? '', 'utf8')).env).toMatchObject({
        ANTHROPIC_BASE_URL: env['ANTHROPIC_BASE_URL'],
        ANTHROPIC_AUTH_TOKEN: 'dummy',
        CLAUDE_CODE_USE_VERTEX: '',
      });
      launched.finish();
      const { err } = await launched.ended;
      expect(err).toContain('ANTHROPIC_BASE_URL, CLAUDE_CODE_USE_VERTEX');
      expect(existsSync(args[1] ?? '')).toBe(false);
    },
    LONG_MS,
  );

  test(
    'the permission mode that is chosen there stays, and so does the one of the arguments',
    async () => {
      bench.write('start/.claude/settings.local.json', '{"permissions":{"defaultMode":"plan"}}');
      expect((await bench.run(['-p', 'x'])).client?.args).toEqual(['-p', 'x']);
      const own = ['--permission-mode', 'plan'];
      expect((await bench.run(['--folder', bench.project, ...own])).client?.args).toEqual(own);
    },
    LONG_MS,
  );
});

describe('the end', () => {
  test(
    'by a signal to the launch: Claude Code gets it, and the proxy ends',
    async () => {
      const signals = [
        ['SIGTERM', 143],
        ['SIGHUP', 129],
        ['SIGINT', 130],
      ] as const;
      const codes = signals.map(async ([signal]) => {
        const launched = bench.launch([]);
        const { pid } = await launched.client;
        launched.signal(signal);
        const { exitCode } = await launched.ended;
        expect(isAlive(pid)).toBe(false);
        return exitCode;
      });
      expect(await Promise.all(codes)).toEqual(signals.map(([, code]) => code));
      expect(bench.proxies().some(isAlive)).toBe(false);
    },
    LONG_MS,
  );

  test(
    'a client that takes a signal for its own business is waited for',
    async () => {
      const launched = bench.launch([], { env: { CLIENT_IGNORES: 'SIGINT' } });
      await launched.client;
      launched.signal('SIGINT');
      await launched.ignored();
      launched.finish(5);
      expect((await launched.ended).exitCode).toBe(5);
    },
    LONG_MS,
  );

  test(
    'of a launch that is killed without a word: the proxy ends by itself',
    async () => {
      const launched = bench.launch([]);
      const { pid } = await launched.client;
      const [proxy = 0] = bench.proxies();
      launched.signal('SIGKILL');
      await gone(proxy);
      launched.finish();
      await gone(pid);
    },
    LONG_MS,
  );

  test(
    'of a proxy under Claude Code: told, with its log',
    async () => {
      const launched = bench.launch([]);
      await launched.client;
      const [proxy = 0] = bench.proxies();
      process.kill(proxy, 'SIGKILL');
      await gone(proxy);
      launched.finish();
      expect((await launched.ended).err).toContain('The proxy had ended by itself; its log: ');
    },
    LONG_MS,
  );

  test(
    'logs of proxies that have ended do not pile up',
    async () => {
      for (let round = 0; round < 3; round++) await bench.run([]);
      expect(readdirSync(join(bench.state, 'proxies'))).toHaveLength(2);
    },
    LONG_MS,
  );
});

describe('what cannot be', () => {
  test('no Claude Code: how to get it, and no proxy is started', async () => {
    const { exitCode, err } = await bench.run([], { env: { PATH: '/nowhere' } });
    expect(exitCode).toBe(127);
    expect(err).toContain('npm install -g @anthropic-ai/claude-code');
    expect(existsSync(bench.state)).toBe(false);
  });

  test('settings that cannot be meant: one line, and exit 2', async () => {
    const { exitCode, err } = await bench.run([], { env: { LOG_LEVEL: 'loud' } });
    expect(exitCode).toBe(2);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain('LOG_LEVEL');
  });

  test('a state folder that cannot be made: one line, and exit 1', async () => {
    bench.write('start/blocked', '');
    const { exitCode, err } = await bench.run([], { env: { XDG_STATE_HOME: join(bench.start, 'blocked') } });
    expect(exitCode).toBe(1);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(join(bench.start, 'blocked'));
  });

  test('a folder that is none', async () => {
    const { exitCode, err } = await bench.run(['--folder', '/no/such/folder']);
    expect([exitCode, err]).toEqual([2, '--folder: /no/such/folder is no folder\n']);
  });

  test(
    'a proxy that does not start: what its log says, and exit 1',
    async () => {
      bench.write('start/blocked', 'a file where a folder should be');
      const { exitCode, err, client } = await bench.run([], {
        env: { DATA_DIR: join(bench.start, 'blocked') },
      });
      expect(client).toBeUndefined();
      expect(exitCode).toBe(1);
      expect(err).toContain('the proxy did not start:\n  ');
      expect(err).toContain('blocked');
    },
    LONG_MS,
  );
});

describe('--print-env', () => {
  test('prints lines for a shell and nothing else', async () => {
    const { exitCode, out, err } = await bench.run(['--print-env'], {
      env: { PORT: '1', ANTHROPIC_API_KEY: 'sk-mine' },
    });
    expect(exitCode).toBe(0);
    expect(out.split('\n')).toEqual([
      'unset ANTHROPIC_API_KEY',
      "export ANTHROPIC_BASE_URL='http://127.0.0.1:1'",
      "export ANTHROPIC_AUTH_TOKEN='dummy'",
      "export CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY='1'",
      "export ANTHROPIC_DEFAULT_HAIKU_MODEL='claude-haiku-4-5'",
      "export CLAUDE_CODE_AUTO_COMPACT_WINDOW='1000000'",
      '',
    ]);
    expect(err).toContain('Nothing listens at http://127.0.0.1:1 yet: bun run start');
  });
});

describe('--write-settings', () => {
  const file = () => join(bench.project, '.claude/settings.json');
  const inProject = (...args: string[]) => ['--folder', bench.project, ...args];

  test('shows the change, writes when told to, and takes it back to the byte', async () => {
    const before = '{\n\t"hooks": {},\n\t"env": { "A": "1" }\n}';
    bench.write('project/.claude/settings.json', before);
    const no = await bench.run(inProject('--write-settings', 'project'), { input: 'n\n' });
    expect([no.exitCode, readFileSync(file(), 'utf8')]).toEqual([1, before]);
    expect(no.err).toContain('+ \t"env": { "A": "1"');
    const nobody = await bench.run(inProject('--write-settings', 'project'));
    expect([nobody.exitCode, readFileSync(file(), 'utf8')]).toEqual([1, before]);
    const yes = await bench.run(inProject('--write-settings', 'project'), { input: 'y\n' });
    expect(yes.exitCode).toBe(0);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({
      env: { A: '1', ANTHROPIC_AUTH_TOKEN: 'dummy' },
      permissions: { defaultMode: 'acceptEdits' },
    });
    const undone = await bench.run(inProject('--undo'));
    expect([undone.exitCode, readFileSync(file(), 'utf8')]).toEqual([0, before]);
  });

  test('a model of Gemini that /model has written meanwhile stays, and is told when all is taken back', async () => {
    await bench.run(['--write-settings', '--yes']);
    const path = join(bench.home, '.claude/settings.json');
    const written = JSON.parse(readFileSync(path, 'utf8'));
    bench.write('home/.claude/settings.json', JSON.stringify({ ...written, model: 'gemini-3.8-flash' }));
    const { err } = await bench.run(['--undo']);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ model: 'gemini-3.8-flash' });
    expect(err).toContain('"model": "gemini-3.8-flash" of /model stays there');
  });

  test('Ctrl-C at the question: nothing is written', async () => {
    const asked = bench.launch(inProject('--write-settings', 'project'), { input: 'open' });
    await asked.says(/Write this/);
    asked.signal('SIGINT');
    expect((await asked.ended).exitCode).toBe(130);
    expect(existsSync(file())).toBe(false);
  });

  test('a key of the proxy is neither shown nor put where it is shared', async () => {
    const env = { PROXY_API_KEY: 'between-us-alone' };
    const shared = await bench.run(inProject('--write-settings', 'project', '--yes'), { env });
    expect([shared.exitCode, existsSync(file())]).toEqual([2, false]);
    const own = await bench.run(['--write-settings', 'user', '--yes'], { env });
    expect(own.err).not.toContain('between-us-alone');
    expect(readFileSync(join(bench.home, '.claude/settings.json'), 'utf8')).toContain('between-us-alone');
  });

  test('the folder of Claude Code that CLAUDE_CONFIG_DIR names is the one of the user', async () => {
    const env = { CLAUDE_CONFIG_DIR: join(bench.root, 'elsewhere') };
    await bench.run(['--write-settings', '--yes'], { env });
    expect(existsSync(join(bench.root, 'elsewhere/settings.json'))).toBe(true);
    await bench.run(['--undo'], { env });
    expect(existsSync(join(bench.root, 'elsewhere'))).toBe(false);
  });
});
