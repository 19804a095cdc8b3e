import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  bodyWith,
  type Cut,
  cutRequest,
  keepingBody,
  leastTokensSaid,
  mayBeOfKept,
  namesKept,
  placeToCut,
  readKept,
} from '../../src/gemini/cached-contents.ts';
import { UpstreamError } from '../../src/gemini/errors.ts';
import type { GenerateContentRequest, RequestContent, RequestPart } from '../../src/gemini/wire.ts';
import { withKept } from '../../src/sim/validator/kept-contents.ts';
import { deepFreeze } from '../support/translation.ts';
import { turnFixtures } from '../support/turn-fixtures.ts';

/** Every request for an answer in the fixtures. */
const REQUESTS: readonly (readonly [name: string, GenerateContentRequest])[] = turnFixtures().flatMap(
  ({ name, recorded }) =>
    recorded.upstream.flatMap(({ request: { body } }, index) => {
      const request = JSON.parse(body);
      return Array.isArray(request.contents) ? [[`${name}, attempt ${index + 1}`, request] as const] : [];
    }),
);

/** Both parts as they travel, put together as Google does. */
function together(request: GenerateContentRequest, cut: Cut): unknown {
  const { kept, rest } = cutRequest(deepFreeze(request), cut);
  const sent = JSON.parse(bodyWith('cachedContents/x', rest));
  const stored = JSON.parse(keepingBody('gemini-3.8-flash', kept, 300));
  const joined = withKept(sent, stored, 'gemini-3.8-flash');
  return 'error' in joined ? joined.error : joined.body;
}

const everyCut = ({ contents }: GenerateContentRequest): Cut[] =>
  contents.flatMap(({ parts }, index) => [...parts.keys()].map((part) => ({ contents: index, parts: part })));

const text = fc.string({ maxLength: 5 }).map((said) => ({ text: said }));
const call = fc.constantFrom('a', 'b').map((name) => ({ functionCall: { name } }));
const response = fc.constantFrom('a', 'b').map((name) => ({ functionResponse: { name, response: {} } }));
const userPart: fc.Arbitrary<RequestPart> = fc.oneof(text, response);
const modelPart: fc.Arbitrary<RequestPart> = fc.oneof(text, call);
const turn = (role: RequestContent['role']): fc.Arbitrary<RequestContent> =>
  fc
    .array(role === 'user' ? userPart : modelPart, { minLength: 1, maxLength: 4 })
    .map((parts) => ({ role, parts }));
const anyRequest: fc.Arbitrary<GenerateContentRequest> = fc.record(
  {
    contents: fc
      .array(fc.tuple(turn('user'), turn('model')), { minLength: 1, maxLength: 4 })
      .map((all) => all.flat()),
    systemInstruction: fc.constant({ parts: [{ text: 'S' }] }),
    tools: fc.constant([{ functionDeclarations: [{ name: 'a' }] }]),
    toolConfig: fc.constant({ functionCallingConfig: { mode: 'AUTO' as const } }),
    generationConfig: fc.constant({ maxOutputTokens: 9 }),
    serviceTier: fc.constant('flex' as const),
  },
  { requiredKeys: ['contents'] },
);
const anyCut: fc.Arbitrary<Cut> = fc.record({ contents: fc.nat(9), parts: fc.nat(5) });

describe('a request that is cut in two', () => {
  test('there are requests to try this with', () => {
    expect(REQUESTS.length).toBeGreaterThan(50);
  });

  test.each(REQUESTS)(
    '%s: what is kept and the rest are the request, wherever it is cut',
    (_name, request) => {
      for (const cut of everyCut(request))
        expect(together(request, placeToCut(request, cut))).toEqual(request);
    },
  );

  test('the two are the request, whatever it holds', () => {
    fc.assert(
      fc.property(anyRequest, anyCut, (request, wanted) => {
        const cut = placeToCut(request, wanted);
        expect(together(request, cut)).toEqual(request);
      }),
      { numRuns: 500 },
    );
  });

  test('the rest says nothing that Google wants kept', () => {
    fc.assert(
      fc.property(anyRequest, anyCut, (request, wanted) => {
        const { rest } = cutRequest(request, placeToCut(request, wanted));
        expect(Object.keys(rest)).not.toContainAnyValues(['systemInstruction', 'tools', 'toolConfig']);
      }),
    );
  });

  test('nothing is cut within the results of calls, or between calls and their results', () => {
    fc.assert(
      fc.property(anyRequest, anyCut, (request, wanted) => {
        const cut = placeToCut(request, wanted);
        const within = request.contents[cut.contents]?.parts ?? [];
        const isOfTool = within.some((part) => 'functionCall' in part || 'functionResponse' in part);
        const before = request.contents[cut.contents - 1]?.parts ?? [];
        expect(cut.parts > 0 && isOfTool).toBe(false);
        expect(cut.parts === 0 && before.some((part) => 'functionCall' in part)).toBe(false);
        expect(cut.parts).toBeLessThan(Math.max(1, within.length));
      }),
      { numRuns: 500 },
    );
  });
});

describe("Google's words", () => {
  const answer = (more: object) =>
    JSON.stringify({ name: 'cachedContents/abc-1', usageMetadata: { totalTokenCount: 7 }, ...more });

  test.each([
    ['a name and its tokens', answer({ model: 'models/x' }), { name: 'cachedContents/abc-1', tokens: 7 }],
    ['no tokens', answer({ usageMetadata: {} }), undefined],
    ['no name', answer({ name: '' }), undefined],
    ['a name that leads elsewhere', answer({ name: 'cachedContents/../models/x' }), undefined],
    ['no JSON', '<html>', undefined],
  ])('%s', (_what, said, kept) => {
    expect(readKept(said)).toEqual(kept as never);
  });

  const refusal = (status: number, message: string) => new UpstreamError('status', message, { status });

  test.each([
    ['expired', refusal(403, 'CachedContent not found (or permission denied)'), true, true],
    ['on other hosts', refusal(404, 'Not found: cache content metadata 8754364356910645200.'), true, true],
    [
      'another model',
      refusal(400, 'Cached content model does not match the model in the request.'),
      true,
      true,
    ],
    ['a bad name', refusal(400, 'Invalid CachedContent name: 1234567890.'), true, true],
    ['without words', refusal(400, 'Request contains an invalid argument.'), true, false],
    ['overloaded', refusal(503, 'The model is overloaded.'), false, false],
    ['quota', refusal(429, 'TotalCachedContentStorageTokensPerModelFreeTier limit exceeded'), false, true],
    ['broken off', new UpstreamError('network', 'reset'), false, false],
  ])('%s: may be the fault of what is kept, and says so', (_what, error, mayBe, says) => {
    expect([mayBeOfKept(error), namesKept(error)]).toEqual([mayBe, says]);
  });

  test('the least that is kept', () => {
    const small = 'Cached content is too small. total_token_count=1998, min_total_token_count=4096';
    expect([leastTokensSaid(refusal(400, small)), leastTokensSaid(refusal(400, 'no'))]).toEqual([
      4_096,
      undefined,
    ]);
  });
});
