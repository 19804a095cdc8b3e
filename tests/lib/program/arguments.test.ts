/** What was typed after a command. */
import { describe, expect, test } from 'bun:test';
import { ArgumentError, readArguments } from '../../../src/lib/program/arguments.ts';

const OPTIONS = {
  port: { type: 'string' },
  pace: { type: 'string', default: 'human' },
  want: { type: 'string', multiple: true },
  inspector: { type: 'boolean' },
  'no-keep': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const;

const read = (...args: string[]) => readArguments(args, OPTIONS, { isPlain: true });

describe('what is meant', () => {
  const usual = { pace: 'human', 'no-keep': false };
  test.each<[args: string[], values: object, positionals?: string[]]>([
    [[], {}],
    [['--port', '1'], { port: '1' }],
    [['--port=1', '--port', '2'], { port: '2' }],
    [['--port='], { port: '' }],
    [['--port', '-1'], { port: '-1' }],
    [['--port=--inspector'], { port: '--inspector' }],
    [['--want', '- error', '--want=+ text'], { want: ['- error', '+ text'] }],
    [['-h'], { help: true }],
    [['--inspector'], { inspector: true }],
    [['--inspector', 'word'], { inspector: true }, ['word']],
    [['--no-inspector'], { inspector: false }],
    [['--inspector=false'], { inspector: false }],
    [['--inspector', 'false', 'word'], { inspector: false }, ['word']],
    [['--inspector', '--no-inspector'], { inspector: false }],
    [['--no-inspector', 'true'], { inspector: false }, ['true']],
    [['--no-keep'], { 'no-keep': true }],
    [['true', '--', '--port', '-'], {}, ['true', '--port', '-']],
  ])('%j', (args, values, positionals = []) => {
    const found = read(...args);
    expect({ ...found.values } as object).toEqual({ ...usual, ...values });
    expect(found.positionals).toEqual(positionals);
  });
});

describe('what cannot be meant is one line that names it', () => {
  test.each([
    [['--prot', '1'], '--prot: there is no such flag; did you mean --port?'],
    [['--colour'], '--colour: there is no such flag; --help lists them'],
    [['--constructor', 'x'], '--constructor: there is no such flag; --help lists them'],
    [['--__proto__=x'], '--__proto__: there is no such flag; --help lists them'],
    [['-x'], '-x: there is no such flag; --help lists them'],
    [['--no-port'], '--no-port: there is no such flag; did you mean --port?'],
    [['--port'], '--port: its value is missing; write --port <value>'],
    [['--port', '--inspector'], '--port: its value is missing; write --port <value>'],
    [['--port', '-h'], '--port: its value is missing; write --port <value>'],
    [['--inspector=constructor'], '--inspector: expected true or false, got "constructor"'],
    [['--inspector=maybe'], '--inspector: expected true or false, got "maybe"'],
    [['--no-inspector=true'], '--no-inspector: there is no such flag; did you mean --inspector?'],
  ])('%j', (args, message) => {
    expect(() => read(...args)).toThrow(new ArgumentError(message));
  });

  test('a word where only flags are taken', () => {
    expect(() => readArguments(['--inspector', 'extra'], OPTIONS)).toThrow(
      new ArgumentError('"extra": only flags are taken here; --help lists them'),
    );
  });
});
