import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../../src/config/config.ts';
import { openEnvFiles } from '../../src/config/env-files.ts';
import { checkWhole } from '../../src/config/env-whole.ts';

const BEFORE = '# keys\nGEMINI_API_KEY=AIza-one\nBIG_MODEL=gemini-4-argon\n';

describe('a file that may be half written is refused', () => {
  test.each([
    ['emptied', '', BEFORE, 'is empty now'],
    ['all blanks', '\n \n', BEFORE, 'is empty now'],
    ['cut in a value', BEFORE.slice(0, 28), BEFORE, 'ends within a line'],
    ['cut in a name', BEFORE.slice(0, 36), BEFORE, 'line 3'],
    ['cut behind the sign', '# keys\nGEMINI_API_KEY=', BEFORE, 'ends within a line'],
    ['written anew, without the last line end yet', 'GEMINI_API_KEY=AIza-tw', BEFORE, 'ends within a line'],
    ['cut, where there was no last line end', 'A=1\nB=2', 'A=1\nB=234', 'ends within a line'],
    ['a line that says nothing', 'A=1\nGEMINI\nB=2\n', BEFORE, 'line 2'],
    ['a quote that is not closed', 'A=1\nKEYS="a,\nb\n', BEFORE, 'line 2'],
  ])('%s', (_name, text, before, problem) => {
    expect(() => checkWhole('/x/.env', text, before)).toThrow(ConfigError);
    expect(() => checkWhole('/x/.env', text, before)).toThrow(`/x/.env: ${problem}`);
  });

  test.each([
    ['unchanged', BEFORE, BEFORE],
    ['another value', BEFORE.replace('one', 'two'), BEFORE],
    ['its last lines removed', '# keys\nGEMINI_API_KEY=AIza-one\n', BEFORE],
    ['a line added', `${BEFORE}PORT=1\n`, BEFORE],
    ['never with a last line end', 'KEY=new', 'KEY=old'],
    ['removed, without a last line end', 'A=1', 'A=1\nB=2'],
    ['a value of several lines', 'A="1\n2\\"3\n4" # x\nexport B=\'it\'\nC: 3\n', BEFORE],
    ['empty, as before', '', ''],
    ['an odd line that was there before', 'odd\nA=2\n', 'odd\nA=1\n'],
    ['line ends of Windows', 'A=2\r\n', 'A=1\r\n'],
  ])('not so: %s', (_name, text, before) => {
    expect(() => checkWhole('/x/.env', text, before)).not.toThrow();
  });

  test('what is read keeps to the last whole one, until there is a whole one again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'whole-'));
    const write = (text: string) => writeFileSync(join(folder, '.env'), text);
    try {
      write('KEY=one\n');
      const files = openEnvFiles({ env: { KEY: 'one' }, execArgv: [], cwd: () => folder });
      for (const text of ['', 'KE', 'KEY=tw']) {
        write(text);
        expect(() => files.read()).toThrow(ConfigError);
      }
      write('KEY=two\n');
      expect(files.read()).toEqual({ KEY: 'two' });
      write('KEY=t');
      expect(() => files.read()).toThrow('ends within a line');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('quotes that a tool has left around a value', () => {
  test.each([
    [{ GEMINI_API_KEY: '"AIza-one"' }, { apiKeys: ['AIza-one'] }],
    [{ GEMINI_API_KEY: "'AIza-one'\r" }, { apiKeys: ['AIza-one'] }],
    [{ API_KEYS: '"a-1,b-2"' }, { apiKeys: ['a-1', 'b-2'] }],
    [{ API_KEYS: '"a-1","b-2"' }, { apiKeys: ['a-1', 'b-2'] }],
    [{ API_KEYS: '\'["a-1","b-2"]\'' }, { apiKeys: ['a-1', 'b-2'] }],
    [{ API_KEYS: '["a-1","b-2"]' }, { apiKeys: ['a-1', 'b-2'] }],
    [{ PROXY_API_KEY: '"pass"' }, { proxyApiKey: 'pass' }],
    [{ PORT: '"8090"', BIG_MODEL: '"gemini-4-carbon"' }, { port: 8090 }],
    [{ FORCE_DISABLE_STREAMING: "'true'" }, { upstreamStreaming: false }],
    [{ ALLOWED_HOSTS: '"a.local, b.local"' }, { allowedHosts: ['a.local', 'b.local'] }],
    [{ DATA_DIR: '"my data"' }, { dataDir: 'my data' }],
    [{ GOOGLE_GEMINI_BASE_URL: '"http://localhost:1"' }, { baseUrl: 'http://localhost:1' }],
    [{ PROXY_API_KEY: '""' }, { proxyApiKey: undefined }],
    [{ PROXY_API_KEY: '"' }, { proxyApiKey: '"' }],
  ])('%j', (env: Record<string, string>, expected) => {
    expect(readConfig({ BACKEND: 'mock', ...env }, [])).toMatchObject(expected);
  });

  test('a map of models in quotes', () => {
    const env = { BACKEND: 'mock', MODEL_MAP: '\'{"a":"gemini-4-argon"}\'' };
    expect(readConfig(env, []).modelMap.patterns).toEqual([['a', 'gemini-4-argon']]);
  });
});
