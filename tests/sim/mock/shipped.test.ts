/** Every scenario that is shipped, played on Gemini's wire with the prompt that its demo names. */
import { describe, expect, test } from 'bun:test';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import { isIssued } from '../../../src/sim/mock/signing.ts';
import { findScenario } from '../../../src/sim/scenarios.ts';
import { validateRequest } from '../../../src/sim/validator/index.ts';
import {
  ask,
  BASE,
  declare,
  fakeExchange,
  mockFetch,
  partsOf,
  post,
  SCENARIOS,
  textOf,
  userSays,
} from './harness.ts';
import { namesOf, play, type Tools } from './play.ts';

const promptOf = (name: string): string => findScenario(SCENARIOS, name).demo?.prompt ?? '';

const ok = () => 'ok';
const fails = (text: string) => () => new Error(text);
const coding: Tools = { Bash: ok, Edit: ok, Read: ok, Write: ok };

const run = (name: string, tools: Tools) => play({ fetch: mockFetch(), prompt: promptOf(name), tools });

describe('all', () => {
  const withDemo = SCENARIOS.filter((scenario) => scenario.demo);

  test.each(withDemo.map(({ name }) => name))('%s answers the prompt that it names', async (name) => {
    const exchange = fakeExchange();
    const contents = [userSays(promptOf(name))];
    const url = `${BASE}/gemini-4-argon:streamGenerateContent?alt=sse`;
    // Some scenarios spoil their first answer; that is intended.
    await mockFetch()(url, post({ contents, tools: declare('Bash', 'Read') }), exchange).catch(() => {});
    const asked = exchange.notes.map(({ detail }) => String(detail['source'] ?? detail['fault'])).join();
    expect(asked).toMatch(
      name === 'rate-limited-day' || name === 'flaky-network' ? /build-a-small-cli/ : name,
    );
  });

  test.each(withDemo.map(({ name }) => name))('%s, chosen by name, answers any prompt', async (name) => {
    const fetch = mockFetch({ chosen: name });
    const played = play({ fetch, prompt: 'good morning', tools: { Other: ok } });
    if (name === 'flaky-network') expect(played).rejects.toThrow();
    else expect((await played).text).not.toBe('');
  });

  test('only the default, and what Claude Code does not ask for, is without a demo', () => {
    expect(SCENARIOS.filter(({ demo }) => !demo).map(({ name }) => name)).toEqual([
      'cite-a-document',
      'parallel-calls',
      'default',
    ]);
  });
});

test('parallel-calls asks for both cities in one answer, and tells what came', async () => {
  const prompt = 'What is the weather in New York and in Oslo?';
  const played = await play({ fetch: mockFetch(), prompt, tools: { get_weather: ok } });
  expect(played.text).toContain('New York and Oslo: ok');
  expect(namesOf(played)).toEqual([['get_weather', 'get_weather']]);
});

describe('build-a-small-cli', () => {
  test('writes, tests, documents, shows, reports', async () => {
    const played = await run('build-a-small-cli', { ...coding, Bash: () => '7 lines, 8 words, 9 bytes' });
    expect(namesOf(played)).toEqual([['Write'], ['Write'], ['Bash'], ['Write'], ['Bash']]);
    expect(played.steps[0]?.[0]?.args?.['file_path']).toBe('/home/dev/project/tally.sh');
    expect(played.text).toContain('counts it at: 7 lines, 8 words, 9 bytes');
  });

  test('stops where a step fails, and says why', async () => {
    const played = await run('build-a-small-cli', { ...coding, Bash: fails('sh is on strike') });
    expect(namesOf(played)).toEqual([['Write'], ['Write'], ['Bash']]);
    expect(played.text).toContain('sh is on strike');
  });

  test('goes back to the test when the user asks for it afterwards', async () => {
    const contents: unknown[] = [];
    const fetch = mockFetch();
    await play({ fetch, contents, tools: coding, prompt: promptOf('build-a-small-cli') });
    const again = await play({ fetch, contents, tools: coding, prompt: 'now run the test once more' });
    expect(namesOf(again)).toEqual([['Bash'], ['Write'], ['Bash']]);
    const other = await play({ fetch, contents, tools: coding, prompt: 'thank you' });
    expect(other.text).toContain('offline mock');
  });
});

