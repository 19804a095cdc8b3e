/** What a refusal has taught about a model is kept over a restart. */
import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lesson, type LessonStore, Lessons } from '../../../src/answer/lessons.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { GenerateContentRequest } from '../../../src/gemini/wire.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { refusal } from '../../support/pools/keys.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function dataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lessons-'));
  folders.push(folder);
  return folder;
}

type Config = { maxOutputTokens: number; thinkingConfig?: { thinkingLevel?: string } };

/** Takes no level of thinking, and no more than one request's output. */
function picky() {
  const asked: Config[] = [];
  const fetch: Fetch = async (_url, init) => {
    const config: Config = JSON.parse(String(init.body)).generationConfig;
    asked.push(config);
    if (config.thinkingConfig?.thinkingLevel !== undefined)
      return googleError(400, 'INVALID_ARGUMENT', 'Thinking level is not supported for this model.');
    if (config.maxOutputTokens <= 65_536) return googleStream(textChunk('Hello', 'STOP'));
    const said = `Unable to submit request because it has a maxOutputTokens value of ${config.maxOutputTokens} but the supported range is from 1 (inclusive) to 65537 (exclusive). Update the value and try again.`;
    return googleError(400, 'INVALID_ARGUMENT', said);
  };
  return { asked, fetch };
}

async function askOnce(fetch: Fetch, folder: string) {
  await using proxy = await startProxy({ fetch, env: { DATA_DIR: folder } });
  const body = { ...hello, max_tokens: 128_000, stream: true, thinking: { type: 'adaptive' } };
  const text = await (await proxy.send('/v1/messages', body)).text();
  expect(text).toContain('Hello');
  return proxy.lines;
}

describe('over a restart', () => {
  test('a level and a limit that were refused are not sent again', async () => {
    const { asked, fetch } = picky();
    const folder = dataDir();
    await askOnce(fetch, folder);
    expect(asked).toHaveLength(3);
    await askOnce(fetch, folder);
    expect(asked).toHaveLength(4);
    expect(asked.at(-1)).toMatchObject({
      maxOutputTokens: 65_536,
      thinkingConfig: { includeThoughts: true },
    });
  });

  test.each([
    ['a file that is no JSON', 'nonsense'],
    ['a file of another kind', '{"version":2,"lessons":[]}'],
    ['a lesson of no known kind', '{"version":1,"lessons":[{"model":"m","cut":"all","until":1}]}'],
  ])('%s is told, and replaced by the next lesson', async (_name, text) => {
    const folder = dataDir();
    const file = join(folder, 'model-lessons.json');
    writeFileSync(file, text);
    const { fetch } = picky();
    const lines = await askOnce(fetch, folder);
    expect(lines.filter(({ msg }) => String(msg).includes('model-lessons.json'))).toHaveLength(1);
    expect(JSON.parse(readFileSync(file, 'utf8')).lessons).toHaveLength(2);
  });

  test('a file that cannot be written costs a line in the log, and no answer', async () => {
    const folder = dataDir();
    mkdirSync(join(folder, 'model-lessons.json'));
    const { fetch } = picky();
    const lines = await askOnce(fetch, folder);
    expect(lines.some(({ msg }) => String(msg).includes('found out again after a restart'))).toBe(true);
  });

  test('without a lesson there is no file', async () => {
    const folder = dataDir();
    await askOnce(async () => googleStream(textChunk('Hello', 'STOP')), folder);
    expect(existsSync(join(folder, 'model-lessons.json'))).toBe(false);
  });
});

describe('a lesson', () => {
  const model = modelRow('gemini-4-argon');
  const request: GenerateContentRequest = {
    contents: [],
    generationConfig: { thinkingConfig: { thinkingLevel: 'high' } },
  };
  const error = refusal(400, 'Thinking level is not supported for this model.');
  const store = (): LessonStore & { kept: readonly Lesson[] } => ({
    kept: [],
    read() {
      return this.kept;
    },
    write(lessons) {
      this.kept = lessons;
    },
  });

  test('expires after a week, in memory and in the file', () => {
    const [clock, kept] = [new ManualClock(), store()];
    const lessons = new Lessons(clock, kept);
    lessons.mendRequest(model, error, request)?.learn();
    const knows = (one: Lessons) => one.apply(model, request) !== request;
    expect([knows(lessons), knows(new Lessons(clock, kept))]).toEqual([true, true]);
    clock.setWall(7 * 24 * 3_600_000 + 1);
    expect([knows(lessons), knows(new Lessons(clock, kept))]).toEqual([false, false]);
  });

  test('from a clock that was set back counts as old', () => {
    const [clock, kept] = [new ManualClock(), store()];
    new Lessons(clock, kept).mendRequest(model, error, request)?.learn();
    clock.setWall(-3_600_000);
    expect(new Lessons(clock, kept).apply(model, request)).toBe(request);
  });

  test('of another instance stays in the file', () => {
    const [clock, kept] = [new ManualClock(), store()];
    const [one, other] = [new Lessons(clock, kept), new Lessons(clock, kept)];
    one.mendRequest(model, error, request)?.learn();
    other.mendRequest(modelRow('gemini-9'), error, request)?.learn();
    expect(kept.kept.map((lesson) => lesson.model).sort()).toEqual(['gemini-4-argon', 'gemini-9']);
  });
});
