/** Models that no key has access to, and which models answer in their place. */
import { describe, expect, test } from 'bun:test';
import {
  type Asked,
  missing,
  noQuota,
  type Script,
  says,
  scriptedGoogle,
} from '../../support/google/scripted-google.ts';
import { eventNames, googleError, hello, type TestProxy } from '../../support/proxy.ts';

const ARGON = 'gemini-4-argon';
const HYDROGEN = 'gemini-4-hydrogen';
const FLASH = 'gemini-3.8-flash';
const HOUR = 3_600_000;
const streamed = { ...hello, stream: true };

const without =
  (...models: string[]): Script =>
  (asked: Asked) =>
    models.includes(asked.model) ? missing() : says(asked);

type Google = ReturnType<typeof scriptedGoogle>;

async function ask(google: Google, proxy: TestProxy, body: object = streamed) {
  return google.through(
    proxy
      .send('/v1/messages', body)
      .then(async (response) => ({ status: response.status, text: await response.text() })),
  );
}

/** The log lines of the requests, in order. */
const lines = (proxy: TestProxy) => proxy.lines.filter(({ path }) => path === '/v1/messages');

describe('a model that no key has access to', () => {
  test('a count of its tokens is made by the model that answers in its place', async () => {
    const google = scriptedGoogle((asked) =>
      asked.model === ARGON ? missing() : Response.json({ totalTokens: 42 }),
    );
    await using proxy = await google.start();
    const response = await google.through(proxy.send('/v1/messages/count_tokens', hello));
    expect(await response.json()).toEqual({ input_tokens: 42 });
    expect(google.models()).toEqual([ARGON, HYDROGEN]);
  });

  test.each([
    ['404', missing],
    ['limit: 0', noQuota],
  ])('%s for every key: the next group answers, in the same request', async (_name, refuse) => {
    const google = scriptedGoogle((asked) => (asked.model === ARGON ? refuse() : says(asked)));
    await using proxy = await google.start({ API_KEYS: 'key-one,key-two' });
    const { status, text } = await ask(google, proxy);
    expect([status, eventNames(text).at(-1), text.includes('Hello there')]).toEqual([
      200,
      'message_stop',
      true,
    ]);
    expect(google.asked.map(({ model, key }) => `${model} ${key}`)).toEqual([
      `${ARGON} key-one`,
      `${ARGON} key-two`,
      `${HYDROGEN} key-one`,
    ]);
  });

  test.each([true, false])(
    'the client sees the id that it asked for, and the log both (stream %p)',
    async (stream) => {
      const google = scriptedGoogle(without(ARGON));
      await using proxy = await google.start();
      const { text } = await ask(google, proxy, { ...hello, stream });
      expect(text).toContain('"model":"claude-opus-5-5"');
      expect(text).not.toContain('gemini');
      const [line] = lines(proxy);
      expect(line).toMatchObject({
        model: hello.model,
        gemini_model: HYDROGEN,
        in_place_of: ARGON,
        status: 200,
      });
      expect(line).not.toHaveProperty('retries');
      expect(proxy.told('model-replaced')).toMatchObject([{ from: ARGON, to: HYDROGEN }]);
    },
  );

  test('is not asked by the next request, whose line says so too', async () => {
    const google = scriptedGoogle(without(ARGON));
    await using proxy = await google.start();
    await ask(google, proxy);
    await ask(google, proxy);
    expect(google.models()).toEqual([ARGON, HYDROGEN, HYDROGEN]);
    expect(lines(proxy)[1]).toMatchObject({ gemini_model: HYDROGEN, in_place_of: ARGON });
  });

  test('is tried again after an hour', async () => {
    let away = true;
    const google = scriptedGoogle((asked) => (away && asked.model === ARGON ? missing() : says(asked)));
    await using proxy = await google.start();
    await ask(google, proxy);
    away = false;
    await google.clock.advance(HOUR - 1);
    await ask(google, proxy);
    await google.clock.advance(1);
    await ask(google, proxy);
    expect(google.models()).toEqual([ARGON, HYDROGEN, HYDROGEN, ARGON]);
    expect(lines(proxy)[2]).not.toHaveProperty('in_place_of');
  });

  test('is replaced by the group after the next, where that is not there either', async () => {
    const google = scriptedGoogle(without(ARGON, HYDROGEN));
    await using proxy = await google.start();
    expect((await ask(google, proxy)).status).toBe(200);
    expect(google.models()).toEqual([ARGON, HYDROGEN, FLASH]);
    expect(lines(proxy)).toMatchObject([{ gemini_model: FLASH, in_place_of: ARGON }]);
  });

  test('is told of where nothing is left', async () => {
    const google = scriptedGoogle(missing);
    await using proxy = await google.start();
    const { status, text } = await ask(google, proxy);
    expect([status, google.models()]).toEqual([404, [ARGON, HYDROGEN, FLASH]]);
    expect(text).toContain('not_found_error');
  });

  const named: Script = ({ model }) =>
    googleError(404, 'NOT_FOUND', `models/${model} is not found for API version v1beta`);

  // Where no key may count, the next count is estimated.
  test.each([
    ['/v1/messages', 2],
    ['/v1/messages/count_tokens', 1],
  ] as const)(
    'is the one that is told of where nothing is left, though it was asked first (%s)',
    async (path, times) => {
      const google = scriptedGoogle(named);
      await using proxy = await google.start();
      for (let i = 0; i < times; i++) {
        const response = await google.through(proxy.send(path, hello));
        const { error } = await response.json();
        expect([response.status, error.message]).toEqual([
          404,
          expect.stringMatching(new RegExp(`^Gemini: models/${ARGON} is not found`)),
        ]);
      }
    },
  );

  test('is asked once more where those that stood in for it are gone by now', async () => {
    const gone = new Set([ARGON]);
    const google = scriptedGoogle((asked, index) =>
      gone.has(asked.model) ? named(asked, index) : says(asked),
    );
    await using proxy = await google.start();
    await ask(google, proxy);
    for (const model of [HYDROGEN, FLASH]) gone.add(model);
    const { status, text } = await ask(google, proxy);
    expect([status, text.includes(`models/${ARGON} is not found`)]).toEqual([404, true]);
    expect(google.models()).toEqual([ARGON, HYDROGEN, HYDROGEN, FLASH, ARGON]);
  });

  test('of one key only: another key answers, and no other model', async () => {
    const google = scriptedGoogle((asked) => (asked.key === 'key-one' ? missing() : says(asked)));
    await using proxy = await google.start({ API_KEYS: 'key-one,key-two' });
    await ask(google, proxy);
    await ask(google, proxy);
    expect(google.asked.map(({ model, key }) => `${model} ${key}`)).toEqual([
      `${ARGON} key-one`,
      `${ARGON} key-two`,
      `${ARGON} key-two`,
    ]);
    expect(lines(proxy)[0]).toMatchObject({ failovers: 1 });
    expect(lines(proxy)[0]).not.toHaveProperty('in_place_of');
  });
});

