import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { drain, Final, Flaky, type Script, scripted } from '../support/answers/scripted-attempts.ts';

describe('what the consumer gets', () => {
  const flaky = new Flaky('flaky');
  const final = new Final('final');
  const cases: { name: string; scripts: Script[]; got: string[]; opened: number; error?: unknown }[] = [
    {
      name: 'one good attempt',
      scripts: [['think', 'text 1', 'text 2']],
      got: ['think', 'text 1', 'text 2'],
      opened: 1,
    },
    { name: 'an empty end', scripts: [[]], got: [], opened: 1 },
    {
      name: 'a failure before any item, then success',
      scripts: [[flaky], ['text']],
      got: ['text'],
      opened: 2,
    },
    {
      name: 'thoughts, a failure, then success: the items of both, content once',
      scripts: [
        ['think a', flaky],
        ['think b', 'text'],
      ],
      got: ['think a', 'think b', 'text'],
      opened: 2,
    },
    {
      name: 'two failures, then success',
      scripts: [[flaky], ['think', flaky], ['text']],
      got: ['think', 'text'],
      opened: 3,
    },
    {
      name: 'no more attempts than allowed',
      scripts: [[flaky], [flaky], [flaky], ['text']],
      got: [],
      opened: 3,
      error: flaky,
    },
    {
      name: 'a failure after content is told',
      scripts: [['text', flaky], ['text']],
      got: ['text'],
      opened: 1,
      error: flaky,
    },
    {
      name: 'a final failure is told at once',
      scripts: [[final], ['text']],
      got: [],
      opened: 1,
      error: final,
    },
    {
      name: 'a final failure after thoughts',
      scripts: [['think', final], ['text']],
      got: ['think'],
      opened: 1,
      error: final,
    },
    {
      name: 'thoughts after content do not open it again',
      scripts: [['text', 'think', flaky], ['text']],
      got: ['text', 'think'],
      opened: 1,
      error: flaky,
    },
  ];
  for (const { name, scripts, got, opened, error } of cases) {
    test(name, async () => {
      const { answer, clock, seen } = scripted(scripts);
      expect(await drain(answer, clock)).toEqual({ got, error });
      expect(seen.opened).toHaveLength(opened);
      expect(await answer.next()).toBeUndefined();
      expect(clock.sleeping).toBe(0);
    });
  }

  test('any run of attempts: content of one attempt only, never more attempts than allowed', async () => {
    const item = fc.constantFrom('think', 'text');
    const script = fc.record({ items: fc.array(item, { maxLength: 4 }), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 3, maxLength: 3 }), async (plans) => {
        const scripts = plans.map(({ items, fails }, attempt) => [
          ...items.map((text, at) => `${text} ${attempt}.${at}`),
          ...(fails ? [new Flaky('x')] : []),
        ]);
        const { answer, clock, seen } = scripted(scripts);
        const { got, error } = await drain(answer, clock);
        const last = plans.findIndex(({ items, fails }) => !fails || items.includes('text'));
        const used = last < 0 ? plans.length : last + 1;
        expect(seen.opened).toHaveLength(used);
        expect(got).toEqual(
          scripts
            .slice(0, used)
            .flat()
            .filter((step) => typeof step === 'string'),
        );
        expect(error !== undefined).toBe(plans[used - 1]?.fails ?? false);
      }),
      { numRuns: 60 },
    );
  });
});
