/** The package's calls under Bun, where the proxy runs within the process of the test. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry as Told } from '../../src/http/api-description/mock-answers.ts';
import type { JournalEntry, Running } from '../../src/testing/api.d.cts';
import { connect, startMock, startProxy, startReplay } from '../../src/testing/in-process.ts';
import { ask, standIn, textOf } from '../support/testing.ts';

let folder: string;
let running: Running[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'testing-'));
  running = [];
});
afterEach(async () => {
  for (const each of running) await each.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Ended after the test. */
async function begun<T extends Running>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  running.push(started);
  return started;
}

const whyNot = (starting: Promise<Running>): Promise<string> =>
  starting.then(
    async (started) => {
      await started.stop();
      return 'it started';
    },
    (error: Error) => error.message,
  );

test('a mock answers, and tells what it was asked', async () => {
  const mock = await begun(startMock());
  const answer = await ask(mock.url, 'hello');
  expect(answer.status).toBe(200);
  await ask(mock.url, 'hello again');
  const [first, second] = await mock.requests();
  expect(first).toMatchObject({
    method: 'POST',
    path: '/v1/messages',
    test_id: 'default',
    body: { messages: [{ role: 'user', content: 'hello' }] },
    answer: { status: 200, stop_reason: 'end_turn', error: null },
  });
  expect(await mock.lastRequest()).toEqual(second as JournalEntry);
  expect(await connect(`${mock.url}/`).requests()).toHaveLength(2);
});

test('what the journal tells is what the declarations say', () => {
  // Compile errors, where one has a field that the other has not.
  const declared = (entry: Told): JournalEntry => entry;
  const told = (entry: JournalEntry): Told => entry;
  expect([declared, told]).toHaveLength(2);
});

test('before the first request there is no last one', async () => {
  const mock = await begun(startMock());
  expect(await mock.requests()).toEqual([]);
  expect(await mock.lastRequest()).toBeUndefined();
});

test('two mocks share nothing', async () => {
  const [one, other] = await Promise.all([
    begun(startMock({ faults: 'http-400', settings: { MAX_RETRIES: 0 } })),
    begun(startMock()),
  ]);
  expect(one.url).not.toBe(other.url);
  expect((await ask(one.url, 'hello')).status).toBe(400);
  expect((await ask(other.url, 'hello')).status).toBe(200);
  expect(await one.requests()).toHaveLength(1);
  await one.stop();
  expect((await ask(other.url, 'hello')).status).toBe(200);
  expect(await other.requests()).toHaveLength(2);
});

describe('nothing of the machine leaks in', () => {
  const leaking = {
    GEMINI_API_KEY: 'AIza-of-the-machine',
    BACKEND: 'gemini',
    PORT: '1',
    LOG_LEVEL: 'loud',
    PROXY_API_KEY: 'secret',
    FAULTS: 'http-503',
    MOCK_PACE: 'nonsense',
  };
  let before: NodeJS.ProcessEnv;
  beforeEach(() => {
    before = { ...process.env };
    Object.assign(process.env, leaking);
  });
  afterEach(() => {
    for (const name of Object.keys(leaking)) delete process.env[name];
    Object.assign(process.env, before);
  });

  test('into a mock', async () => {
    const mock = await begun(startMock());
    expect((await ask(mock.url, 'hello')).status).toBe(200);
    expect(await (await fetch(`${mock.url}/health`)).json()).toMatchObject({ backend: 'mock' });
  });

  test('into a proxy, which says that it has no key', async () => {
    expect(await whyNot(startProxy({}))).toBe(
      'startProxy: key: is missing; give a key of Gemini, or any text for a stand-in at `upstream`',
    );
  });
});

describe('stop', () => {
  const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit', 'uncaughtException', 'unhandledRejection'];
  const handlers = () => SIGNALS.map((name) => process.listenerCount(name));
  const atExit = () => process.listenerCount('exit');

  test('closes the port, leaves no file and no handler, and may be called twice', async () => {
    const before = { handlers: handlers(), atExit: atExit(), tmp: process.env['TMPDIR'] };
    process.env['TMPDIR'] = folder;
    try {
      const mock = await startMock();
      await ask(mock.url, 'hello');
      expect(handlers()).toEqual(before.handlers);
      await Promise.all([mock.stop(), mock.stop()]);
      await mock.stop();
      expect(fetch(mock.url)).rejects.toThrow();
      expect(mock.requests()).rejects.toThrow(/^requests: http:\/\/127\.0\.0\.1:\d+ cannot be reached/);
      await whyNot(startMock({ faults: 'nonsense' }));
      expect({ files: readdirSync(folder), atExit: atExit() }).toEqual({ files: [], atExit: before.atExit });
    } finally {
      if (before.tmp === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before.tmp;
    }
  });

  test('that is forgotten neither keeps a program from ending, nor leaves a folder', () => {
    const program = join(folder, 'program.ts');
    const from = join(import.meta.dir, '../../src/testing/in-process.ts');
    writeFileSync(
      program,
      `import { startMock } from ${JSON.stringify(from)};\nconst { url } = await startMock();\nconsole.log((await fetch(url + '/livez')).status);`,
    );
    const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, program], {
      cwd: folder,
      env: { ...process.env, TMPDIR: folder },
    });
    expect({ out: stdout.toString(), err: stderr.toString(), exitCode }).toEqual({
      out: '200\n',
      err: '',
      exitCode: 0,
    });
    expect(readdirSync(folder)).toEqual(['program.ts']);
  });
});

