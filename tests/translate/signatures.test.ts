import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Message } from '../../src/anthropic/request.ts';
import { markLasting } from '../../src/lib/lasting.ts';
import {
  answeredTurn,
  callContentKey,
  callKey,
  type Envelope,
  openEnvelope,
  sealEnvelope,
  signatureKeys,
  textKeys,
} from '../../src/translate/signatures.ts';

const envelope = fc.record<Envelope>({
  family: fc.constantFrom('gemini-2.5', 'gemini-3', 'gemini-4'),
  keyFingerprint: fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/),
  place: fc.oneof(
    fc.record({ on: fc.constant('call' as const), toolId: fc.stringMatching(/^[A-Za-z0-9_-]{1,80}$/) }),
    fc.record({ on: fc.constant('text' as const), start: fc.nat(), end: fc.nat() }),
    fc.record({ on: fc.constant('none' as const) }),
  ),
  signature: fc.base64String(),
});

describe('envelopes', () => {
  test('open to what was sealed', () => {
    fc.assert(fc.property(envelope, (sealed) => expect(openEnvelope(sealEnvelope(sealed))).toEqual(sealed)));
  });

  test('a changed one does not open', () => {
    fc.assert(
      fc.property(envelope, fc.nat(), fc.constantFrom('x', 'Q', '7', ':'), (sealed, at, char) => {
        const text = sealEnvelope(sealed);
        const i = at % text.length;
        const changed = text.slice(0, i) + char + text.slice(i + 1);
        if (changed !== text) expect(openEnvelope(changed)).toBeUndefined();
      }),
    );
  });

  for (const foreign of [
    '',
    'EpQDCmUIDxgCKkB',
    'sigABC',
    'g1:',
    'g1:gemini-3:k:none:AAAAAAAA:',
    'g2:a:b:none:c:d',
  ]) {
    test(`foreign: "${foreign}"`, () => expect(openEnvelope(foreign)).toBeUndefined());
  }
});

describe('keys', () => {
  const user = (content: Message['content']): Message => ({ role: 'user', content });
  const assistant = (content: Message['content']): Message => ({ role: 'assistant', content });

  test('cover every call and text of the assistant, and no other', () => {
    const messages = [
      user('hi'),
      assistant([
        { type: 'text', text: 'a' },
        { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} },
      ]),
    ];
    const [exact, loose] = textKeys(answeredTurn(messages.slice(0, 1)), 'a');
    const keys = signatureKeys(messages);
    expect(keys.map((one) => one.exact)).toEqual([exact, callKey('toolu_1')]);
    expect(keys.map((one) => one.loose())).toEqual([loose, callContentKey('Bash', {})]);
  });

  test('are of the turn that a message answers, though the very same message answered another one before', () => {
    const said = assistant('a');
    markLasting(said);
    const after = (words: string) => signatureKeys([user(words), said]).map((one) => one.exact);
    const [first, second] = [after('hi'), after('ho')];
    expect(second).not.toEqual(first);
    expect(after('hi')).toEqual(first);
    expect(second).toEqual([textKeys(answeredTurn([user('ho')]), 'a')[0]]);
  });

  const same: [name: string, a: Message['content'], b: Message['content']][] = [
    ['a string and its block', 'do it', [{ type: 'text', text: 'do it' }]],
    [
      'a cache marker',
      [{ type: 'text', text: 'x' }],
      [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
    ],
    ['white space at the ends', 'x', ' x\n'],
  ];
  for (const [name, a, b] of same) {
    test(`the turn's context does not change with ${name}`, () => {
      expect(answeredTurn([user(a)])).toBe(answeredTurn([user(b)]));
    });
  }

  test("the turn's context is that of its tool results", () => {
    const result = (id: string) => [user([{ type: 'tool_result', tool_use_id: id, content: 'ok' }])];
    expect(answeredTurn(result('toolu_1'))).not.toBe(answeredTurn(result('toolu_2')));
  });

  test('clients may trim a text', () => {
    expect(textKeys('c', 'a\n')).toEqual(textKeys('c', 'a'));
  });
});
