/** When a prompt is estimated: an estimate looks at every character of a prompt that was not counted before. */
import { describe, expect, test } from 'bun:test';
import { Lessons } from '../../src/answer/lessons.ts';
import { createUploads } from '../../src/answer/media/uploads.ts';
import { Outgoing } from '../../src/answer/outgoing.ts';
import { PromptSizes } from '../../src/answer/sizes/prompt-sizes.ts';
import type { GenerateContentRequest } from '../../src/gemini/wire.ts';
import { outgoing, scripted } from '../support/answers/scripted-attempts.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A request, and how often its text was read. */
function watched(text: string): { request: GenerateContentRequest; reads(): number } {
  let reads = 0;
  const part = {
    get text() {
      reads++;
      return text;
    },
  };
  return { request: { contents: [{ role: 'user', parts: [part] }] }, reads: () => reads };
}

const WORDS = 'four words of a prompt';
const ESTIMATE = 6;

function sent(session: string | undefined) {
  const { job } = scripted([]);
  const { model, exchange, route, quarantine } = outgoing(job);
  const { request, reads } = watched(WORDS);
  const media = { mendedRequest: async () => undefined, letGo() {} };
  const sizes = new PromptSizes();
  const lessons = new Lessons(new ManualClock());
  const uploads = createUploads(new ManualClock());
  const parts = { model, request, exchange, route, quarantine, lessons, media, uploads, sizes, session };
  return { message: new Outgoing(parts, job), reads };
}

describe('a prompt is estimated', () => {
  test('once, however often its size is asked for', () => {
    const { message, reads } = sent(undefined);
    expect([message.tokens(), message.tokens(), reads()]).toEqual([ESTIMATE, ESTIMATE, 1]);
    message.letGo();
    message.counted(5);
    expect([message.tokens(), reads()]).toEqual([ESTIMATE, 1]);
  });

  test('not at all where Google has told its count, and nobody else has a use for an estimate', () => {
    const { message, reads } = sent(undefined);
    message.told(1_234);
    message.letGo();
    message.counted(1_234);
    expect([message.tokens(), reads()]).toEqual([1_234, 0]);
  });

  test('before the request is released where Google has told no count', () => {
    const { message, reads } = sent(undefined);
    message.letGo();
    expect([message.tokens(), reads()]).toEqual([ESTIMATE, 1]);
  });

  test('where later prompts of its session go by it', () => {
    const { message, reads } = sent('session');
    message.told(1_234);
    message.letGo();
    message.counted(1_234);
    expect([message.tokens(), reads()]).toEqual([1_234, 1]);
  });
});
