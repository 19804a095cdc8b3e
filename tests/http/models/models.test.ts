/** `/v1/models`: the table, the rows of the user's file, and Google's own list; what is told of models that go. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fetch } from '../../../src/lib/ports.ts';
import {
  googleStream,
  hello,
  type ProxyOptions,
  startProxy,
  type TestProxy,
  textChunk,
} from '../../support/proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'models-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Info = {
  id: string;
  display_name: string;
  lifecycle: string;
  retires_at: string | null;
  max_tokens: number;
};

async function listed(proxy: TestProxy, query = '?limit=1000'): Promise<Info[]> {
  const response = await proxy.send(`/v1/models${query}`);
  expect(response.status).toBe(200);
  return (await response.json()).data;
}

async function withProxy<T>(options: ProxyOptions, use: (proxy: TestProxy) => Promise<T>): Promise<T> {
  await using proxy = await startProxy(options);
  return await use(proxy);
}

describe('the list', () => {
  test('has models that are served, and those that are retired where they are asked for', async () => {
    await withProxy({}, async (proxy) => {
      const stages = new Map((await listed(proxy)).map(({ id, lifecycle }) => [id, lifecycle]));
      expect([...new Set(stages.values())].sort()).toEqual(['active', 'deprecated']);
      expect(stages.get('gemini-2.5-pro')).toBe('deprecated');
      const retired = await listed(proxy, '?lifecycle[]=retired&limit=1000');
      expect(retired.map(({ id }) => id)).toContain('gemini-2.0-flash');
      expect(retired.every(({ lifecycle }) => lifecycle === 'retired')).toBe(true);
      expect(await listed(proxy, '?lifecycle=active&lifecycle=retired&limit=1000')).not.toContainEqual(
        expect.objectContaining({ lifecycle: 'deprecated' }),
      );
    });
  });

  test('says when a model goes', async () => {
    const info = await withProxy({}, async (proxy) =>
      (await proxy.send('/v1/models/gemini-2.5-flash')).json(),
    );
    expect(info).toMatchObject({ lifecycle: 'deprecated', retires_at: '2026-12-01T00:00:00Z' });
  });

  test('refuses a stage that there is not', async () => {
    const response = await withProxy({}, (proxy) => proxy.send('/v1/models?lifecycle=old'));
    expect([response.status, (await response.json()).error.message]).toEqual([
      400,
      'lifecycle: Input should be active, deprecated, retired',
    ]);
  });

  test('has the ids of MODEL_MAP, so that a client can offer them', async () => {
    const env = { MODEL_MAP: '{"claude-my-neon":"gemini-4-neon","x-*":"gemini-4-neon"}' };
    const models = await withProxy({ env }, (proxy) => listed(proxy));
    expect(models.find(({ id }) => id === 'claude-my-neon')).toMatchObject({
      display_name: 'claude-my-neon (Gemini 4 Neon)',
    });
    expect(models.some(({ id }) => id.includes('*'))).toBe(false);
  });

  test('of Claude ids is served with a date, with -latest and with [1m]', async () => {
    await withProxy({}, async (proxy) => {
      const names = await Promise.all(
        ['claude-haiku-4-5-20251001', 'claude-sonnet-5-latest', 'claude-opus-5-5[1m]', 'opus'].map(
          async (id) =>
            (await (await proxy.send(`/v1/models/${encodeURIComponent(id)}`)).json()).display_name,
        ),
      );
      expect(names).toEqual([
        'Claude Haiku 4.5 (Gemini 4 Hydrogen)',
        'Claude Sonnet 5 Latest (Gemini 4 Argon)',
        'Claude Opus 5.5[1m] (Gemini 4 Argon)',
        'opus (Gemini 4 Argon)',
      ]);
    });
  });

  test.each(['gemini-9', 'gpt-4o'])('does not have %s', async (id) => {
    expect((await withProxy({}, (proxy) => proxy.send(`/v1/models/${id}`))).status).toBe(404);
  });
});

describe("Google's own list", () => {
  const entry = { name: 'models/gemini-4-osmium', displayName: 'Gemini 4 Osmium', outputTokenLimit: 40_000 };

  function google(answer: () => Response | Promise<Response>) {
    const asked: string[] = [];
    const fetch: Fetch = async (url) => {
      asked.push(new URL(url).pathname);
      return url.includes('/models?') ? answer() : googleStream(textChunk('Hi', 'STOP'));
    };
    return { asked, fetch };
  }

  test('is merged into the first answer already, and read once', async () => {
    const { asked, fetch } = google(() => Response.json({ models: [entry] }));
    await withProxy({ fetch }, async (proxy) => {
      const models = await listed(proxy);
      expect(models.find(({ id }) => id === 'gemini-4-osmium')).toMatchObject({
        display_name: 'Gemini 4 Osmium',
        max_tokens: 40_000,
        lifecycle: 'active',
      });
      expect((await proxy.send('/v1/models/gemini-4-osmium')).status).toBe(200);
      expect(asked).toEqual(['/v1beta/models']);
    });
  });

  test('gives its models their limits in answers, too', async () => {
    const bodies: string[] = [];
    const fetch: Fetch = async (url, init) => {
      if (url.includes('/models?'))
        return Response.json({ models: [{ ...entry, name: 'models/gemini-3.9-flash' }] });
      bodies.push(String(init.body));
      return googleStream(textChunk('Hi', 'STOP'));
    };
    await withProxy({ fetch }, async (proxy) => {
      const send = async () => {
        const body = { ...hello, model: 'gemini-3.9-flash', max_tokens: 90_000 };
        await (await proxy.send('/v1/messages', body)).text();
        return JSON.parse(bodies.at(-1) ?? '').generationConfig.maxOutputTokens;
      };
      await listed(proxy);
      expect(await send()).toBe(40_000);
    });
  });

  test('is read where a setting names a model that the table does not have, and else by nobody before it is shown', async () => {
    for (const [BIG_MODEL, times] of [
      ['gemini-4-osmium', 1],
      ['gemini-4-argon', 0],
    ] as const) {
      const { asked, fetch } = google(() => Response.json({ models: [entry] }));
      await withProxy({ fetch, env: { BIG_MODEL } }, async (proxy) => {
        proxy.refreshModels();
        await (await proxy.send('/v1/messages', hello)).text();
        expect(asked.filter((path) => path === '/v1beta/models')).toHaveLength(times);
      });
    }
  });

  test('is read behind a request that names such a model', async () => {
    const { asked, fetch } = google(() => Response.json({ models: [entry] }));
    await withProxy({ fetch }, async (proxy) => {
      const ask = (model: string) => proxy.send('/v1/messages', { ...hello, model });
      for (const model of ['gemini-4-argon', 'gemini-4-osmium', 'gemini-4-osmium'])
        await (await ask(model)).text();
      expect(asked.filter((path) => path === '/v1beta/models')).toHaveLength(1);
    });
  });

  test('stays through a change of settings', async () => {
    const { fetch } = google(() => Response.json({ models: [entry] }));
    await withProxy({ fetch }, async (proxy) => {
      await listed(proxy);
      proxy.reload({ BIG_MODEL: 'gemini-4-neon' });
      const ids = (await listed(proxy)).map(({ id }) => id);
      expect(ids).toContain('gemini-4-osmium');
    });
  });

  test.each([
    ['never comes', () => new Promise<Response>(() => {})],
    ['is refused', () => new Response('no', { status: 403 })],
    ['is no list', () => new Response('<html>')],
  ])('that %s leaves the table, at once', async (_name, answer) => {
    const { fetch } = google(answer);
    await withProxy({ fetch }, async (proxy) => {
      for (let turn = 0; turn < 3; turn++)
        expect((await listed(proxy)).map(({ id }) => id)).toContain('gemini-4-argon');
      expect((await proxy.send('/v1/messages', hello)).status).toBe(200);
      expect(proxy.lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
    });
  });

  test('is asked of nobody by the mock', async () => {
    const models = await withProxy({}, (proxy) => listed(proxy));
    expect(models.length).toBeGreaterThan(10);
  });
});

describe('MODELS_FILE', () => {
  test('changes limits and adds models, and so does a change of the file', async () => {
    const file = join(folder, 'models.json');
    const write = (...rows: object[]) => writeFileSync(file, JSON.stringify(rows));
    write({ id: 'gemini-4-argon', outputTokens: 1_000 });
    await withProxy({ env: { MODELS_FILE: file } }, async (proxy) => {
      const limitOf = async (id: string) =>
        (await listed(proxy)).find((model) => model.id === id)?.max_tokens;
      expect([await limitOf('gemini-4-argon'), await limitOf('claude-opus-5-5')]).toEqual([1_000, 1_000]);
      write({ id: 'gemini-5-xenon', like: 'gemini-4-argon', outputTokens: 7 });
      proxy.reload({});
      expect([await limitOf('gemini-4-argon'), await limitOf('gemini-5-xenon')]).toEqual([65_536, 7]);
      const answer = await proxy.send('/v1/messages', { ...hello, model: 'gemini-5-xenon' });
      expect(answer.status).toBe(200);
    });
  });
});

describe('a model that is about to go', () => {
  const answers: Fetch = async () => googleStream(textChunk('Hi', 'STOP'));
  const NOTICE = 'Google answers gemini-2.5-pro with gemini-3.8-flash from 2026-12-01 on';

  test.each([
    ['that the client names', { model: 'gemini-2.5-pro' }, {}],
    ['that its id is mapped to', { model: 'claude-opus-5-5' }, { BIG_MODEL: 'gemini-2.5-pro' }],
  ])('%s is told in a header and in the log', async (_name, more, env) => {
    await withProxy({ fetch: answers, env }, async (proxy) => {
      const response = await proxy.send('/v1/messages', { ...hello, ...more });
      expect(response.headers.get('x-model-notice')).toBe(NOTICE);
      expect(proxy.told('model-notice')).toMatchObject([{ model: 'gemini-2.5-pro', notice: NOTICE }]);
      expect(proxy.lines.find(({ path }) => path === '/v1/messages')).toMatchObject({ model_notice: NOTICE });
    });
  });

  test('any other is not', async () => {
    await withProxy({ fetch: answers }, async (proxy) => {
      const response = await proxy.send('/v1/messages', hello);
      expect(response.headers.has('x-model-notice')).toBe(false);
    });
  });
});
