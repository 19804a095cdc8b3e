import { expect, test } from 'bun:test';
import { Prefixes } from '../../../src/answer/caching/prefixes.ts';
import { HEAD } from '../../../src/gemini/cached-contents.ts';
import type { GenerateContentRequest, RequestContent } from '../../../src/gemini/wire.ts';

const says = (role: RequestContent['role'], ...texts: string[]): RequestContent => ({
  role,
  parts: texts.map((text) => ({ text })),
});
const REQUEST: GenerateContentRequest = {
  systemInstruction: { parts: [{ text: 'S' }] },
  contents: [says('user', 'doc', 'q1'), says('model', 'a1'), says('user', 'q2')],
};
const OWNER = ['key', 'model'];
const name = (request: GenerateContentRequest, contents: number, parts = 0, owner = OWNER) =>
  new Prefixes(request, owner).name({ contents, parts });

test('a longer request has the names of the shorter one', () => {
  const longer = { ...REQUEST, contents: [...REQUEST.contents, says('model', 'a2')] };
  const [short, long] = [REQUEST, longer].map((request) =>
    new Prefixes(request, OWNER).all([]).map((one) => one.name),
  );
  expect(long?.slice(1)).toEqual(short ?? []);
  expect(new Set(long).size).toBe(5);
});

test('the longest comes first, with the places within contents between', () => {
  const cuts = new Prefixes(REQUEST, OWNER).all([{ contents: 0, parts: 1 }]).map(({ cut }) => cut);
  expect(cuts).toEqual([
    { contents: 3, parts: 0 },
    { contents: 2, parts: 0 },
    { contents: 1, parts: 0 },
    { contents: 0, parts: 1 },
    HEAD,
  ]);
});

test.each([
  ['another key', name(REQUEST, 1, 0, ['other', 'model'])],
  ['another model', name(REQUEST, 1, 0, ['key', 'other'])],
  ['another system prompt', name({ ...REQUEST, systemInstruction: { parts: [{ text: 'T' }] } }, 1)],
  ['tools', name({ ...REQUEST, tools: [{ functionDeclarations: [{ name: 'a' }] }] }, 1)],
  [
    'another choice of tools',
    name({ ...REQUEST, toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, 1),
  ],
  ['another text', name({ ...REQUEST, contents: [says('user', 'doc', 'other')] }, 1)],
  ['a text that is cut elsewhere', name({ ...REQUEST, contents: [says('user', 'do', 'cq1')] }, 1)],
])('%s: another name', (_what, other) => {
  expect(other).not.toBe(name(REQUEST, 1));
});

test.each([
  ['other settings of the answer', { ...REQUEST, generationConfig: { maxOutputTokens: 1 } }],
  ['another question after it', { ...REQUEST, contents: [says('user', 'doc', 'other')] }],
])('%s: the same name', (_what, other: GenerateContentRequest) => {
  expect(name(other, 0, 1)).toBe(name(REQUEST, 0, 1));
});
