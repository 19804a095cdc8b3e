import { describe, expect, test } from 'bun:test';
import { readBaseUrl } from '../../src/config/base-url.ts';
import { readConfig, secretsOf } from '../../src/config/config.ts';
import { googleStream, hello, startProxy, textChunk } from '../support/proxy.ts';

const HOST = 'https://gemini.example';
const GATEWAY = 'https://gateway.example/v1/account/team/google-ai-studio';

describe('a base URL', () => {
  test.each([
    ['', HOST],
    ['/', HOST],
    ['///', HOST],
    ['/v1beta', HOST],
    ['/v1beta/', HOST],
    ['/v1beta//', HOST],
    ['//v1beta', HOST],
    ['/v1', HOST],
    ['/v1alpha', HOST],
    ['/v1beta1', HOST],
    ['/V1Beta', HOST],
    ['/models', HOST],
    ['/models/', HOST],
    ['/v1beta/models', HOST],
    ['/v1beta/models/', HOST],
    ['/v1beta/models/gemini-x:streamGenerateContent?alt=sse', HOST],
    ['/v1beta/openai', HOST],
    ['/v1beta/openai/chat/completions', HOST],
    ['/v1beta?key=abcdefgh', HOST],
    ['?alt=sse', HOST],
    ['/#top', HOST],
    ['/team', `${HOST}/team`],
    ['/team/v1beta/', `${HOST}/team`],
    ['/v1team', `${HOST}/v1team`],
    ['/my-models', `${HOST}/my-models`],
  ])('that goes on with %p', (rest, expected) => {
    expect(readBaseUrl(`${HOST}${rest}`, [])).toBe(expected);
  });

  test.each(['', '/', '/v1beta', '/v1beta/models?x=1'])('of a gateway keeps its path, before %p', (rest) => {
    expect(readBaseUrl(`${GATEWAY}${rest}`, [])).toBe(GATEWAY);
  });

  test('keeps its port, and its password, which is hidden', () => {
    const config = readConfig(
      { GEMINI_API_KEY: 'k', GOOGLE_GEMINI_BASE_URL: 'http://me:canary@host:81/v1/' },
      [],
    );
    expect(config.baseUrl).toBe('http://me:canary@host:81');

    expect(secretsOf(config)).toContain('canary');
  });

  test('with a query is told of, without what it says', () => {
    const notices: string[] = [];
    readBaseUrl(`${HOST}?key=canary`, notices);
    expect(notices).toHaveLength(1);
    expect(notices.join()).toMatch(/^GOOGLE_GEMINI_BASE_URL: /);
    expect(notices.join()).not.toContain('canary');
  });

  test('that is none is refused, without what it says', () => {
    const read = () =>
      readConfig({ GEMINI_API_KEY: 'k', GOOGLE_GEMINI_BASE_URL: 'http://host:99999/canary' }, []);
    expect(read).toThrow(/^GOOGLE_GEMINI_BASE_URL: cannot be read as a URL/);
    expect(read).not.toThrow(/canary/);
  });
});

test.each(['', '/v1beta', '/v1/', '/v1beta/models?a=b'])('upstream sees one version, of %p', async (rest) => {
  const urls: string[] = [];
  const fetch = async (url: string) => {
    urls.push(url);
    return googleStream(textChunk('Hello', 'STOP'));
  };
  await using proxy = await startProxy({ fetch, env: { GOOGLE_GEMINI_BASE_URL: `${HOST}/team${rest}` } });
  await (await proxy.send('/v1/messages', { ...hello, stream: true })).text();
  expect(urls).toEqual([`${HOST}/team/v1beta/models/gemini-4-argon:streamGenerateContent?alt=sse`]);
});
