/** A replay that is asked to be looser than to the letter, and says so each time. */
import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listRecording } from '../../../src/sim/cassette/read.ts';
import {
  type Ask,
  asked,
  HEADER,
  LOOSE,
  NEW,
  newFolder,
  OLD,
  recorded,
  removeFolders,
  replaying,
  send,
  user,
  warnings,
} from '../../support/clients/two-versions.ts';
import { googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';
import { event, pieces, recordingProxy } from '../../support/recording.ts';

afterAll(removeFolders);

describe('a request of another version of the client', () => {
  const ask = (version: string, messages: object[] = [user('list the files')]): Ask => ({
    body: asked(version, messages),
    version,
  });

  test('is a miss for a strict replay, which says how it could be played', async () => {
    const folder = await recorded([ask(NEW)], ['done']);
    await using proxy = await replaying(folder);
    const { status, error, how } = await send(proxy, ask(OLD));
    expect([status, how]).toEqual([400, null]);
    expect(error).toContain('claude-cli 2.1.329 is older than the recorded 2.1.330');
    expect(error).toContain('closest is 001-main (main, 1 message); --match loose plays 001-main');
    expect(warnings(proxy)).toContainEqual(expect.stringContaining('--match loose leaves out'));
  });

  test('is answered by a loose replay, which says so in the header, the log, and the line of the request', async () => {
    const folder = await recorded([ask(NEW)], ['done']);
    let lines: Record<string, unknown>[] = [];
    {
      await using proxy = await replaying(folder, LOOSE);
      lines = proxy.lines;
      const { text, how } = await send(proxy, ask(OLD));
      expect([text, how]).toEqual([
        'done',
        'loose; request=001-main; differs=system,tools; upstream=differs',
      ]);
    }
    const told = lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
    expect(told).toEqual([
      'replay: claude-cli 2.1.329 is older than the recorded 2.1.330: its requests are matched loosely',
      expect.stringMatching(/^replay: 001-main matches only loosely, and differs in system, tools/),
      expect.stringMatching(/^replay: upstream request 1 is not the recorded one/),
      'played 1 of 1 recorded requests, 1 only loosely, 0 misses',
    ]);
    expect(lines.find(({ status }) => status === 200)?.['replayed']).toStartWith('loose; request=001-main');
  });

  test('is told once of each version', async () => {
    const folder = await recorded([ask(NEW), ask(NEW)], ['one', 'two']);
    await using proxy = await replaying(folder, LOOSE);
    for (const version of [OLD, OLD]) await send(proxy, ask(version));
    expect(warnings(proxy).filter((text) => text.includes('is older than'))).toHaveLength(1);
  });

  test('that works in another folder is told once that recorded calls work in the recorded one', async () => {
    const within = (folder: string): Ask =>
      ask(NEW, [
        user(`<system-reminder>\n - Primary working directory: ${folder}\n</system-reminder>`),
        user('go'),
      ]);
    const folder = await recorded([within('/srv/then'), within('/srv/then')], ['one', 'two']);
    await using proxy = await replaying(folder, LOOSE);
    for (let time = 0; time < 2; time++) expect((await send(proxy, within('/srv/now'))).status).toBe(200);
    const told =
      'replay: the client works in /srv/now, and recorded was /srv/then: recorded calls of tools read and write there';
    expect(warnings(proxy).filter((line) => line === told)).toHaveLength(1);
  });

  test('is answered once, in order, and then no more', async () => {
    const folder = await recorded([ask(NEW), ask(NEW)], ['one', 'two']);
    await using proxy = await replaying(folder, LOOSE);
    const answers = [await send(proxy, ask(OLD)), await send(proxy, ask(OLD)), await send(proxy, ask(OLD))];
    expect(answers.slice(0, 2).map(({ text }) => text)).toEqual(['one', 'two']);
    expect(answers[2]?.status).toBe(400);
  });

  test.each([
    ['other words', [user('list the folders')]],
    ['another result', result('a.txt b.txt')],
    ['a result that is an error', result('a.txt', true)],
    ['one turn more', [...result('a.txt'), { role: 'assistant', content: 'There.' }, user('thanks')]],
  ])('is not answered where it has %s', async (_name, messages) => {
    const folder = await recorded([ask(NEW), ask(NEW, result('a.txt'))], ['one', 'two']);
    await using proxy = await replaying(folder, LOOSE);
    expect((await send(proxy, ask(OLD, messages))).status).toBe(400);
  });

  test('is a miss where something else is said, which names the place and not what a version changes', async () => {
    const call = {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} }],
    };
    const result = (content: string) => ({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content }],
    });
    const talk = (content: string) => [user('list the files'), call, result(content)];
    const reminded = (version: string, messages: object[]): Ask => {
      const text = `<system-reminder>\nYou are ${version}\n</system-reminder>`;
      return ask(version, [user(text), ...messages]);
    };
    const folder = await recorded([reminded(NEW, talk('a.txt'))], ['done']);
    await using proxy = await replaying(folder, LOOSE);
    const { status, error } = await send(proxy, reminded(OLD, talk('b.txt')));
    expect(status).toBe(400);
    expect(error).toEndWith(
      'closest is 001-main (main, 4 messages) (recorded ≠ now): said[1]: "result: a.txt" ≠ "result: b.txt"',
    );
  });

  test('is not answered where another caller asks', async () => {
    const folder = await recorded([ask(NEW)], ['done']);
    await using proxy = await replaying(folder, LOOSE);
    const { status, error } = await send(proxy, { ...ask(OLD), agent: 'a1b2c3d4e5f60718a' });
    expect([status, error]).toEqual([400, expect.stringContaining('closest is 001-main (main, 1 message)')]);
  });
});

