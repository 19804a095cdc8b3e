import { describe, expect, test } from 'bun:test';
import { Subagents } from '../../src/inspector/subagents.ts';

type Told =
  | { call: string; prompt?: string; request: string; at: number }
  /** Without `prompt`: a later request of the subagent. */
  | { agent: string; prompt?: string; at: number };

const PROMPT = 'find callers';

/** Tells all in order, and returns where each request of a subagent comes from. */
function origins(...all: Told[]): (string | undefined)[] {
  const subagents = new Subagents();
  return all.flatMap((told) => {
    if ('call' in told) {
      const { call: id, prompt = PROMPT, request, at } = told;
      subagents.called({ id, prompt }, request, at);
      return [];
    }
    const first = told.prompt === undefined ? undefined : { prompt: told.prompt, at: told.at };
    const origin = subagents.originOf(told.agent, first);
    return [origin && `${origin.request} ${origin.call ?? '?'}`];
  });
}

const first = (agent: string, at: number, prompt = PROMPT): Told => ({ agent, prompt, at });
const later = (agent: string, at: number): Told => ({ agent, at });
const call = (id: string, request: string, at: number, prompt = PROMPT): Told => ({
  call: id,
  prompt,
  request,
  at,
});

describe('the call that has begun a subagent', () => {
  test.each<[string, Told[], (string | undefined)[]]>([
    ['is the one with its words', [call('c1', 'r1', 1), first('a', 2)], ['r1 c1']],
    ['is known of all its requests', [call('c1', 'r1', 1), first('a', 2), later('a', 3)], ['r1 c1', 'r1 c1']],
    ['is not one with other words', [call('c1', 'r1', 1, 'read'), first('a', 2)], [undefined]],
    [
      'is found beside other calls of the answer',
      [call('c1', 'r1', 1, 'read'), call('c2', 'r1', 1), first('a', 2), first('b', 2, 'read')],
      ['r1 c2', 'r1 c1'],
    ],
    ['is not known of a later request alone', [call('c1', 'r1', 1), later('a', 2)], [undefined]],
    [
      'is not one that came after it',
      [first('a', 1), call('c1', 'r1', 2), first('a', 1)],
      [undefined, undefined],
    ],
    [
      'is not one of two equal calls of one answer: the request is known all the same',
      [call('c1', 'r1', 1), call('c2', 'r1', 1), first('a', 2), first('b', 2), later('a', 3)],
      ['r1 ?', 'r1 ?', 'r1 ?'],
    ],
    [
      'is not known where equal calls of two requests may have been it',
      [call('c1', 'r1', 1), call('c2', 'r2', 2), first('a', 3)],
      [undefined],
    ],
    [
      'is not the one that has begun another subagent with the same words',
      [call('c1', 'r1', 1), first('a', 2), call('c2', 'r2', 3), first('b', 4), later('a', 5)],
      ['r1 c1', 'r2 c2', 'r1 c1'],
    ],
    [
      'is the one before it where an equal one came later',
      [call('c1', 'r1', 1), call('c2', 'r2', 3), first('a', 2)],
      ['r1 c1'],
    ],
  ])('%s', (_name, told, expected) => {
    expect(origins(...told)).toEqual(expected);
  });
});