describe('fix-a-failing-test', () => {
  const failing = (output: string) => {
    let runs = 0;
    return () => (++runs === 1 ? new Error(output) : 'ok    all');
  };

  test('runs, reads both files at once, edits, runs again', async () => {
    const played = await run('fix-a-failing-test', { ...coding, Bash: failing('FAIL  Hello') });
    expect(namesOf(played)).toEqual([['Bash'], ['Read', 'Read'], ['Edit'], ['Bash']]);
    expect(played.text).toContain('ok    all');
  });

  test('writes the file where it may not be edited', async () => {
    const refused = await run('fix-a-failing-test', { ...coding, Bash: failing('FAIL'), Edit: fails('no') });
    expect(namesOf(refused).slice(2)).toEqual([['Edit'], ['Write'], ['Bash']]);
    const { Edit: _, ...without } = coding;
    const missing = await run('fix-a-failing-test', { ...without, Bash: failing('FAIL') });
    expect(namesOf(missing).slice(2)).toEqual([['Write'], ['Bash']]);
  });

  test('in an empty folder it makes what is to be repaired', async () => {
    const outputs = [new Error('sh: 0: cannot open test.sh: No such file'), new Error('FAIL'), 'ok    all'];
    const played = await run('fix-a-failing-test', { ...coding, Bash: () => outputs.shift() ?? 'ok' });
    expect(namesOf(played)).toEqual([
      ['Bash'],
      ['Write', 'Write'],
      ['Bash'],
      ['Read', 'Read'],
      ['Edit'],
      ['Bash'],
    ]);
  });

  test('a test that passes needs no repair; one that goes on failing is given up', async () => {
    expect((await run('fix-a-failing-test', coding)).text).toContain('nothing to repair');
    const hopeless = await run('fix-a-failing-test', { ...coding, Bash: fails('FAIL for ever') });
    expect(hopeless.text).toContain('FAIL for ever');
    const missing = await run('fix-a-failing-test', { ...coding, Bash: fails('cannot open test.sh') });
    expect(missing.text).toContain('cannot open test.sh');
  });
});

describe('explore-a-codebase', () => {
  const files = ['./a.md', './b.sh', './c.sh'].join('\n');

  test('two subagents at once, three files at once', async () => {
    const played = await run('explore-a-codebase', {
      ...coding,
      Bash: () => files,
      Agent: () => 'all is well',
    });
    expect(namesOf(played)).toEqual([['Bash'], ['Agent', 'Agent'], ['Read', 'Read', 'Read']]);
    const paths = played.steps[2]?.map((call) => call.args?.['file_path']);
    expect(paths).toEqual([
      '/home/dev/project/./a.md',
      '/home/dev/project/./b.sh',
      '/home/dev/project/./c.sh',
    ]);
    expect(played.text).toContain('all is well');
  });

  test('a subagent reads its two files at once; beyond the last file it is the last one', async () => {
    const main = await run('explore-a-codebase', { ...coding, Bash: () => files, Agent: ok });
    const prompt = String(main.steps[1]?.[1]?.args?.['prompt']);
    const fetch = mockFetch();
    const played = await play({
      fetch,
      caller: 'subagent',
      prompt,
      tools: { Read: () => 'first line\nsecond' },
    });
    const paths = played.steps[0]?.map((call) => call.args?.['file_path']);
    expect(paths).toEqual(['/home/dev/project/./c.sh', '/home/dev/project/./c.sh']);
    expect(played.text).toEndWith('The last begins with: first line');
  });
});

describe('search-the-web', () => {
  const tools = (search: Tools[string]): Tools => ({ ...coding, ToolSearch: ok, WebSearch: search });

  test('loads the tool, searches for the topic, tells what it gave', async () => {
    const played = await run(
      'search-the-web',
      tools(() => 'Bun 9 [example.com]'),
    );
    expect(namesOf(played)).toEqual([['ToolSearch'], ['WebSearch']]);
    expect(played.steps[1]?.[0]?.args).toEqual({ query: 'the newest release of Bun' });
    expect(played.text).toContain('Bun 9 [example.com]');
  });

  test('a search that fails is said, not made up for', async () => {
    const played = await run('search-the-web', tools(fails('API Error: 400 not supported')));
    expect(played.text).toContain('no sources for "the newest release of Bun"');
    expect(played.text).toContain('API Error: 400 not supported');
  });

  test('so is one that is not there', async () => {
    expect((await run('search-the-web', coding)).text).toContain('cannot be searched');
  });

  test('the search itself is answered with its sources, told by bytes, on the last chunk alone', async () => {
    const contents = [userSays('Perform a web search for the query: crème brûlée')];
    const exchange = fakeExchange('web-search');
    const body = { contents, tools: [{ googleSearch: {} }] };
    const chunks = await ask(mockFetch(), 'gemini-4-argon', body, exchange);
    const metadata = chunks.map((chunk) => chunk.candidates?.[0]?.groundingMetadata);
    expect(metadata.slice(0, -1).every((item) => item === undefined)).toBe(true);
    const last = metadata.at(-1) as GroundingMetadata;
    const bytes = Buffer.from(textOf(chunks));
    expect(last.webSearchQueries).toEqual(['crème brûlée']);
    expect(last.groundingChunks).toHaveLength(2);
    expect(last.groundingSupports).toHaveLength(2);
    for (const { segment, groundingChunkIndices } of last.groundingSupports) {
      expect(bytes.subarray(segment.startIndex, segment.endIndex).toString()).toBe(segment.text);
      expect(groundingChunkIndices.every((index) => index < last.groundingChunks.length)).toBe(true);
    }
  });
});