test('a proxy asks what stands in for Gemini, is recorded, and the recording answers the same', async () => {
  const google = standIn('Sunny.');
  const recording = join(folder, 'recording');
  const proxy = await begun(startProxy({ key: 'any', upstream: google.url, record: recording }));
  const answer = await ask(proxy.url, 'What is the weather?');
  expect(textOf(answer)).toBe('Sunny.');
  expect(google.keys).toEqual(['any']);
  expect(await proxy.lastRequest()).toMatchObject({
    body: { messages: [{ content: 'What is the weather?' }] },
    attempts: [{ status: 200 }],
  });
  await proxy.stop();
  await google.stop();
  const replay = await begun(startReplay({ recording }));
  expect((await ask(replay.url, 'What is the weather?')).body).toEqual(answer.body);
  expect(await replay.lastRequest()).toMatchObject({ answer: { status: 200 } });
});

describe('a wrong option is an error that names it, and what to do', () => {
  const port = async () => Number(new URL((await begun(startMock())).url).port);

  const CASES: readonly (readonly [says: RegExp, start: () => Promise<Running>])[] = [
    [
      /^startMock: pace: expected one of instant, human, got "slow"$/,
      () => startMock({ pace: 'slow' as 'human' }),
    ],
    [/^startMock: faults: "nonsense"/, () => startMock({ faults: 'nonsense' })],
    [/^startMock: port: expected a whole number from 0 to 65535/, () => startMock({ port: 99_999 })],
    [
      /^startMock: port: 127\.0\.0\.1:\d+ is in use already; without `port`/,
      async () => startMock({ port: await port() }),
    ],
    [
      /^startMock: fault: startMock has no such option; it has port, faults/,
      () => startMock({ fault: 'x' } as object),
    ],
    [/^startMock: recording: startMock has no such option/, () => startMock({ recording: 'x' } as object)],
    [
      /^startReplay: scenarios: startReplay has no such option/,
      () => startReplay({ recording: 'x', scenarios: 'y' } as { recording: string }),
    ],
    [
      /^startMock: settings\.MAX_RETRYS: there is no such setting; did you mean MAX_RETRIES\?$/,
      () => startMock({ settings: { MAX_RETRYS: 1 } }),
    ],
    [
      /^startMock: settings\.PATIENCE: there is no such setting; docs\/settings\.md lists all$/,
      () => startMock({ settings: { PATIENCE: 1 } }),
    ],
    [
      /^startMock: settings\.MAX_RETRIES: expected a whole number/,
      () => startMock({ settings: { MAX_RETRIES: 'many' } }),
    ],
    [
      /^startMock: settings\.PORT: is an option of its own: port$/,
      () => startMock({ settings: { PORT: 1 } }),
    ],
    [
      /^startMock: settings\.BACKEND: startMock has set it to mock; leave it out$/,
      () => startMock({ settings: { BACKEND: 'gemini' } }),
    ],
    [
      /^startMock: settings\.HOST: startMock has set it to 127\.0\.0\.1; leave it out$/,
      () => startMock({ settings: { HOST: '0.0.0.0' } }),
    ],
    [/^startMock: settings: expected an object, got "x"$/, () => startMock({ settings: 'x' } as object)],
    [/^startMock: the options: expected an object, got "x"$/, () => startMock('x' as unknown as object)],
    [
      /^startReplay: recording: is missing; give the folder of a recording$/,
      () => startReplay({} as { recording: string }),
    ],
    [/^startReplay: recording: \/nowhere: not a recording/, () => startReplay({ recording: '/nowhere' })],
    [/^startMock: scenario: no scenario is called nope; there are /, () => startMock({ scenario: 'nope' })],
    [
      /^startProxy: record: .*: not a recording/,
      () => {
        writeFileSync(join(folder, 'notes.txt'), 'x');
        return startProxy({ key: 'k', record: folder });
      },
    ],
    [
      /^startProxy: upstream: expected an http or https URL/,
      () => startProxy({ key: 'k', upstream: 'nowhere' }),
    ],
  ];

  test.each(CASES)('%p', async (says, start) => {
    expect(await whyNot(start())).toMatch(says);
  });
});

