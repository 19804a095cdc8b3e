/** A person who opens a large request stops nobody: its texts are searched for secrets in another thread. */
import { expect, test } from 'bun:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Conversation, Raw } from '../../src/inspector/shapes.ts';
import { systemClock } from '../../src/lib/ports.ts';
import { createRedactor, type Redactor } from '../../src/sim/redact.ts';
import { LARGE, ThreadedRedactor } from '../../src/sim/threaded-redactor.ts';
import { allEnded, Looker } from '../support/clients/looker.ts';
import { GEMINI_KEY, googleStream, hello, startProxy, textChunk } from '../support/proxy.ts';

const SECRET = 'a-secret-of-the-settings-0123';

/** A redactor that counts the bytes that this thread searches. */
function counting(): { redactor: Redactor; searched(): number } {
  let searched = 0;
  const counted = (redactor: Redactor): Redactor => ({
    ...redactor,
    with: (more) => counted(redactor.with(more)),
    bytes(bytes, where, list) {
      searched += bytes.byteLength;
      return redactor.bytes(bytes, where, list);
    },
  });
  return { redactor: counted(createRedactor([SECRET])), searched: () => searched };
}

test('large bytes are searched elsewhere, small ones at once, and both lose their secrets', async () => {
  const { redactor, searched } = counting();
  const thread = new ThreadedRedactor(systemClock.after);
  const clean = async (length: number) => {
    const text = `${'word '.repeat(length / 5)}${SECRET}`;
    return new TextDecoder().decode(await thread.bytes(Buffer.from(text), redactor));
  };
  expect(await clean(1_000)).toEndWith(`word ${'x'.repeat(SECRET.length)}`);
  const atOnce = searched();
  expect(atOnce).toBeWithin(1_000, LARGE + 1);
  const all = await Promise.all([clean(2_000_000), clean(1_000_000), clean(100_000)]);
  for (const text of all) expect(text).toEndWith(`word ${'x'.repeat(SECRET.length)}`);
  expect(searched()).toBe(atOnce);
});

test('a thread that has ended is started again', async () => {
  const idle: (() => void)[] = [];
  const thread = new ThreadedRedactor((_ms, act) => {
    idle.push(act);
    return () => {};
  });
  const redactor = createRedactor([SECRET]);
  const bytes = Buffer.from(`${'x '.repeat(LARGE)}${SECRET}`);
  const first = await thread.bytes(bytes, redactor);
  idle.shift()?.();
  expect(await thread.bytes(bytes, redactor)).toEqual(first);
});

test('while a request of 12 MB is opened, other requests are answered', async () => {
  await using proxy = await startProxy({ fetch: async () => googleStream(textChunk('hi', 'STOP')) });
  const words = 'a line of some file that a tool has read\n'.repeat(300_000);
  const body = { ...hello, messages: [{ role: 'user', content: `${words}${GEMINI_KEY}` }] };
  await (await proxy.send('/v1/messages', body)).text();
  const looker = await (await Looker.at(proxy)).until(allEnded(1));
  looker.leave();
  const base = `/ui/api/requests/${looker.list[0]?.id}`;
  let opened: Conversation | undefined;
  const opening = proxy.send(`${base}/conversation`).then(async (answer) => {
    opened = await answer.json();
  });
  let answered = 0;
  while (opened === undefined) {
    if ((await proxy.send('/v1/models')).status === 200) answered++;
    await turn();
  }
  await opening;
  // A search on the same thread would let a few through at its beginning and at its end.
  expect(answered).toBeGreaterThan(20);
  const raw: Raw = await (await proxy.send(`${base}/raw`)).json();
  const at = raw.parts.find(({ name }) => name === 'The client’s request')?.text.at;
  const whole = await (await proxy.send(`${base}/text?at=${at}`)).text();
  expect([whole.length > words.length, whole.includes(GEMINI_KEY)]).toEqual([true, false]);
});