test('beside functions the search is told in signed parts, which the mock takes back in pairs alone', async () => {
  const contents = [userSays('Perform a web search for the query: tea')];
  const body = {
    contents,
    tools: [{ googleSearch: {} }, { functionDeclarations: [{ name: 'add' }] }],
    toolConfig: { includeServerSideToolInvocations: true },
  };
  const chunks = await ask(mockFetch(), 'gemini-4-argon', body, fakeExchange('web-search'));
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
  const hosted = parts.filter((part) => part.toolCall ?? part.toolResponse);
  expect(hosted.map((part) => [part.toolCall?.['args'], typeof part.thoughtSignature])).toEqual([
    [{ queries: ['tea'] }, 'string'],
    [undefined, 'string'],
  ]);
  const again = (said: object[]) => ({
    ...body,
    contents: [...contents, { role: 'model', parts: said }, userSays('And now?')],
  });
  const row = modelRow('gemini-4-argon');
  expect(validateRequest(row, again(hosted), { knownSignature: isIssued })).toBeUndefined();
  expect(validateRequest(row, again(hosted.slice(1)))?.code).toBe(400);
  const unsigned = hosted.map(({ thoughtSignature: _, ...part }) => part);
  expect(validateRequest(row, again(unsigned))?.message).toContain('thought_signature');
});

test('without a search in the request there is nothing that it could rest on', async () => {
  const contents = [userSays('Perform a web search for the query: tea')];
  const chunks = await ask(mockFetch(), 'gemini-4-argon', { contents }, fakeExchange('web-search'));
  expect(textOf(chunks)).toContain('tea');
  expect(JSON.stringify(chunks)).not.toContain('groundingMetadata');
});

type GroundingMetadata = {
  webSearchQueries: string[];
  groundingChunks: unknown[];
  groundingSupports: {
    segment: { startIndex?: number; endIndex: number; text: string };
    groundingChunkIndices: number[];
  }[];
};

describe('plan-mode', () => {
  const withPlan = (approval: Tools[string]): Tools => ({
    ...coding,
    ToolSearch: ok,
    ExitPlanMode: approval,
  });

  test('an approved plan is carried out', async () => {
    const played = await run(
      'plan-mode',
      withPlan(() => 'User has approved your plan.'),
    );
    expect(namesOf(played)).toEqual([['Read'], ['Write'], ['ToolSearch'], ['ExitPlanMode'], ['Write']]);
    expect(played.steps[4]?.[0]?.args?.['file_path']).toBe('/home/dev/project/CHANGELOG.md');
    expect(played.text).toContain('approved');
  });

  test('a refused one waits, and is carried out when the user says so', async () => {
    const contents: unknown[] = [];
    const fetch = mockFetch();
    const tools = withPlan(fails('The user wants to think.'));
    const first = await play({ fetch, contents, tools, prompt: promptOf('plan-mode') });
    expect(namesOf(first)).toEqual([['Read'], ['Write'], ['ToolSearch'], ['ExitPlanMode']]);
    expect(first.text).toContain('waits for approval');
    const then = await play({ fetch, contents, tools, prompt: 'yes, go ahead' });
    expect(namesOf(then)).toEqual([['Write']]);
  });

  test('without a tool for it the plan waits as well', async () => {
    const played = await run('plan-mode', {
      ...coding,
      ToolSearch: () => 'No matching deferred tools found',
    });
    expect(namesOf(played)).toEqual([['Read'], ['Write'], ['ToolSearch']]);
    expect(played.text).toContain('waits for approval');
  });

  test('the plan goes where the client says that it belongs', async () => {
    const prompt = `${promptOf('plan-mode')}\n<system-reminder>You should create your plan at /plans/one.md using the Write tool.</system-reminder>`;
    const played = await play({ fetch: mockFetch(), prompt, tools: coding });
    expect(played.steps[1]?.[0]?.args?.['file_path']).toBe('/plans/one.md');
  });
});

test('images-and-pdf tells what media arrived, by type and size', async () => {
  const tools = declare('Read');
  const contents: unknown[] = [userSays(promptOf('images-and-pdf'))];
  const parts = partsOf(await ask(mockFetch(), 'gemini-4-argon', { contents, tools }));
  const media = (mimeType: string, bytes: number) => [
    { inlineData: { mimeType, data: Buffer.alloc(bytes, 7).toString('base64') } },
  ];
  const calls = parts.flatMap((part) => part.functionCall ?? []);
  expect(calls.map((call) => call.args?.['file_path'])).toEqual(['./pic.png', './doc.pdf']);
  const [picture, document] = calls.map(({ name, id }) => ({ name, id, response: { output: 'here' } }));
  contents.push(
    { role: 'model', parts },
    {
      role: 'user',
      parts: [
        { functionResponse: { ...picture, parts: media('image/png', 12) } },
        { functionResponse: { ...document, parts: media('application/pdf', 34) } },
      ],
    },
  );
  const text = textOf(await ask(mockFetch(), 'gemini-4-argon', { contents, tools }));
  expect(text).toContain('image/png (12 bytes), application/pdf (34 bytes)');
});

test('long-stream is several thousand tokens, each night once and in order', async () => {
  const { text, chunks } = await run('long-stream', { Read: ok });
  expect(chunks.at(-1)?.usageMetadata?.candidatesTokenCount).toBeGreaterThan(4_000);
  const nights = [...text.matchAll(/Night (\d+)\./g)].map((match) => Number(match[1]));
  expect(nights).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
});
