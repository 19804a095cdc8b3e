/** Where Vertex AI's requests go, and where its credentials come from. */
import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpstreamError } from '../../src/gemini/errors.ts';
import { failureClass } from '../../src/gemini/failure.ts';
import { type Fetch, systemClock } from '../../src/lib/ports.ts';
import { type VertexOptions, vertexHost } from '../../src/upstream/vertex.ts';
import { openGoogleCloud, tokenOf } from '../support/google/google-cloud.ts';
import { httpFetch, serveUpstream } from '../support/google/upstream.ts';
import { ManualClock } from '../support/manual-clock.ts';

const never = new AbortController().signal;
const tokens: Fetch = async () =>
  Response.json({ access_token: tokenOf(1), expires_in: 3_599, token_type: 'Bearer' });

const hostWith = (credentialsFile: string | undefined, more: Partial<VertexOptions> = {}) =>
  vertexHost({
    project: 'p',
    location: 'global',
    credentialsFile,
    baseUrl: undefined,
    fetch: tokens,
    clock: systemClock,
    ...more,
  });

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the address', () => {
  const model = 'publishers/google/models/gemini-4-argon';
  test.each([
    ['global', `https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/${model}`],
    [
      'europe-west4',
      `https://europe-west4-aiplatform.googleapis.com/v1beta1/projects/p/locations/europe-west4/${model}`,
    ],
    ['eu', `https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p/locations/eu/${model}`],
  ])('in %s', async (location, url) => {
    using cloud = await openGoogleCloud(() => new Response());
    const host = hostWith(cloud.user, { location });
    for (const [action, end] of [
      ['generateContentStream', ':streamGenerateContent?alt=sse'],
      ['generateContent', ':generateContent'],
      ['countTokens', ':countTokens'],
    ] as const)
      expect((await host.address(action, 'gemini-4-argon', never)).url).toBe(`${url}${end}`);
  });

  test('cannot be changed by the name of a model', async () => {
    using cloud = await openGoogleCloud(() => new Response());
    const { url } = await hostWith(cloud.user).address('generateContent', 'a/../../b', never);
    expect(new URL(url).pathname).toEndWith(
      '/publishers/google/models/a%2F%2E%2E%2F%2E%2E%2Fb:generateContent',
    );
  });
});

describe('credentials', () => {
  const saved = { ...process.env };
  /** Without credentials in it. */
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  afterAll(() => rmSync(home, { recursive: true }));
  afterEach(() => {
    for (const name of [
      'GCE_METADATA_HOST',
      'HOME',
      'GOOGLE_APPLICATION_CREDENTIALS',
      'METADATA_SERVER_DETECTION',
    ])
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
  });

  test('of the machine in Google Cloud', async () => {
    using metadata = serveUpstream((_, { url }) => {
      const body = url.pathname.endsWith('/token')
        ? JSON.stringify({ access_token: tokenOf(7), expires_in: 3_599, token_type: 'Bearer' })
        : 'any';
      return new Response(body, {
        headers: { 'metadata-flavor': 'Google', 'content-type': 'application/json' },
      });
    });
    process.env['GCE_METADATA_HOST'] = new URL(metadata.url).host;
    process.env['METADATA_SERVER_DETECTION'] = 'assume-present';
    process.env['HOME'] = home;
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    const { init } = await hostWith(undefined).address('generateContent', 'm', never);
    expect(new Headers(init.headers).get('authorization')).toBe(`Bearer ${tokenOf(7)}`);
    // Where `gcloud` is installed, Google's library would have started it, and `gcloud` would have left its log.
    expect(readdirSync(home)).toEqual([]);
  });

  test('that are nowhere', async () => {
    process.env['METADATA_SERVER_DETECTION'] = 'none';
    process.env['HOME'] = home;
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    const error = await failure(hostWith(undefined).address('generateContent', 'm', never));
    expect(error).toMatchObject({ status: 401, means: 'credentials', message: 'there are none' });
  });

  test('whose server of tokens fails are trouble, and nobody is to blame', async () => {
    using cloud = await openGoogleCloud(
      () => new Response(),
      () => new Response('down', { status: 503 }),
    );
    const error = await failure(
      hostWith(cloud.user, { fetch: httpFetch }).address('generateContent', 'm', never),
    );
    expect(error).toBeInstanceOf(UpstreamError);
    expect(failureClass(error as UpstreamError)).toBe('overloaded');
  });

  test('whose server of tokens cannot be reached', async () => {
    using cloud = await openGoogleCloud(() => new Response());
    const fetch: Fetch = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    const error = await failure(hostWith(cloud.user, { fetch }).address('generateContent', 'm', never));
    expect(error).toMatchObject({ kind: 'unreachable' });
  });

  test('whose server of tokens says nothing are waited for 20 seconds', async () => {
    using cloud = await openGoogleCloud(() => new Response());
    const clock = new ManualClock();
    const asked = Promise.withResolvers<void>();
    const fetch: Fetch = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const work = failure(hostWith(cloud.user, { fetch, clock }).address('generateContent', 'm', never));
    await asked.promise;
    await clock.advance(20_000);
    expect(await work).toMatchObject({
      kind: 'timeout',
      message: 'no token of Google Cloud came within 20 s',
    });
  });

  test('are not waited for once the client has left', async () => {
    using cloud = await openGoogleCloud(() => new Response());
    const fetch: Fetch = () => new Promise(() => {});
    const controller = new AbortController();
    const work = failure(hostWith(cloud.user, { fetch }).address('generateContent', 'm', controller.signal));
    const left = new Error('left');
    controller.abort(left);
    expect(await work).toBe(left);
  });
});
