/** What a client is told about a quota that is not waited for: when it comes back, even where it must not try again. */
import { describe, expect, test } from 'bun:test';
import { type Asked, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { googleError, hello, type TestProxy } from '../../support/proxy.ts';

const streamed = { ...hello, stream: true };
const bare = () => googleError(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).');
const perDay = () =>
  Response.json(
    {
      error: {
        code: 429,
        message: 'You exceeded your current quota.',
        details: [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }] }],
      },
    },
    { status: 429 },
  );

/** So many at once that the retry budget does not suffice for all. */
const MANY = 30;

/** The first answers wait for each other. */
function together(reply: () => Response) {
  const all = Promise.withResolvers<void>();
  let count = 0;
  return async (asked: Asked) => {
    if (count >= MANY) return says(asked);
    count++;
    if (count === MANY) all.resolve();
    await all.promise;
    return reply();
  };
}

async function ask(proxy: TestProxy, body: object) {
  const { status, headers, ...response } = await proxy.send('/v1/messages', body).then(async (reply) => ({
    status: reply.status,
    headers: reply.headers,
    text: await reply.text(),
  }));
  return { status, after: headers.get('retry-after'), again: headers.get('x-should-retry'), ...response };
}

describe('of thirty requests at once', () => {
  test.each([
    ['a day', perDay, null, 'false'],
    ['nobody knows how long', bare, '5', null],
  ] as const)('out of quota for %s: each is told when it comes back', async (_name, reply, after, again) => {
    const google = scriptedGoogle(together(reply));
    await using proxy = await google.start({ MODEL_FALLBACKS: 'none' });
    const answers = await google.through(
      Promise.all(Array.from({ length: MANY }, () => ask(proxy, streamed))),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(MANY / 2);
    for (const answer of refused) {
      expect(answer).toMatchObject({ after, again });
      expect(answer.text).toContain('back at ');
    }
    for (const { status, text } of answers) if (status === 200) expect(text).toContain('message_stop');
  });
});

test.each([{}, { MAX_RETRIES: '0' }])(
  'out of the quota of a day, alone: no retry is spent (%p)',
  async (env) => {
    const google = scriptedGoogle(perDay);
    await using proxy = await google.start({ MODEL_FALLBACKS: 'none', ...env });
    const answer = await google.through(ask(proxy, hello));
    expect(answer).toMatchObject({ status: 429, again: 'false' });
    expect(answer.text).toContain('back at ');
    expect(google.asked).toHaveLength(1);
    expect(proxy.lines.find(({ path }) => path === '/v1/messages')?.['retries']).toBeUndefined();
  },
);

test('token counts have a quota of their own: KEY_RPM is for answers', async () => {
  const google = scriptedGoogle((asked) => (asked.count ? Response.json({ totalTokens: 5 }) : says(asked)));
  await using proxy = await google.start({ KEY_RPM: '2' });
  for (let i = 0; i < 25; i++) await (await proxy.send('/v1/messages/count_tokens', hello)).text();
  expect((await google.through(ask(proxy, hello))).status).toBe(200);
});

describe('a quota of the day', () => {
  const OTHERS = ['gemini-4-hydrogen', 'gemini-3.8-flash'];
  const onArgon = (asked: Asked) => (asked.model === 'gemini-4-argon' ? perDay() : says(asked));
  const line = (proxy: TestProxy, index = 0) =>
    proxy.lines.filter(({ path }) => path === '/v1/messages')[index];

  test.each([true, false])(
    'is the model’s: the next one answers, and client and log are told (stream %p)',
    async (stream) => {
      const google = scriptedGoogle(onArgon);
      await using proxy = await google.start({ API_KEYS: 'key-one,key-two' });
      const response = await google.through(proxy.send('/v1/messages', { ...hello, stream }));
      expect([response.status, (await response.text()).includes('Hello there')]).toEqual([200, true]);
      expect(google.asked.map(({ model, key }) => `${model} ${key}`)).toEqual([
        'gemini-4-argon key-one',
        'gemini-4-argon key-two',
        'gemini-4-hydrogen key-one',
      ]);
      expect(response.headers.get('x-fallback-model')).toBe(
        'gemini-4-hydrogen; in-place-of=gemini-4-argon; because=quota-day',
      );
      expect(line(proxy)).toMatchObject({ in_place_of: 'gemini-4-argon', because: 'quota-day' });
      expect(line(proxy)).not.toHaveProperty('retries');
      expect(proxy.told('model-replaced')).toMatchObject([{ because: 'quota-day' }]);
    },
  );

  test('is not run into again, and the header says who answers; after midnight the first model is back', async () => {
    let over = true;
    const google = scriptedGoogle((asked) => (over ? onArgon(asked) : says(asked)));
    await using proxy = await google.start();
    for (let i = 0; i < 2; i++) await (await google.through(proxy.send('/v1/messages', streamed))).text();
    expect(google.models()).toEqual(['gemini-4-argon', 'gemini-4-hydrogen', 'gemini-4-hydrogen']);
    over = false;
    await google.clock.advance(8 * 3_600_000);
    const response = await google.through(proxy.send('/v1/messages', streamed));
    expect(response.headers.get('x-fallback-model')).toBeNull();
    expect(google.models().at(-1)).toBe('gemini-4-argon');
  });

  test('of every model is told as the first one’s, with when it is back, and logged as one of the day', async () => {
    const google = scriptedGoogle(perDay);
    await using proxy = await google.start();
    for (let i = 0; i < 2; i++) {
      const answer = await google.through(ask(proxy, streamed));
      expect(answer).toMatchObject({ status: 429, again: 'false' });
      expect(answer.text).toMatch(/gemini-4-argon .*back at /);
      expect(line(proxy, i)).toMatchObject({ class: 'quota-day' });
    }
    expect(google.models()).toEqual(['gemini-4-argon', ...OTHERS]);
  });

  test('is another’s for a Gemini model that the client names', async () => {
    const google = scriptedGoogle(onArgon);
    await using proxy = await google.start();
    const answer = await google.through(ask(proxy, { ...streamed, model: 'gemini-4-argon' }));
    expect(answer.status).toBe(429);
    expect(google.models()).toEqual(['gemini-4-argon']);
  });

  test('a wait of hours is as good as one', async () => {
    const hours = () => googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded. Please retry in 3h22m10.5s.');
    const google = scriptedGoogle((asked) => (asked.model === 'gemini-4-argon' ? hours() : says(asked)));
    await using proxy = await google.start();
    for (let i = 0; i < 2; i++) await (await google.through(proxy.send('/v1/messages', streamed))).text();
    expect(google.models()).toEqual(['gemini-4-argon', 'gemini-4-hydrogen', 'gemini-4-hydrogen']);
  });
});