describe('nothing answers in the place of', () => {
  const told = async (env: Record<string, string>, body: object) => {
    const google = scriptedGoogle(without(ARGON));
    await using proxy = await google.start(env);
    const { status } = await ask(google, proxy, body);
    return { status, models: google.models() };
  };

  test.each([ARGON, `models/${ARGON}`, `google/${ARGON}`])('%s, named by the client', async (model) => {
    expect(await told({}, { ...streamed, model })).toEqual({ status: 404, models: [ARGON] });
  });

  test.each(['', 'none'])('any model with MODEL_FALLBACKS=%p', async (fallbacks) => {
    expect(await told({ MODEL_FALLBACKS: fallbacks }, streamed)).toEqual({ status: 404, models: [ARGON] });
  });

  test('one of the last group', async () => {
    expect(await told({ MODEL_FALLBACKS: `${HYDROGEN}>${ARGON}` }, streamed)).toEqual({
      status: 404,
      models: [ARGON],
    });
  });
});

describe('the order of MODEL_FALLBACKS', () => {
  test('of a group the first usable one; models that it does not name stand before it', async () => {
    const google = scriptedGoogle(without('gemini-4-neon', FLASH));
    await using proxy = await google.start({
      BIG_MODEL: 'gemini-4-neon',
      MODEL_FALLBACKS: `${FLASH},${HYDROGEN}`,
    });
    expect((await ask(google, proxy)).status).toBe(200);
    expect(google.models()).toEqual(['gemini-4-neon', FLASH, HYDROGEN]);
  });

  test('a Gemini id that MODEL_MAP maps is the operator’s to replace', async () => {
    const google = scriptedGoogle(without(ARGON));
    await using proxy = await google.start({ MODEL_MAP: JSON.stringify({ 'gemini-mine': ARGON }) });
    const { status } = await ask(google, proxy, { ...streamed, model: 'gemini-mine' });
    expect([status, google.models()]).toEqual([200, [ARGON, HYDROGEN]]);
  });
});

describe('a model that cannot take a request', () => {
  const source = { type: 'url', url: 'https://pics.example.test/cat.png' };
  const request = { ...streamed, messages: [{ role: 'user', content: [{ type: 'image', source }] }] };
  const OLD = 'gemini-2.5-flash';

  test.each([
    ['is left out', `${ARGON}>${OLD}>${FLASH}`, [ARGON, FLASH, FLASH], 200],
    ['does not answer, and the failure is told', `${ARGON}>${OLD}`, [ARGON, ARGON], 404],
  ] as const)('%s', async (_what, fallbacks, models, status) => {
    const google = scriptedGoogle(without(ARGON));
    await using proxy = await google.start({ MODEL_FALLBACKS: fallbacks });
    const statuses = [await ask(google, proxy, request), await ask(google, proxy, request)];
    expect([google.models(), statuses.map((answer) => answer.status)]).toEqual([
      [...models],
      [status, status],
    ]);
  });

  test('answers all the same where this process reads the URL', async () => {
    const google = scriptedGoogle(without(ARGON));
    const urlFetch = {
      resolve: async () => ['203.0.114.7'],
      isPublic: () => true,
      fetch: async () => new Response(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
    };
    const env = { MODEL_FALLBACKS: `${ARGON}>${OLD}`, URL_FETCH: 'google,proxy' };
    await using proxy = await google.start(env, { urlFetch });
    await ask(google, proxy, request);
    expect(google.models()).toEqual([ARGON, OLD]);
  });
});

test('the log says by what class of failure a model was replaced, and nothing of what it wrote', async () => {
  const written = 'call:default_api:Bash{command: (canary';
  const google = scriptedGoogle((asked) =>
    asked.model === ARGON
      ? Response.json({ candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: written }] })
      : says(asked),
  );
  await using proxy = await google.start({ MAX_STREAMING_RETRIES: '1', LOG_LEVEL: 'INFO' });
  await ask(google, proxy);
  expect(proxy.told('model-replaced')).toMatchObject([{ from: ARGON, because: 'malformed' }]);
  expect(JSON.stringify(proxy.lines)).not.toContain('canary');
});
