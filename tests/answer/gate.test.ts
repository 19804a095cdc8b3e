import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { settle } from '../support/manual-clock.ts';
import { drain, Final, Flaky, type Script, scripted } from '../support/scripted-tries.ts';

describe('what the consumer gets', () => {
  const flaky = new Flaky('flaky');
  const final = new Final('final');
  const cases: { name: string; scripts: Script[]; got: string[]; opened: number; error?: unknown }[] = [
    {
      name: 'one good try',
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
      name: 'no more tries than allowed',
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
      const { it, clock, seen } = scripted(scripts);
      expect(await drain(it.items, clock)).toEqual({ got, error });
      expect(seen.opened).toHaveLength(opened);
      expect(it.state).toBe('done');
      expect(clock.sleeping).toBe(0);
    });
  }

  test('an open that throws is a failed try', async () => {
    const { it, clock } = scripted([], {
      open(attempt) {
        if (attempt === 1) throw new Flaky('no connection');
        return (async function* () {
          yield 'text';
        })();
      },
    });
    expect((await drain(it.items, clock)).got).toEqual(['text']);
  });

  test('any run of tries: content of one try only, never more tries than allowed', async () => {
    const item = fc.constantFrom('think', 'text');
    const script = fc.record({ items: fc.array(item, { maxLength: 4 }), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 3, maxLength: 3 }), async (plans) => {
        const scripts = plans.map(({ items, fails }, attempt) => [
          ...items.map((text, at) => `${text} ${attempt}.${at}`),
          ...(fails ? [new Flaky('x')] : []),
        ]);
        const { it, clock, seen } = scripted(scripts);
        const { got, error } = await drain(it.items, clock);
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

describe('head', () => {
  test('resolves with the first item, without anyone iterating', async () => {
    const { it, seen } = scripted([['think', 'text']]);
    await it.head;
    expect(it.state).toBe('headed');
    expect(seen.pulled).toEqual(['think']);
  });

  test('waits through a retry', async () => {
    const { it, clock } = scripted([[new Flaky('x')], ['text']]);
    await settle();
    expect(it.state).toBe('held');
    await clock.advance(500);
    await it.head;
    expect(it.state).toBe('committed');
  });

  test('rejects when the last try failed before any item; the items say the same', async () => {
    const final = new Final('x');
    const { it, clock } = scripted([[final]]);
    expect(await it.head.catch((error: unknown) => error)).toBe(final);
    expect((await drain(it.items, clock)).error).toBe(final);
  });

  test('may be left alone when it rejects', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listen);
    scripted([[new Final('nobody listens')]]);
    await settle();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });
});
