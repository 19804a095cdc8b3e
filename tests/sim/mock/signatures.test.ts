/** Signatures: equal for equal parts, recognised in another process, refused when changed or foreign. */
import { describe, expect, test } from 'bun:test';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import { isInPlace, isIssued, issueSignature } from '../../../src/sim/mock/signing.ts';
import { ask, declare, fakeExchange, mockFetch, partsOf, userSays } from './harness.ts';

const ARGON = modelRow('gemini-4-argon');
const CALL = { functionCall: { name: 'Write', args: { b: 1, a: 2 } } };
const SIGNATURE = issueSignature(ARGON, CALL, 'seed');

/** A history in which `signature` came with the call. */
const history = (thoughtSignature: string, args: object = CALL.functionCall.args) => ({
  contents: [
    userSays('take the tour'),
    { role: 'model', parts: [{ functionCall: { name: 'Write', args }, thoughtSignature }] },
    { role: 'user', parts: [{ functionResponse: { name: 'Write', response: { output: 'ok' } } }] },
  ],
  tools: declare('Write', 'Bash'),
});

async function countOf(body: unknown, model = 'gemini-4-argon') {
  const exchange = fakeExchange();
  await ask(mockFetch(), model, body, exchange);
  return exchange.notes.find((note) => note.event === 'signatures')?.detail;
}

test('the same part in the same conversation gets the same signature, another a different one', () => {
  expect(issueSignature(ARGON, CALL, 'seed')).toBe(SIGNATURE);
  expect(issueSignature(ARGON, CALL, 'other')).not.toBe(SIGNATURE);
  expect(SIGNATURE).toMatch(/^[A-Za-z0-9+/]+=*$/);
});

test('known by its own proof, in the same family only', () => {
  expect(isIssued(SIGNATURE, ARGON)).toBe(true);
  expect(isIssued(SIGNATURE, modelRow('gemini-4-hydrogen'))).toBe(true);
  expect(isIssued(SIGNATURE, modelRow('gemini-3.8-flash'))).toBe(false);
  expect(isIssued(Buffer.from(SIGNATURE, 'base64').toString('base64url'), ARGON)).toBe(true);
});

test('a change of any byte is noticed', () => {
  const bytes = Buffer.from(SIGNATURE, 'base64');
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(isIssued(changed.toString('base64'), ARGON)).toBe(false);
  }
});

test('bound to what its part says, whatever the order of the arguments', () => {
  expect(isInPlace(SIGNATURE, { functionCall: { name: 'Write', args: { a: 2, b: 1 } } })).toBe(true);
  expect(isInPlace(SIGNATURE, { functionCall: { name: 'Write', args: { a: 2 } } })).toBe(false);
  expect(isInPlace(SIGNATURE, { text: '' })).toBe(false);
});

describe('in a request', () => {
  test('one that came back to its part counts as real', async () => {
    expect(await countOf(history(SIGNATURE))).toEqual({ real: 1, sentinel: 0, moved: 0 });
  });

  test('one on another part counts as moved', async () => {
    expect(await countOf(history(SIGNATURE, { a: 3 }))).toEqual({ real: 1, sentinel: 0, moved: 1 });
  });

  test.each(['skip_thought_signature_validator', btoa('context_engineering_is_the_way_to_go')])(
    'the stand-in %s passes and is counted',
    async (sentinel) => {
      expect(await countOf(history(sentinel))).toEqual({ real: 0, sentinel: 1, moved: 0 });
    },
  );

  test.each([
    [
      'changed',
      SIGNATURE.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')).replace('E', 'F'),
      'gemini-4-argon',
    ],
    ['of another family', SIGNATURE, 'gemini-3.8-flash'],
    ['never given out', btoa('a foreign signature'), 'gemini-4-argon'],
  ])('one that is %s is refused', async (_, signature, model) => {
    await expect(ask(mockFetch(), model, history(signature))).rejects.toThrow('Corrupted thought signature.');
  });

  test('what the mock gives out it takes back, from a process that never saw it', async () => {
    const body = { contents: [userSays('take the tour')], tools: declare('Write', 'Bash') };
    const parts = partsOf(await ask(mockFetch(), 'gemini-4-argon', body));
    const next = {
      ...body,
      contents: [
        ...body.contents,
        { role: 'model', parts },
        { role: 'user', parts: [{ functionResponse: { name: 'Write', response: { output: 'ok' } } }] },
      ],
    };
    expect(await countOf(next)).toEqual({ real: 1, sentinel: 0, moved: 0 });
  });
});
