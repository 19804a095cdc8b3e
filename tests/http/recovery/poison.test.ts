/** A request at which Gemini fails each time is sent again and again: other requests must not notice. */
import { describe, expect, test } from 'bun:test';
import { type Asked, busy, cut, says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { eventNames, googleError, hello, type TestProxy } from '../../support/proxy.ts';

const ARGON = 'gemini-4-argon';
const HYDROGEN = 'gemini-4-hydrogen';
const alone = { MODEL_FALLBACKS: 'none' };

const asking = (content: string) => ({ ...hello, stream: true, messages: [{ role: 'user', content }] });
const POISON = asking('POISON');
const isPoison = ({ body }: Asked) => body.includes('POISON');

type Google = ReturnType<typeof scriptedGoogle>;
type Headers = Record<string, string>;

const send = (proxy: TestProxy, body: object, headers?: Headers) =>
  proxy.send('/v1/messages', body, headers).then((response) => response.text());

const poisoned = (fails: (asked: Asked) => Response) =>
  scriptedGoogle((asked) => (isPoison(asked) ? fails(asked) : says(asked)));

let others = 0;

/** Another request must be answered at once, by the model that it names, with one upstream request. */
async function expectOthersServed(google: Google, proxy: TestProxy, headers?: Headers): Promise<void> {
  const [now, before] = [google.clock.monotonic(), google.asked.length];
  const text = await send(proxy, asking(`one of others ${others++}`), headers);
  expect(eventNames(text).at(-1)).toBe('message_stop');
  const own = google.asked.slice(before).filter((asked) => !isPoison(asked));
  expect(own.map(({ model, stream }) => [model, stream])).toEqual([[ARGON, true]]);
  expect(google.clock.monotonic()).toBe(now);
}

const FAILURES: [string, (asked: Asked) => Response][] = [
  ['overloaded', busy],
  ["an error of Google's own", () => googleError(500, 'INTERNAL', 'An internal error has occurred.')],
  ['too slow for Google', () => googleError(504, 'DEADLINE_EXCEEDED', 'Deadline expired.')],
  ['cut off', cut],
];

describe.each(FAILURES)('a request that is %s each time', (_name, fails) => {
  test('while it is tried, the others are answered', async () => {
    const google = poisoned(fails);
    await using proxy = await google.start(alone);
    await expectOthersServed(google, proxy);
    await google.finish(send(proxy, POISON), () => expectOthersServed(google, proxy));
    expect(google.asked.filter(isPoison).length).toBeGreaterThanOrEqual(2);
  });

  test('its client sends it ten times: who comes afterwards is answered', async () => {
    const google = poisoned(fails);
    await using proxy = await google.start(alone);
    for (let i = 0; i < 10; i++) {
      await google.finish(send(proxy, POISON));
      await expectOthersServed(google, proxy);
    }
  });

  test('nobody else asks for an hour: who comes then is answered', async () => {
    const google = poisoned(fails);
    await using proxy = await google.start(alone);
    for (let i = 0; i < 10; i++) await google.finish(send(proxy, POISON));
    for (let i = 0; i < 3; i++) await expectOthersServed(google, proxy);
  });

  test('of one session: its other requests are answered', async () => {
    const google = poisoned(fails);
    await using proxy = await google.start(alone);
    const session = { 'x-claude-code-session-id': 's1' };
    for (let i = 0; i < 3; i++) {
      await google.finish(send(proxy, POISON, session));
      await expectOthersServed(google, proxy, session);
    }
  });

  test('with two keys and other models: no key and no model is kept from the others', async () => {
    const google = poisoned(fails);
    await using proxy = await google.start({ API_KEYS: 'key-one,key-two' });
    for (let i = 0; i < 4; i++) {
      await google.finish(send(proxy, POISON, { 'x-claude-code-session-id': 's1' }));
      for (const session of ['s2', 's3', 's4'])
        await expectOthersServed(google, proxy, { 'x-claude-code-session-id': session });
    }
  });

  test('alone with it, the proxy does not call itself unhealthy', async () => {
    const google = poisoned(fails);
    await using proxy = await google.start(alone);
    for (let i = 0; i < 5; i++) await google.finish(send(proxy, { ...POISON, stream: false }));
    expect((await proxy.send('/health')).status).toBe(200);
  });
});

describe('a model that really fails', () => {
  const fails = () =>
    scriptedGoogle((asked) => (asked.model === ARGON && isPoison(asked) ? busy() : says(asked)));

  test('is replaced as soon for one whom others, answered a moment ago, do not confirm', async () => {
    const google = fails();
    await using proxy = await google.start();
    await expectOthersServed(google, proxy);
    const text = await google.finish(send(proxy, POISON));
    expect(eventNames(text).at(-1)).toBe('message_stop');
    const attempts = google.asked.filter(isPoison).map(({ model }) => model);
    expect([attempts.at(-1), attempts.filter((model) => model === ARGON).length]).toEqual([HYDROGEN, 5]);
    await expectOthersServed(google, proxy);
  });

  test('as soon as another fails with it, nobody is let through any more', async () => {
    const google = scriptedGoogle((asked) => (asked.model === ARGON ? busy() : says(asked)));
    await using proxy = await google.start();
    await google.finish(send(proxy, asking('one')));
    await google.finish(send(proxy, asking('another')));
    google.asked.length = 0;
    await send(proxy, asking('a third'));
    expect(google.models()).toEqual([HYDROGEN]);
  });

  test('five who fail are enough, though another was answered a moment ago', async () => {
    const google = scriptedGoogle((asked) => (asked.body.includes('fine') ? says(asked) : busy()));
    await using proxy = await google.start({ ...alone, MAX_RETRIES: '0' });
    await send(proxy, asking('fine'));
    for (const who of ['a', 'b', 'c', 'd', 'e']) await send(proxy, { ...asking(who), stream: false });
    google.asked.length = 0;
    const [begun, work] = [
      google.clock.monotonic(),
      proxy.send('/v1/messages', { ...asking('f'), stream: false }),
    ];
    const { status } = await google.finish(work);
    expect([status, google.asked.length, google.clock.monotonic() - begun]).toEqual([529, 1, 5_000]);
  });
});
