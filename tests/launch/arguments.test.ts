import { describe, expect, test } from 'bun:test';
import { type Arguments, readArguments } from '../../src/launch/arguments.ts';

const NOTHING: Arguments = { action: { kind: 'launch' }, folder: undefined, proxy: [], client: [] };

describe('the command line of bun run claude', () => {
  test.each<[argv: string[], is: Partial<Arguments>]>([
    [[], {}],
    [['-p', 'hi'], { client: ['-p', 'hi'] }],
    [['--', '-p', 'hi'], { client: ['-p', 'hi'] }],
    [['--', '--help'], { client: ['--help'] }],
    [['fix it', '--port', '1'], { client: ['fix it', '--port', '1'] }],
    [['--model', 'opus', '--backend', 'mock'], { client: ['--model', 'opus', '--backend', 'mock'] }],
    [['--backend', 'mock', '-p', 'hi'], { proxy: ['--backend', 'mock'], client: ['-p', 'hi'] }],
    [['--backend=mock', '--', 'x'], { proxy: ['--backend=mock'], client: ['x'] }],
    [['--allow-open', 'hi'], { proxy: ['--allow-open'], client: ['hi'] }],
    [['--no-inspector', 'hi'], { proxy: ['--no-inspector'], client: ['hi'] }],
    [['--inspector', 'false', 'hi'], { proxy: ['--inspector', 'false'], client: ['hi'] }],
    [['--port'], { proxy: ['--port'] }],
    [['--folder', 'a b', '-c'], { folder: 'a b', client: ['-c'] }],
    [['--folder=x'], { folder: 'x' }],
    [['--help'], { action: { kind: 'help' } }],
    [['-h', '--print-env'], { action: { kind: 'help' } }],
    [['--print-env'], { action: { kind: 'print-env', format: 'sh' } }],
    [['--print-env', 'json'], { action: { kind: 'print-env', format: 'json' } }],
    [['--print-env=fish'], { action: { kind: 'print-env', format: 'fish' } }],
    [['--write-settings'], { action: { kind: 'write-settings', scope: 'user', agreed: false } }],
    [
      ['--write-settings', 'project', '--yes'],
      { action: { kind: 'write-settings', scope: 'project', agreed: true } },
    ],
    [
      ['--yes', '--write-settings=local'],
      { action: { kind: 'write-settings', scope: 'local', agreed: true } },
    ],
    [['--undo'], { action: { kind: 'undo', scope: undefined } }],
    [['--undo', 'project'], { action: { kind: 'undo', scope: 'project' } }],
    [['--write-settings', 'local', '--undo'], { action: { kind: 'undo', scope: 'local' } }],
  ])('%j', (argv, is) => {
    expect(readArguments(argv)).toEqual({ ...NOTHING, ...is });
  });

  test.each([
    [['--print-env=csh'], '--print-env: expected sh, fish, powershell, json; got "csh"'],
    [['--write-settings=everywhere'], '--write-settings: expected user, project, local; got "everywhere"'],
    [['--print-env', 'csh'], '--print-env: expected sh, fish, powershell, json; got "csh"'],
    [['--undo', 'everything'], '--undo: expected user, project, local; got "everything"'],
    [['--write-settings', '--bogus'], '--bogus: there is no such flag beside --write-settings'],
    [['--undo', '--print-env'], '--print-env, --undo: give one of the two'],
    [['--folder'], '--folder: which one? Give a path, as in --folder ~/project'],
  ])('%j is refused with what would do', (argv, message) => {
    expect(() => readArguments(argv)).toThrow(message);
  });
});
