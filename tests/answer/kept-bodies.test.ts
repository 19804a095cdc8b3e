import { describe, expect, test } from 'bun:test';
import { KeptBodies } from '../../src/answer/kept-bodies.ts';
import { Lessons } from '../../src/answer/lessons.ts';
import { createUploads } from '../../src/answer/media/uploads.ts';
import { type Outgoing, OutgoingMessage } from '../../src/answer/outgoing.ts';
import { PromptSizes } from '../../src/answer/sizes/prompt-sizes.ts';
import { modelRow } from '../../src/gemini/model-rows.ts';
import { planFor } from '../support/answers/answer.ts';
import { outgoing, scripted } from '../support/answers/scripted-attempts.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('room for bodies', () => {
  test('is given until there is none, and is there again once it was given back', () => {
    const kept = new KeptBodies(10);
    const first = kept.keep(6);
    expect([typeof first, kept.keep(5), typeof kept.keep(4)]).toEqual(['function', undefined, 'function']);
    first?.();
    first?.();
    expect([kept.size, typeof kept.keep(6)]).toEqual([4, 'function']);
  });
});

describe('the body of a request', () => {
  const { job } = scripted([]);
  const { exchange, route, quarantine } = outgoing(job);
  const sent = (model: string, kept: KeptBodies) =>
    new OutgoingMessage(
      {
        model: modelRow(model),
        request: { contents: [] },
        exchange,
        route,
        quarantine,
        lessons: new Lessons(new ManualClock()),
        media: { mendedRequest: async () => undefined, letGo() {} },
        uploads: createUploads(new ManualClock()),
        sizes: new PromptSizes(),
        session: undefined,
      },
      planFor([]),
      kept,
      job,
    );

  test.each([
    ['a model that gives long answers', 'gemini-4-argon', 100, true],
    ['a model that gives none', 'gemini-3.8-flash', 100, false],
    ['no room', 'gemini-4-argon', 3, false],
  ])('after content: %s', (_name, model, room, isKept) => {
    const kept = new KeptBodies(room);
    const message = sent(model, kept);
    message.letGo();
    expect(message.bodyForRest('t')).toBe(isKept ? '{"contents":[],"continuationToken":"t"}' : undefined);
    expect(kept.size > 0).toBe(isKept);
    message.end();
    message.end();
    expect([kept.size, message.body]).toEqual([0, '']);
  });

  test('is let go for good where nothing goes on', () => {
    const plain: Outgoing = outgoing(job);
    plain.letGo();
    expect(plain.body).toBe('');
  });
});