describe('scenarios', () => {
  const says = (name: string, text: string, prompt = name) => ({
    name,
    description: 'Says something',
    prompt,
    rules: [{ name: 'all', text }],
  });
  const file = (name: string, content: object | string) => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  test('as objects, as files, in a list, as a folder: asked before what the package brings', async () => {
    const one = says('weather', 'Sunny.');
    const path = file(
      'snow.yaml',
      'name: snow\ndescription: Snow\nprompt: snow\nrules: [{ name: all, text: Cold. }]\n',
    );
    const GIVEN = [
      { scenarios: one, weather: 'Sunny.' },
      { scenarios: [one], weather: 'Sunny.' },
      { scenarios: [path, one], weather: 'Sunny.', snow: 'Cold.' },
      { scenarios: path, snow: 'Cold.' },
      { scenarios: folder, snow: 'Cold.' },
    ];
    for (const { scenarios, ...says } of GIVEN) {
      const mock = await begun(startMock({ scenarios }));
      for (const [prompt, text] of Object.entries(says))
        expect(textOf(await ask(mock.url, `tell me of the ${prompt}`))).toBe(text);
      expect((await ask(mock.url, 'hello')).source).toBe('default/greeting');
    }
  });

  test('the answer and the journal tell the step that has answered', async () => {
    const mock = await begun(startMock({ scenarios: says('weather', 'Sunny.') }));
    expect((await ask(mock.url, 'the weather?')).source).toBe('weather/all');
    expect(await mock.lastRequest()).toMatchObject({ answer: { source: 'weather/all' } });
  });

  test('strict: what no scenario names is an error that names the nearest row', async () => {
    const mock = await begun(startMock({ scenarios: says('weather', 'Sunny.'), strict: true }));
    expect((await ask(mock.url, 'the weather?')).status).toBe(200);
    expect(await ask(mock.url, 'whether it rains?')).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining('weather') } },
    });
  });

  test('that are wrong: the message names the place, the field, and what is wanted', async () => {
    const broken = { ...says('weather', 'x'), rules: [{ name: 'all', txt: 'Sunny.' }] };
    const CASES: readonly (readonly [RegExp, unknown])[] = [
      [/^startMock: scenarios: rules\.0\.txt: .*text/, broken],
      [/^startMock: scenarios\[1\]: rules\.0\.txt: /, [says('a', 'x'), broken]],
      [/^startMock: .*broken\.json(?::1)?: rules\.0\.txt: /, file('broken.json', broken)],
      [/^startMock: .*broken\.json(?::1)?: rules\.0\.txt: /, folder],
      [
        /^startMock: scenarios: .*nowhere is no folder; name one with scenarios in it$/,
        join(folder, 'nowhere'),
      ],
      [/^startMock: scenarios\[0\]: there is no file .*nowhere\.yaml$/, [join(folder, 'nowhere.yaml')]],
      [/^startMock: scenarios\[0\]: .* is a folder; give it alone, or name its files$/, [folder]],
      [
        /^startMock: scenarios\[0\]: .*notes\.txt is no \.yaml, \.yml or \.json file$/,
        [file('notes.txt', 'x')],
      ],
      [/^startMock: scenarios: expected a file or a scenario, got an empty list$/, []],
      [/^startMock: scenarios: expected a file or a scenario, got "7"$/, 7],
      [
        /^startMock: scenarios\[1\]: name: scenarios\[0\] is called a, too$/,
        [says('a', 'x'), says('a', 'y')],
      ],
    ];
    for (const [says, scenarios] of CASES)
      expect(await whyNot(startMock({ scenarios } as object))).toMatch(says);
  });
});

test('where no temporary folder can be made, it says so', async () => {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = join(folder, 'nothing\0here');
  try {
    expect(await whyNot(startMock())).toMatch(
      /^startMock: no temporary folder can be made \(.+\); set TMPDIR /,
    );
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

test('settings may be texts, numbers, truths and objects; what is undefined is left out', async () => {
  const settings = {
    MAX_RETRIES: 0,
    LOCAL_ANSWERS: true,
    BIG_MODEL: 'gemini-3.8-flash',
    MODEL_MAP: { 'my-*': 'gemini-3.8-flash' },
  };
  const mock = await begun(
    startMock({ port: undefined, faults: undefined, settings: { ...settings, PROXY_API_KEY: undefined } }),
  );
  await ask(mock.url, 'hello');
  expect(await mock.lastRequest()).toMatchObject({ attempts: [{ model: 'gemini-3.8-flash' }] });
});
