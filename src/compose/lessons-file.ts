/** Keeps what refusals have taught about models in a file of `DATA_DIR`. A file that cannot be used costs a refusal again, and no more. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type LessonStore, MOST_LESSONS } from '../answer/lessons.ts';
import { tryParseJson } from '../lib/json.ts';
import type { Logger } from '../lib/log.ts';

const NAME = 'model-lessons.json';
/** Bytes. A thousand lessons have a tenth of that. */
const LARGEST = 2 * 1024 * 1024;

const Lessons = Type.Object({
  version: Type.Literal(1),
  lessons: Type.Array(
    Type.Object({
      model: Type.String({ maxLength: 256 }),
      value: Type.Optional(Type.String({ maxLength: 64 })),
      cut: Type.Union([
        Type.Literal('setting'),
        Type.Literal('everything'),
        Type.Literal('limit'),
        Type.Literal('turns'),
        Type.Literal('ids-given'),
        Type.Literal('ids-refused'),
      ]),
      until: Type.Number(),
    }),
    { maxItems: MOST_LESSONS },
  ),
});
type LessonsFile = Static<typeof Lessons>;

/** `folder`: undefined where nothing is to be kept. */
export function lessonsFile(folder: string | undefined, logger: Logger): LessonStore | undefined {
  if (folder === undefined) return undefined;
  const file = join(folder, NAME);
  let isTold = false;
  const tell = (problem: string) => {
    if (!isTold)
      logger.warn({}, `${file}: ${problem}; what models refuse is found out again after a restart`);
    isTold = true;
  };
  return {
    read() {
      const text = textOf(file, tell);
      if (text === undefined) return [];
      const data = tryParseJson(text);
      if (Value.Check(Lessons, data)) return data.lessons;
      tell('holds something else than lessons about models');
      return [];
    },
    write(lessons) {
      const data: LessonsFile = { version: 1, lessons: [...lessons] };
      try {
        replaceFile(folder, file, JSON.stringify(data));
      } catch (error) {
        tell(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** Undefined where there is no such file, as before the first lesson, and where it cannot be read, which is told. */
function textOf(file: string, tell: (problem: string) => void): string | undefined {
  try {
    return statSync(file).size > LARGEST ? '' : readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) tell(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** Another process that reads meanwhile sees the old file or the new one, and nothing between them. */
function replaceFile(folder: string, file: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  const beside = `${file}.${process.pid}`;
  try {
    writeFileSync(beside, text, { mode: 0o600 });
    renameSync(beside, file);
  } finally {
    rmSync(beside, { force: true });
  }
}
