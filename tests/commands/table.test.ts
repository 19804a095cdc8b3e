/** Which command the arguments name. */
import { expect, test } from 'bun:test';
import { COMMANDS, commandIn, commandsText } from '../../src/commands/table.ts';

test.each([
  [[], 'start', []],
  [['--port', '0'], 'start', ['--port', '0']],
  [['start', '--port', '0'], 'start', ['--port', '0']],
  [['replay', 'x', '--speed', '2'], 'replay', ['x', '--speed', '2']],
  [['claude', '--', 'start'], 'claude', ['--', 'start']],
] as const)('%j: %s with %j', (argv, command, rest) => {
  const given = commandIn(argv);
  expect({ ...given, rest: [...given.rest] }).toEqual({ command, rest: [...rest] });
});

test.each(['serve', 'toString', ''])('%j is no command', (word) => {
  expect(commandIn([word, '--port', '0'])).toMatchObject({ unknown: word });
});

test('every command is listed with what it does', () => {
  for (const [name, { about }] of Object.entries(COMMANDS))
    expect(commandsText()).toMatch(new RegExp(`^  ${name} +${about}$`, 'm'));
});
