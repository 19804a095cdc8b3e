/** Signatures return on exactly the part that they came with, or not at all. */
import { describe, expect, test } from 'bun:test';
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import type { Message } from '../../../src/anthropic/request.ts';
import type { RequestContext } from '../../../src/translate/context.ts';
import { toGeminiRequest } from '../../../src/translate/request/index.ts';
import { SIGNATURE_SENTINEL } from '../../../src/translate/request/signature-placement.ts';
import {
  answeredTurn,
  callContentKey,
  callKey,
  joinEnvelopes,
  type SignaturePlace,
  sealEnvelope,
  textKeys,
} from '../../../src/translate/signatures.ts';
import { contextFor, ORIGIN, requestOf } from '../../support/translation.ts';

const seal = (place: SignaturePlace, signature: string, origin: Partial<RequestContext['origin']> = {}) =>
  sealEnvelope({ ...ORIGIN, ...origin, place, signature });
const thought = (signature: string): ContentBlock => ({ type: 'thinking', thinking: '', signature });
const onCall = (toolId: string): SignaturePlace => ({ on: 'call', toolId });
const onText = (start: number, end: number): SignaturePlace => ({ on: 'text', start, end });
const say = (text: string): ContentBlock => ({ type: 'text', text });
const call = (id: string, command = id): ContentBlock => ({
  type: 'tool_use',
  id,
  name: 'Bash',
  input: { command },
});
const START: Message = { role: 'user', content: 'go' };

/** The model's parts of a history with one assistant message: texts or calls, with their signatures. */
function partsOf(blocks: ContentBlock[], ctx: Partial<RequestContext> = {}, model = 'gemini-4-argon') {
  const results: ContentBlock[] = blocks.flatMap((block) =>
    block.type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: block.id, content: 'ok' }] : [],
  );
  const messages: Message[] = [
    START,
    { role: 'assistant', content: blocks },
    { role: 'user', content: [...results, say('next')] },
  ];
  const { body, warnings } = toGeminiRequest(requestOf({ messages }), contextFor(model, ctx));
  const parts = (body.contents[1]?.parts ?? []).map((part) => {
    const what = part.functionCall ? `call ${part.functionCall.args?.['command']}` : part.text;
    return part.thoughtSignature === undefined ? [what] : [what, part.thoughtSignature];
  });
  return {
    parts,
    warnings: warnings.filter(({ code }) => code.endsWith('signature')).map(({ detail }) => detail),
  };
}

describe('carriers', () => {
  test('a signature goes to the call it names, and its siblings get none', () => {
    const { parts, warnings } = partsOf([thought(seal(onCall('a'), 'S1')), say('hm'), call('a'), call('b')]);
    expect(parts).toEqual([['hm'], ['call a', 'S1'], ['call b']]);
    expect(warnings).toEqual([]);
  });

  test('what the carrier of a text does not know, the store adds', () => {
    const [exact] = textKeys(answeredTurn([START]), 'done.');
    const stored = joinEnvelopes([seal(onText(0, 2), 'S1'), seal(onText(5, 5), 'S2')]);
    const { parts } = partsOf([thought(seal(onText(0, 2), 'S1')), say('done.')], {
      signatures: new Map([[exact, stored]]),
    });
    expect(parts).toEqual([['do', 'S1'], ['ne.'], ['', 'S2']]);
  });

  test('redacted thinking carries as well', () => {
    const block: ContentBlock = { type: 'redacted_thinking', data: seal(onCall('a'), 'S1') };
    expect(partsOf([block, call('a')]).parts).toEqual([['call a', 'S1']]);
  });

  test.each<[string, SignaturePlace, (string | undefined)[][]]>([
    ['a range is cut out as a part of its own', onText(2, 4), [['he'], ['ll', 'S'], ['o']]],
    ['the whole text', onText(0, 5), [['hello', 'S']]],
    ['an empty range is an empty part at the end', onText(5, 5), [['hello'], ['', 'S']]],
    ['an empty range in the middle', onText(2, 2), [['he'], ['', 'S'], ['llo']]],
    ['an empty range beyond a trimmed end stays at the end', onText(9, 9), [['hello'], ['', 'S']]],
    ['a range over a trimmed end is held to what is left', onText(3, 9), [['hel'], ['lo', 'S']]],
    ['a range of which nothing is left is lost', onText(7, 9), [['hello']]],
  ])('text: %s', (_, place, parts) => {
    expect(partsOf([thought(seal(place, 'S')), say('hello')]).parts).toEqual(parts);
  });

  test('several ranges of one text, and each text its own', () => {
    const { parts } = partsOf([
      thought(seal(onText(0, 1), 'S1')),
      thought(seal(onText(2, 2), 'S2')),
      say('ab'),
      thought(seal(onText(0, 2), 'S3')),
      say('cd'),
    ]);
    expect(parts).toEqual([['a', 'S1'], ['b'], ['', 'S2'], ['cd', 'S3']]);
  });

  test('an empty signed part needs no text block', () => {
    expect(partsOf([thought(seal(onText(0, 0), 'S')), call('a')]).parts).toEqual([
      ['call a', SIGNATURE_SENTINEL],
      ['', 'S'],
    ]);
  });
});

