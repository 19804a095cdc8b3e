/** Requests that a recording has no answer for, or none any more: an error, the mock, Gemini, or the answer again. */
import { afterAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { listRecording, readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import {
  type Ask,
  asked,
  LOOSE,
  NEW,
  OLD,
  recorded,
  removeFolders,
  replaying,
  send,
  user,
  warnings,
} from '../../support/clients/two-versions.ts';
import { GEMINI_KEY, googleError, googleStream, startProxy, textChunk } from '../../support/proxy.ts';

afterAll(removeFolders);

describe('an answer given again', () => {
  const ask: Ask = { body: asked(NEW, [user('hi')]) };

  test.each([
    ['strict', {}, ask, 'exact; request=002-main; again'],
    ['loose', LOOSE, { body: asked(OLD, [user('hi')]), version: OLD }, 'loose; request=002-main; again'],
  ])('is the last one that was recorded: %s', async (_name, env, once, how) => {
    const folder = await recorded([ask, ask], ['one', 'two']);
    await using proxy = await replaying(folder, { ...env, REPLAY_REPEAT: 'true' });
    const answers = [await send(proxy, once), await send(proxy, once), await send(proxy, once)];
    expect(answers.map(({ text }) => text)).toEqual(['one', 'two', 'two']);
    expect(answers[2]?.how).toStartWith(how);
    expect(warnings(proxy)).toContainEqual(expect.stringContaining('was played before, and is played again'));
  });

  test('is an error where it was not allowed, which names the flag', async () => {
    const folder = await recorded([ask], ['one']);
    await using proxy = await replaying(folder);
    await send(proxy, ask);
    expect((await send(proxy, ask)).error).toContain('was played already (--repeat plays it again)');
  });

  test('is an error in a loose replay, too, which does not blame what a loose replay leaves out', async () => {
    const folder = await recorded([ask], ['one']);
    await using proxy = await replaying(folder, LOOSE);
    const old: Ask = { body: asked(OLD, [user('hi')]), version: OLD };
    expect((await send(proxy, old)).status).toBe(200);
    const { status, error } = await send(proxy, old);
    expect([status, error]).toEqual([
      400,
      expect.stringContaining('001-main fits, and was played already (--repeat plays it again)'),
    ]);
    expect(error).not.toContain('system');
  });
});

describe('what was not recorded', () => {
  const known: Ask = { body: asked(NEW, [user('hi')]) };
  const missing: Ask = { body: asked(NEW, [user('something else')]) };

  test('is answered by the mock', async () => {
    const folder = await recorded([known], ['recorded']);
    await using proxy = await replaying(folder, { REPLAY_ON_MISS: 'mock' });
    const made = await send(proxy, missing);
    expect([made.status, made.how]).toEqual([200, 'missed; answered-by=mock']);
    expect(made.text).not.toBe('');
    expect(warnings(proxy)).toContainEqual(
      expect.stringMatching(/^replay: the mock answers: nothing recorded.*closest is 001-main/s),
    );
    expect((await send(proxy, known)).text).toBe('recorded');
    expect(listRecording(folder)).toHaveLength(1);
  });

  test('is asked of Gemini, and added to the recording, which then has it', async () => {
    const folder = await recorded([known], ['recorded']);
    const sent: string[] = [];
    {
      await using proxy = await startProxy({
        fetch: async (_url, init) => {
          sent.push(String(init.body));
          return googleStream(textChunk('new', 'STOP'));
        },
        env: { BACKEND: 'replay', REPLAY: folder, REPLAY_ON_MISS: 'record' },
      });
      const made = await send(proxy, missing);
      expect([made.text, made.how]).toEqual(['new', 'missed; answered-by=gemini; recorded']);
      expect((await send(proxy, known)).text).toBe('recorded');
    }
    expect(sent).toHaveLength(1);
    const [, added = ''] = listRecording(folder);
    expect(readRecordedRequest(added).origin).toBe('live');
    await using again = await replaying(folder);
    expect([await send(again, missing), await send(again, known)].map(({ text }) => text)).toEqual([
      'new',
      'recorded',
    ]);
  });

  test.each([
    [503, false],
    [429, false],
    [403, false],
    [400, true],
  ])(
    'is added where Gemini refuses the request, and not where another attempt may be answered: %i',
    async (status, isAdded) => {
      const folder = await recorded([known], ['recorded']);
      {
        await using proxy = await startProxy({
          fetch: async () => googleError(status, 'FAILED', 'no'),
          env: { BACKEND: 'replay', REPLAY: folder, REPLAY_ON_MISS: 'record' },
        });
        const { how } = await send(proxy, missing);
        expect(how).toBe(`missed; answered-by=gemini; ${isAdded ? 'recorded' : 'not-recorded'}`);
      }
      expect(listRecording(folder)).toHaveLength(isAdded ? 2 : 1);
    },
  );

  test('is told even where the recording was removed meanwhile', async () => {
    const folder = await recorded([known], ['recorded']);
    await using proxy = await replaying(folder, LOOSE);
    rmSync(folder, { recursive: true });
    expect((await send(proxy, missing)).error).toContain('nothing recorded answers this request');
    expect((await send(proxy, known)).error).toContain('001-main is this request, and cannot be played');
  });

  test('is not recorded with the key in it', async () => {
    const folder = await recorded([known], ['recorded']);
    {
      await using proxy = await startProxy({
        fetch: async () => googleStream(textChunk('new', 'STOP')),
        env: { BACKEND: 'replay', REPLAY: folder, REPLAY_ON_MISS: 'record' },
      });
      await send(proxy, { body: asked(NEW, [user(`the key is ${GEMINI_KEY}`)]) });
    }
    const [, added = ''] = listRecording(folder);
    expect(readRecordedRequest(added).request.body).not.toContain(GEMINI_KEY);
  });
});