function result(content: string, isError = false): object[] {
  return [
    user('list the files'),
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content, is_error: isError }],
    },
  ];
}

describe('of several that fit', () => {
  test('the same one is played, although others were recorded before it', async () => {
    const folder = await recorded(
      [OLD, NEW].map((version) => ({ body: asked(version, [user('hi')]), version })),
      ['old', 'new'],
    );
    await using proxy = await replaying(folder, LOOSE);
    const { text, how } = await send(proxy, { body: asked(NEW, [user('hi')]) });
    expect([text, how]).toEqual(['new', 'exact; request=002-main']);
  });

  test('the closest conversation is played, although another one differs in fewer places beside it', async () => {
    const said = (text: string) => [user('hi'), { role: 'assistant', content: text }, user('and now?')];
    const folder = await recorded(
      [
        { body: asked('2.1.331', said('Hello.')), version: '2.1.331' },
        { body: asked(NEW, said('Good day.')) },
      ],
      ['after hello', 'after good day'],
    );
    await using proxy = await replaying(folder, LOOSE);
    const { text } = await send(proxy, { body: asked(OLD, said('Good day.')), version: OLD });
    expect(text).toBe('after good day');
  });

  test('the declaration of the same tool is closer than that of another', async () => {
    const counting = (name: string, description: string): Ask => ({
      body: asked(NEW, [user('foo')], {
        tools: [{ name, description, input_schema: { type: 'object', properties: { [name]: {} } } }],
      }),
    });
    const folder = await recorded([counting('Read', 'reads'), counting('Bash', 'runs')], ['read', 'bash']);
    await using proxy = await replaying(folder, LOOSE);
    const answers = [await send(proxy, counting('Bash', 'new')), await send(proxy, counting('Read', 'new'))];
    expect(answers.map(({ text }) => text)).toEqual(['bash', 'read']);
  });

  test('that several are as close is said', async () => {
    const body = (version: string) => asked(version, [user('hi')]);
    const folder = await recorded(
      ['2.1.331', NEW].map((version) => ({ body: body(version), version })),
      ['one', 'two'],
    );
    await using proxy = await replaying(folder, LOOSE);
    const { text, how } = await send(proxy, { body: body(OLD), version: OLD });
    expect([text, how]).toEqual(['one', expect.stringContaining('alike=002-main')]);
    expect(warnings(proxy)).toContainEqual(
      expect.stringContaining('not the only one that fits: so does 002-main'),
    );
  });

  test('each of two subagents with the same words keeps to its own recorded conversation', async () => {
    const first = [user('look around')];
    const second = [...first, { role: 'assistant', content: 'I looked.' }, user('go on')];
    const of = (version: string, agent: string, messages: object[]): Ask => ({
      body: asked(version, messages),
      version,
      agent,
    });
    const [one, other] = ['a111111111111111a', 'a222222222222222a'];
    const folder = await recorded(
      [of(NEW, one, first), of(NEW, other, first), of(NEW, one, second), of(NEW, other, second)],
      ['one 1', 'other 1', 'one 2', 'other 2'],
    );
    await using proxy = await replaying(folder, LOOSE);
    const [now, then] = ['a333333333333333a', 'a444444444444444a'];
    const asks = [of(OLD, now, first), of(OLD, then, first), of(OLD, then, second), of(OLD, now, second)];
    const texts: string[] = [];
    for (const ask of asks) texts.push((await send(proxy, ask)).text);
    expect(texts).toEqual(['one 1', 'other 1', 'other 2', 'one 2']);
  });
});

