import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { FaultError, parseFaults } from '../../../src/sim/faults/parse.ts';
import { FAULT_ROWS } from '../../../src/sim/faults/table.ts';

const problemOf = (text: string): string => {
  try {
    parseFaults(text);
  } catch (error) {
    if (error instanceof FaultError) return error.message;
    throw error;
  }
  throw new Error(`${text} was taken`);
};

const EVERY = { from: 1, to: Number.POSITIVE_INFINITY };

describe('rules', () => {
  test.each<[string, object[]]>([
    ['', []],
    [' , ', []],
    ['cut', [{ name: 'cut', text: 'cut', requests: EVERY, probability: 1, settings: { frame: 1 } }]],
    [
      'cut@2:frame=3,stall@*:after=1s p=0.1 seed=7',
      [
        { name: 'cut', requests: { from: 2, to: 2 }, settings: { frame: 3 } },
        {
          name: 'stall',
          requests: EVERY,
          probability: 0.1,
          seed: 7,
          settings: { after: 1_000, for: Number.POSITIVE_INFINITY },
        },
      ],
    ],
    ['cut frame=3', [{ name: 'cut', settings: { frame: 3 } }]],
    ['reset@1: byte=10kB', [{ name: 'reset', requests: { from: 1, to: 1 }, settings: { byte: 10_000 } }]],
    ['http-503@2-4', [{ requests: { from: 2, to: 4 } }]],
    ['http-503@3-*', [{ requests: { from: 3, to: Number.POSITIVE_INFINITY } }]],
    ['stall:for=1.5s', [{ settings: { frame: 0, for: 1_500 } }]],
    ['stall:for=ever', [{ settings: { frame: 0, for: Number.POSITIVE_INFINITY } }]],
    ['http-429:retry-info=250ms', [{ settings: { 'retry-info': 250 } }]],
    ['big-event:size=1.5MB', [{ settings: { size: 1_500_000 } }]],
    ['cut:p=1', [{ probability: 1 }]],
    ['cut:p=.5', [{ probability: 0.5 }]],
    ['cut:key=2', [{ key: 2 }]],
    ['cut:key=#aB3', [{ key: /^aB3$/i }]],
    ['cut:key=aB3*', [{ key: /^aB3.*$/i }]],
    ['cut:from=10s until=1m', [{ time: { from: 10_000, until: 60_000, since: 'first' } }]],
    ['cut:since=start until=1m', [{ time: { from: 0, until: 60_000, since: 'start' } }]],
  ])('%s', (text, rules) => {
    expect(parseFaults(text)).toMatchObject(rules);
  });

  test('patterns of models and callers match whole names, in any case', () => {
    const [rule] = parseFaults('cut:model=gemini-4-* caller=main');
    expect(
      ['gemini-4-argon', 'Gemini-4-x', 'xgemini-4-a', 'gemini-3'].map((id) => rule?.model?.test(id)),
    ).toEqual([true, true, false, false]);
    expect(['main', 'mainly', 'a.main'].map((caller) => rule?.caller?.test(caller))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test.each(FAULT_ROWS.map(([name]) => name))('%s needs nothing but its name', (name) => {
    expect(parseFaults(name)).toMatchObject([{ name }]);
  });
});

describe('what cannot be meant is named in one line', () => {
  test.each<[string, RegExp]>([
    ['cutt', /^"cutt": there is no fault "cutt"; did you mean cut\?$/],
    ['cut,bogus@2', /^"bogus@2": there is no fault "bogus"; docs\/faults\.md lists/],
    ['cut@0', /^"cut@0": @0: expected a request number from 1, a range such as 2-4, or \*$/],
    ['cut@4-2', /@4-2: expected/],
    ['cut@x', /@x: expected/],
    ['cut:frame', /^"cut:frame": "frame": expected key=value$/],
    ['cut:frame=', /expected key=value/],
    ['cut:frame=x', /^"cut:frame=x": frame: expected a whole number, got "x"$/],
    ['cut:frame=-1', /frame: expected a whole number/],
    ['cut:byte=1ZB', /byte: expected bytes, such as/],
    ['cut:byte=999MB', /byte: expected bytes, .* at most 100MB/],
    ['cut:after=1', /after: expected a time, such as 250ms/],
    ['cut:after=99h', /after: expected a time/],
    ['cut:after=ever', /after: expected a time/],
    ['cut:frame=1 byte=2', /^"cut:frame=1 byte=2": give one of frame, byte, after$/],
    ['cut:frame=1 frame=2', /frame is given twice/],
    [
      'cut:size=1',
      /^"cut:size=1": cut does not take size; it takes frame, byte, after, p, seed, model, caller, key, from, until, since$/,
    ],
    ['refused:frame=1', /refused does not take frame; it takes p, seed, model, caller/],
    ['cut:p=2', /p: expected a probability from 0 to 1, got "2"/],
    ['cut:seed=x', /seed: expected a whole number/],
    ['cut:caller=maim', /no kind of request is called maim; did you mean main\?$/],
    ['cut:caller=x*', /no kind of request is called x\*; there are main, /],
    ['cut:key=0', /key: expected a place from 1, got "0"/],
    ['cut:from=soon', /from: expected a time, such as/],
    ['cut:from=5s until=5s', /until must be later than from$/],
    ['cut:since=start', /since needs from or until$/],
    ['cut:since=now until=3s', /since: expected start or first, got "now"/],
    ['quota-widnow', /did you mean quota-window\?/],
    ['@2', /^"@2": expected the name of a fault, .* such as cut@2:frame=3/],
    ['cut@2frame=3', /@2frame=3: expected/],
    ['__proto__', /expected the name of a fault|there is no fault/],
  ])('%s', (text, message) => {
    expect(problemOf(text)).toMatch(message);
    expect(problemOf(text)).not.toContain('\n');
  });

  test('any text is either taken or refused with a FaultError', () => {
    const word = fc.constantFrom(
      'cut',
      'stall',
      '@2',
      '@*',
      ':',
      ' ',
      ',',
      'frame=1',
      'p=0.5',
      '=',
      'x',
      '-',
      '9',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join('')),
        ),
        (text) => {
          try {
            parseFaults(text);
          } catch (error) {
            expect(error).toBeInstanceOf(FaultError);
          }
        },
      ),
    );
  });
});
