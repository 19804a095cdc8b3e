/** What is told of fields that were not changed, and how much of the sent text is searched for it. */
import { describe, expect, test } from 'bun:test';
import { restOf } from '../../../src/inspector/changes/rest.ts';
import type { Body } from '../../../src/inspector/texts/opened.ts';
import { stepsOf } from '../../support/steps.ts';

const bodyOf = (json: Record<string, unknown>): Body => {
  const text = JSON.stringify(json);
  return { text, json, bytes: text.length, hidden: 0 };
};

const messagesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    role: 'user',
    content: `${index}: ${'wörds '.repeat(20)}`,
  }));

/** Sends the texts, as `say` says them. */
const sentWith = (texts: readonly string[]) =>
  bodyOf({ contents: texts.map((text) => ({ role: 'user', parts: [{ text }] })) });

const rest = (messages: object[], texts: readonly string[]) =>
  restOf(
    {
      came: bodyOf({ messages }),
      sent: sentWith(texts),
      again: undefined,
      model: undefined,
      standsInFor: undefined,
    },
    () => false,
  );

const sentFor = (messages: object[], texts: readonly string[]) => rest(messages, texts).sent;

describe('messages are told as sent', () => {
  const blocks = (...texts: string[]) => ({
    role: 'user',
    content: texts.map((text) => ({ type: 'text', text })),
  });

  test.each<[string, object[], string[], string[]]>([
    ['where their texts were', [blocks('one'), blocks('two')], ['one', 'two'], ['messages.0 – messages.1']],
    ['where two say the same', [blocks('one'), blocks('one')], ['one', 'one'], ['messages.0 – messages.1']],
    ['whatever the order within them', [blocks('one', 'two')], ['two', 'one'], ['messages.0']],
    ['only where all of their texts were', [blocks('one', 'two')], ['one'], []],
    [
      'but not one that was left out',
      [blocks('one'), blocks('two'), blocks('three')],
      ['one', 'three'],
      ['messages.0', 'messages.2'],
    ],
  ])('%s', (_name, messages, texts, expected) => {
    expect(sentFor(messages, texts)).toEqual(expected);
  });
});

describe('a long conversation', () => {
  const steps = (count: number, change: (text: string) => string) => {
    const messages = messagesOf(count);
    const texts = messages.map(({ content }) => change(content));
    return stepsOf(() => rest(messages, texts));
  };

  test.each<[string, (text: string) => string]>([
    ['that was sent', (text) => text],
    ['of which nothing was sent', (text) => text.replaceAll('ö', 'o')],
  ])('%s is searched in one walk', async (_name, change) => {
    const [short, long] = [await steps(200, change), await steps(800, change)];
    expect(long).toBeLessThan(short * 5);
  });
});
