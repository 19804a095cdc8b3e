import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { PromptSizes } from '../../../src/answer/sizes/prompt-sizes.ts';
import { modelRow } from '../../../src/gemini/model-rows.ts';
import type { GenerateContentRequest, RequestContent } from '../../../src/gemini/wire.ts';

const [model, other] = [modelRow('gemini-3-pro-preview'), modelRow('gemini-3-flash-preview')];
const said = (text: string, role: RequestContent['role'] = 'user'): RequestContent => ({
  role,
  parts: [{ text }],
});
const words = (count: number) => 'word '.repeat(count);

const talk = (...contents: RequestContent[]): GenerateContentRequest => ({
  systemInstruction: { parts: [{ text: words(5_000) }] },
  contents,
});
const first = talk(said('begin'));
const second = talk(said('begin'), said(words(300), 'model'), said('go on'));

/** A memory that was told counts, and how it estimates. */
function memory() {
  const sizes = new PromptSizes();
  const of = (session: string | undefined = 's', row = model) => ({ session, model: row });
  return {
    sizes,
    told: (request: GenerateContentRequest, tokens: number, ...whose: Parameters<typeof of>) =>
      sizes.counted(of(...whose), sizes.size(request, model), tokens),
    estimate: (request: GenerateContentRequest, ...whose: Parameters<typeof of>) =>
      sizes.tokens(of(...whose), sizes.size(request, model)),
  };
}

const plain = (request: GenerateContentRequest) => memory().estimate(request);

describe('an estimate of a prompt', () => {
  test('is Google’s own count, once Google has counted the same prompt', () => {
    const { told, estimate } = memory();
    told(first, 5_400);
    expect(estimate(first)).toBe(5_400);
  });

  test('is the last count, and what was added since', () => {
    const { told, estimate } = memory();
    told(first, 5_400);
    const added = plain(second) - plain(first);
    expect(estimate(second)).toBeWithin(5_400 + added, 5_400 + 1.1 * added);
  });

  test('goes on from the longest prompt with which it begins', () => {
    const { told, estimate } = memory();
    told(second, 5_740);
    told(first, 5_400);
    const third = talk(...second.contents, said('more', 'model'), said('and more'));
    expect(estimate(third)).toBeWithin(5_740, 5_760);
  });

  test('falls with a history that was compacted', () => {
    const { told, estimate } = memory();
    told(second, 5_740);
    expect(estimate(talk(said('a summary')))).toBeLessThan(5_740 - 250);
  });

  test('learns how fast prompts of this session grow', () => {
    const { told, estimate } = memory();
    const grown = (turns: number) =>
      talk(
        ...Array.from({ length: 2 * turns + 1 }, (_, at) => said(words(1_000), at % 2 ? 'model' : 'user')),
      );
    // Each turn takes a half more than estimated.
    const count = (turns: number) => Math.round(10_000 + 1.5 * (plain(grown(turns)) - plain(grown(0))));
    for (let turn = 0; turn < 6; turn++) told(grown(turn), count(turn));
    const error = Math.abs(estimate(grown(7)) - count(7)) / count(7);
    const unlearnt = Math.abs(count(5) + plain(grown(7)) - plain(grown(5)) - count(7)) / count(7);
    expect(error).toBeLessThan(unlearnt / 3);
  });

  test.each([
    ['another session', ['t', model]],
    ['another model', ['s', other]],
  ] as [string, [string, typeof model]][])('is not changed by %s', (_name, whose) => {
    const { told, estimate } = memory();
    told(first, 5_400, ...whose);
    expect(estimate(first)).toBe(plain(first));
  });

  test('is not changed by other conversations of a session, such as those of subagents', () => {
    const { told, estimate } = memory();
    const subagent: GenerateContentRequest = { contents: [said('look for a file')] };
    told(first, 5_400);
    told(subagent, 40);
    expect([estimate(first), estimate(subagent)]).toEqual([5_400, 40]);
  });

  test('has no earlier counts where the client names no session: others name none, too', () => {
    const { sizes } = memory();
    const nobody = { session: undefined, model };
    sizes.counted(nobody, sizes.size(first, model), 5_400);
    expect(sizes.tokens(nobody, sizes.size(first, model))).toBe(plain(first));
  });
});

describe('whatever Google counts', () => {
  const tokens = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  const content = fc.record({
    text: fc.string({ maxLength: 200 }),
    role: fc.constantFrom('user' as const, 'model' as const),
  });
  const request = fc
    .array(content, { maxLength: 5 })
    .map((some) => ({ contents: some.map(({ text, role }) => said(text, role)) }));
  const session = fc.option(fc.constantFrom('a', 'b'), { nil: undefined });

  test('an estimate is a whole number of at least one token', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(session, request, tokens), { maxLength: 20 }),
        request,
        session,
        (seen, asked, whose) => {
          const sizes = new PromptSizes();
          for (const [named, sent, count] of seen)
            sizes.counted({ session: named, model }, sizes.size(sent, model), count);
          const estimate = sizes.tokens({ session: whose, model }, sizes.size(asked, model));
          expect(Number.isSafeInteger(estimate)).toBe(true);
          expect(estimate).toBeGreaterThanOrEqual(1);
        },
      ),
    );
  });

  test('the same prompt again has Google’s count', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(request, tokens), { maxLength: 7 }),
        request,
        fc.integer({ min: 1, max: 1e9 }),
        (seen, asked, count) => {
          const sizes = new PromptSizes();
          for (const [sent, tokensThen] of seen)
            sizes.counted({ session: 's', model }, sizes.size(sent, model), tokensThen);
          sizes.counted({ session: 's', model }, sizes.size(asked, model), count);
          expect(sizes.tokens({ session: 's', model }, sizes.size(asked, model))).toBe(count);
        },
      ),
    );
  });
});