describe('the store', () => {
  const store = (key: string, ...envelopes: string[]) => ({
    signatures: new Map([[key, joinEnvelopes(envelopes)]]),
  });

  test('a call is found by its id', () => {
    expect(partsOf([call('a')], store(callKey('a'), seal(onCall('a'), 'S'))).parts).toEqual([
      ['call a', 'S'],
    ]);
  });

  test('a call under another id is found by what it says, the first of a step only', () => {
    const key = callContentKey('Bash', { command: 'ls' });
    const { parts } = partsOf([call('x', 'ls'), call('y', 'ls')], store(key, seal(onCall('a'), 'S')));
    expect(parts).toEqual([['call ls', 'S'], ['call ls']]);
  });

  test('a text is found by its turn, else by its words', () => {
    const [exact, loose] = textKeys(answeredTurn([START]), 'hello');
    const envelope = seal(onText(5, 5), 'S');
    for (const key of [exact, loose]) {
      expect(partsOf([say('hello')], store(key, envelope)).parts).toEqual([['hello'], ['', 'S']]);
    }
  });

  test('several signatures of one text', () => {
    const [, loose] = textKeys('', 'hello');
    const { parts } = partsOf(
      [say('hello')],
      store(loose, seal(onText(0, 2), 'S1'), seal(onText(5, 5), 'S2')),
    );
    expect(parts).toEqual([['he', 'S1'], ['llo'], ['', 'S2']]);
  });

  test('a carrier goes before the store', () => {
    const ctx = store(callKey('a'), seal(onCall('a'), 'old'));
    expect(partsOf([thought(seal(onCall('a'), 'new')), call('a')], ctx).parts).toEqual([['call a', 'new']]);
  });
});

describe('what is not ours', () => {
  test.each([
    ['another key', { keyFingerprint: 'other' }],
    ['another family', { family: 'gemini-3' as const }],
  ])('a signature of %s is left out and told', (_, origin) => {
    const { parts, warnings } = partsOf([thought(seal(onCall('a'), 'S', origin)), call('a')]);
    expect(parts).toEqual([['call a', SIGNATURE_SENTINEL]]);
    expect(warnings[0]).toContain('another model or key');
  });

  test('thinking of another vendor is left out, words and all, and told once', () => {
    const { parts, warnings } = partsOf([thought('abc'), thought(''), say('hi')]);
    expect(parts).toEqual([['hi']]);
    expect(warnings).toEqual([
      '2 thinking block(s) left out: their signature is not one that this proxy wrote',
    ]);
  });

  test('a broken envelope is no envelope', () => {
    expect(partsOf([thought(`${seal(onCall('a'), 'S')}x`), call('a')]).parts).toEqual([
      ['call a', SIGNATURE_SENTINEL],
    ]);
  });

  test('an envelope that carries nothing is no loss', () => {
    expect(partsOf([thought(seal({ on: 'none' }, '')), say('hi')])).toEqual({
      parts: [['hi']],
      warnings: [],
    });
  });
});

describe('the sentinel', () => {
  const blocks = [call('a'), call('b')];

  test('stands on the first call of a step, counted', () => {
    const { parts, warnings } = partsOf(blocks);
    expect(parts).toEqual([['call a', SIGNATURE_SENTINEL], ['call b']]);
    expect(warnings).toEqual([`1 call(s) without a signature sent with ${SIGNATURE_SENTINEL}`]);
  });

  test.each([['gemini-2.5-flash'], ['gemini-2.0-flash']])(
    'is not sent to %s, which asks for none',
    (model) => {
      expect(partsOf(blocks, {}, model)).toEqual({ parts: [['call a'], ['call b']], warnings: [] });
    },
  );
});
