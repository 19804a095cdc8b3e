/**
 * Settings of thinking that a model refuses: the request is sent once more without them, and they are not sent again.
 */
import { describe, expect, test } from 'bun:test';
import { Lessons } from '../../../src/answer/lessons.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { refusal } from '../../support/pools/keys.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

type Config = { thinkingLevel?: string; thinkingBudget?: number; includeThoughts?: boolean };
const adaptive = { thinking: { type: 'adaptive' } };
const effort = (level: string) => ({ ...adaptive, output_config: { effort: level } });
const budget = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } });

/** Refuses, with these words, what `refuses` picks, and remembers the settings of thinking that it was sent. */
function google(message: string, refuses: (config: Config) => boolean) {
  const asked: (Config | undefined)[] = [];
  const fetch: Fetch = async (_url, init) => {
    const config: Config | undefined = JSON.parse(String(init.body)).generationConfig.thinkingConfig;
    asked.push(config);
    return config && refuses(config)
      ? googleError(400, 'INVALID_ARGUMENT', message)
      : googleStream(textChunk('Hello there', 'STOP'));
  };
  return { asked, fetch };
}

const hasLevel = ({ thinkingLevel }: Config) => thinkingLevel !== undefined;
const hasBudget = ({ thinkingBudget }: Config) => thinkingBudget !== undefined;
const always = () => true;
const NEW = 'gemini-9-new';
const OLD = 'gemini-2.5-flash-lite';

async function ask(fetch: Fetch, model: string, ...wishes: object[]) {
  await using proxy = await startProxy({ fetch });
  for (const wish of wishes) {
    const body = { ...hello, max_tokens: 4_000, model, stream: true, ...wish };
    const response = await proxy.send('/v1/messages', body);
    expect([response.status, (await response.text()).includes('Hello there')]).toEqual([200, true]);
  }
  return proxy.lines.filter(({ path }) => path === '/v1/messages');
}

describe('a refused', () => {
  test.each([
    [
      'level',
      NEW,
      'Thinking level is not supported for this model.',
      hasLevel,
      adaptive,
      { includeThoughts: true },
    ],
    [
      'level, in other words',
      NEW,
      'thinking_level is not supported by this model',
      hasLevel,
      adaptive,
      { includeThoughts: true },
    ],
    ['budget', OLD, 'Budget 0 is invalid. This model only works in thinking mode.', hasBudget, {}, undefined],
    [
      'budget out of range',
      OLD,
      'The thinking budget 2000 is invalid. Please choose a value between 4000 and 24576.',
      hasBudget,
      budget(2_000),
      { includeThoughts: true },
    ],
    [
      'way to think at all',
      NEW,
      'Unable to submit request because thinking is not supported by this model.',
      always,
      adaptive,
      undefined,
    ],
    [
      'telling of thoughts',
      NEW,
      'thinking_config.include_thoughts is only enabled when thinking is enabled.',
      always,
      adaptive,
      undefined,
    ],
    [
      'field',
      NEW,
      'Invalid JSON payload received. Unknown name "thinkingConfig" at \'generation_config\': Cannot find field.',
      always,
      adaptive,
      undefined,
    ],
  ] as const)(
    '%s is left out at once, and by the next request from the beginning',
    async (_name, model, message, refuses, wish, left) => {
      const { asked, fetch } = google(message, refuses);
      const lines = await ask(fetch, model, wish, wish);
      expect(asked).toHaveLength(3);
      expect(asked.slice(1)).toEqual([left, left]);
      expect(lines).toMatchObject([{ mended: 1, status: 200 }, { status: 200 }]);
      expect(lines[0]).not.toHaveProperty('retries');
      expect(lines[1]).not.toHaveProperty('mended');
    },
  );

  test.each([
    'Thinking level high is not supported for this model.',
    'Thinking level is unsupported: THINKING_LEVEL_HIGH',
    "'high' is not a supported thinking level for this model. Allowed values are: medium, low.",
  ])('level that is named is not the end of the others: %s', async (message) => {
    const { asked, fetch } = google(message, ({ thinkingLevel }) => thinkingLevel === 'high');
    await ask(fetch, NEW, effort('high'), effort('low'), effort('high'));
    expect(asked.map((config) => config?.thinkingLevel)).toEqual(['high', undefined, 'low', undefined]);
  });

  test('level, and then thinking itself: both are left out', async () => {
    let times = 0;
    const fetch: Fetch = async (_url, init) => {
      const config = JSON.parse(String(init.body)).generationConfig.thinkingConfig;
      if (!config) return googleStream(textChunk('Hello there', 'STOP'));
      times++;
      const message = config.thinkingLevel ? 'Thinking level is not supported.' : 'thinking is not supported';
      return googleError(400, 'INVALID_ARGUMENT', message);
    };
    await ask(fetch, NEW, adaptive);
    expect(times).toBe(2);
  });

  test('way to think that stays refused is told', async () => {
    const fetch: Fetch = async () => googleError(400, 'INVALID_ARGUMENT', 'Thinking level is not supported.');
    await using proxy = await startProxy({ fetch });
    const response = await proxy.send('/v1/messages', { ...hello, model: NEW, ...adaptive });
    expect([response.status, (await response.json()).error.message]).toEqual([
      400,
      'Gemini: Thinking level is not supported.',
    ]);
  });
});

test('what is refused for something else is not remembered against others', async () => {
  const levels: boolean[] = [];
  const fetch: Fetch = async (_url, init) => {
    // Google's list of models is asked for, because the table does not have the model.
    if (init.method !== 'POST') return Response.json({ models: [] });
    const body = String(init.body);
    levels.push(body.includes('thinkingLevel'));
    return body.includes('POISON')
      ? googleError(400, 'INVALID_ARGUMENT', 'Thinking level is not supported for this model.')
      : googleStream(textChunk('Hi', 'STOP'));
  };
  await using proxy = await startProxy({ fetch });
  const send = async (content: string) => {
    const messages = [{ role: 'user', content }];
    const request = { ...hello, model: NEW, stream: true, messages, ...adaptive };
    return (await proxy.send('/v1/messages', request)).status;
  };
  expect([await send('POISON'), await send('fine')]).toEqual([400, 200]);
  expect([levels.at(0), levels.at(-1)]).toEqual([true, true]);
});

test('what is refused by one model is asked of another', async () => {
  const { asked, fetch } = google('Thinking level is not supported for this model.', hasLevel);
  await using proxy = await startProxy({ fetch });
  for (const model of ['gemini-9-new', 'gemini-9-other'])
    await (await proxy.send('/v1/messages', { ...hello, model, stream: true, ...adaptive })).text();
  expect(asked.map((config) => config?.thinkingLevel !== undefined)).toEqual([true, false, true, false]);
});

test('the memory is bounded: what was learnt first goes first', () => {
  const memory = new Lessons(new ManualClock());
  const request = { contents: [], generationConfig: { thinkingConfig: { thinkingLevel: 'high' as const } } };
  const error = refusal(400, 'Thinking level is not supported for this model.');
  for (let i = 0; i <= 1_000; i++) memory.mendRequest(modelRow(`model-${i}`), error, request)?.learn();
  const knows = (model: string) => memory.apply(modelRow(model), request) !== request;
  expect([knows('model-0'), knows('model-1'), knows('model-1000')]).toEqual([false, true, true]);
});
