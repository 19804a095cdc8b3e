/** What a client is told of a quota where nobody here waits for it: when it comes back, whatever else forbids another try. */
import { describe, expect, test } from 'bun:test';
import { googleError, hello, type TestProxy } from '../support/proxy.ts';
import { type Asked, says, scriptedGoogle } from '../support/scripted-google.ts';

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

/** So many at once that the retry budget is not enough for all. */
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