test('an answer that was broken off at a stop sequence is a miss for who wants more of it, and no busy Gemini', async () => {
  const body = (more: object) => asked(NEW, [user('tell me a story')], more);
  const folder = newFolder();
  {
    const play = pieces(event(textChunk('Once. END')), { waitMs: 50 }, event(textChunk('Twice.', 'STOP')));
    await using proxy = await recordingProxy(folder, [play]);
    expect((await send(proxy, { body: body({ stop_sequences: ['END'] }) })).text).toBe('Once. ');
  }
  await using proxy = await replaying(folder, LOOSE);
  const { status, error } = await send(proxy, { body: body({}) });
  expect([status, error]).toEqual([
    400,
    expect.stringContaining('was broken off by the proxy when it was recorded'),
  ]);
});

test.each([
  ['loose', LOOSE, ['one two', 'exact; request=001-sdk; upstream=differs']],
  ['strict', {}, [undefined, null]],
])('more upstream requests than were recorded: %s', async (how, env, expected) => {
  const folder = newFolder();
  {
    await using proxy = await recordingProxy(folder, [
      () => googleStream(textChunk('one '), textChunk('two', 'STOP')),
    ]);
    await proxy.send('/v1/messages', hello);
  }
  // The recorded answer breaks off, so that the proxy asks again, for the whole answer at once.
  await using proxy = await replaying(folder, { ...env, FAULTS: 'cut@1:frame=1' });
  const response = await proxy.send('/v1/messages', hello);
  const { content } = await response.json();
  expect([content?.[0].text, response.headers.get(HEADER)]).toEqual(expected);
  const told = proxy.lines.map(({ msg }) => String(msg)).filter((msg) => msg.includes('has only 1'));
  expect(told).toEqual([
    `replay: upstream request 2: the recording has only 1${how === 'loose' ? ', so the last answer is given again' : ''}`,
  ]);
});

test('a name that the client makes up anew is known after a loose match, too', async () => {
  const launched = (version: string, agent: string) =>
    version === NEW
      ? `Async agent launched successfully. (Never quote this.)\nagentId: ${agent} (internal)\nIt works.`
      : `Async agent launched successfully.\nagentId: ${agent} (internal ID)`;
  const messages = (version: string, agent: string) => [
    user('look'),
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Agent', input: {} }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: launched(version, agent) }],
    },
  ];
  const [then, now] = ['a0000000000000000', 'a9999999999999999'];
  const folder = await recorded(
    [{ body: asked(NEW, messages(NEW, then)) }],
    [`Stop ${then}, and read /tasks/${then}.output`],
  );
  await using proxy = await replaying(folder, LOOSE);
  const { text } = await send(proxy, { body: asked(OLD, messages(OLD, now)), version: OLD });
  expect(text).toBe(`Stop ${now}, and read /tasks/${now}.output`);
});

test('an old recording is told at the start, and in a miss', async () => {
  const folder = await recorded([{ body: hello }], ['hi']);
  const [path = ''] = listRecording(folder);
  const meta = join(path, 'meta.json');
  const old = readFileSync(meta, 'utf8').replace(
    /"recordedAt": "[^"]+"/,
    '"recordedAt": "2020-01-01T00:00:00.000Z"',
  );
  writeFileSync(meta, old);
  await using proxy = await replaying(folder);
  expect(warnings(proxy)[0]).toMatch(/^replay: recording was recorded \d{4} days ago/);
  const { error } = await send(proxy, { body: { ...hello, messages: [user('other')] } });
  expect(error).toMatch(/\(.*recorded \d{4} days ago\)/);
});

describe('refused at the start', () => {
  test('recording what is missing from Vertex AI', async () => {
    const folder = await recorded([{ body: hello }], ['hi']);
    const manifest = join(folder, 'recording.json');
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace('"idleTimeoutMs"', '"host": "vertex",\n    "idleTimeoutMs"'),
    );
    const env = { BACKEND: 'replay', REPLAY: folder, REPLAY_ON_MISS: 'record', GEMINI_API_KEY: 'k' };
    expect(startProxy({ env })).rejects.toThrow(/was recorded on Vertex AI/);
  });
});
