/** docs/moving.md: the `.env` of gemini-code, as that program documents it, starts here. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config/config.ts';

const THEIRS = {
  GEMINI_API_KEY: 'AIzaSyExample0000000000000000000000000000',
  BIG_MODEL: 'gemini-1.5-pro-latest',
  SMALL_MODEL: 'gemini-1.5-flash-latest',
  HOST: '0.0.0.0',
  PORT: '8082',
  LOG_LEVEL: 'WARNING',
  MAX_TOKENS_LIMIT: '8192',
  REQUEST_TIMEOUT: '90',
  MAX_RETRIES: '2',
  MAX_STREAMING_RETRIES: '12',
  FORCE_DISABLE_STREAMING: 'false',
  EMERGENCY_DISABLE_STREAMING: 'false',
};
const { HOST: _host, ...WITHOUT_HOST } = THEIRS;
const OF_VERTEX = { VERTEX_PROJECT_ID: 'my-project', VERTEX_LOCATION: 'us-central1' };
const RETIRED = [
  'BIG_MODEL: Google has retired gemini-1.5-pro-latest; gemini-4-argon is used instead',
  'SMALL_MODEL: Google has retired gemini-1.5-flash-latest; gemini-4-hydrogen is used instead',
];

describe('the .env of gemini-code', () => {
  test('without HOST it starts, and two lines tell of the retired models', () => {
    expect(readConfig(WITHOUT_HOST, [])).toMatchObject({
      backend: 'gemini',
      apiKeys: [THEIRS.GEMINI_API_KEY],
      host: '127.0.0.1',
      port: 8082,
      log: { level: 'warning' },
      maxTokensLimit: 8192,
      requestTimeoutMs: 90_000,
      maxRetries: 2,
      maxStreamingRetries: 12,
      upstreamStreaming: true,
      notices: RETIRED,
    });
  });

  test('as it is, it ends the start with one line that says what to set', () => {
    expect(() => readConfig(THEIRS, [])).toThrow(
      /^HOST: 0\.0\.0\.0 is reachable by others; set PROXY_API_KEY, or ALLOW_OPEN=true to let everyone in$/,
    );
  });

  test('with PROXY_API_KEY it starts as it is', () => {
    expect(readConfig({ ...THEIRS, PROXY_API_KEY: 'k' }, [])).toMatchObject({
      host: '0.0.0.0',
      notices: RETIRED,
    });
  });

  test('each variable of its Vertex branch leads to a line', () => {
    expect(readConfig({ ...WITHOUT_HOST, ...OF_VERTEX }, []).notices).toEqual([
      'VERTEX_PROJECT_ID is not read by this proxy: did you mean GOOGLE_CLOUD_PROJECT?',
      'VERTEX_LOCATION is not read by this proxy: did you mean GOOGLE_CLOUD_LOCATION?',
      ...RETIRED,
    ]);
  });

  test('the page has a row for each', () => {
    const page = readFileSync(join(import.meta.dir, '../../docs/moving.md'), 'utf8');
    const named = [...Object.keys(THEIRS), ...Object.keys(OF_VERTEX)];
    expect(named.filter((name) => !new RegExp(`^\\| .*\`${name}[=\`].* \\| `, 'm').test(page))).toEqual([]);
  });
});
