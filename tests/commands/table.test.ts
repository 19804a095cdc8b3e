/** Which command the arguments name. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { COMMANDS, commandIn, commandsText, unknownText } from '../../src/commands/table.ts';
import { ArgumentError } from '../../src/lib/program/arguments.ts';

const MAIN = join(import.meta.dir, '../../src/main.ts');

async function run(argv: readonly string[]) {
  const child = Bun.spawn([process.execPath, MAIN, ...argv], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

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

test.each([
  ['strat', 'strat: there is no such command; did you mean start?\n'],
  ['adopt', 'adopt: is a command of a clone alone; there: bun run adopt\n'],
  ['serve', `serve: there is no such command\n\n${commandsText()}`],
])('%j is answered with what may be meant', (word, text) => {
  expect(unknownText(word)).toBe(text);
});

test.each([
  ['usage', ['--sicne', '7d'], '--sicne: there is no such flag; did you mean --since?'],
  ['usage', ['--by'], '--by: its value is missing; write --by <value>'],
  ['usage', ['--by', 'moon'], '--by: expected one of day, hour, model, '],
  ['recordings', ['--jsno'], '--jsno: there is no such flag; did you mean --json?'],
  ['check', ['/nowhere'], '/nowhere: there is no such file or folder'],
  ['statusline', ['now'], '"now": only flags are taken here; --help lists them'],
  ['record', ['--port', '1'], 'which recording? Its name comes first; --help tells more'],
  ['record', ['a b'], '"a b": is no name for a recording; use letters'],
  ['replay', ['nowhere'], 'nowhere: there is no such recording; bun run recordings lists them'],
] as const)('%s %j cannot be meant', async (command, argv, says) => {
  const slip = await COMMANDS[command].run(argv).catch((error: unknown) => error);
  expect(slip).toBeInstanceOf(ArgumentError);
  expect(String(slip)).toStartWith(`ArgumentError: ${says}`);
});

test('a slip is one line on stderr, with exit code 2', async () => {
  expect(await run(['usage', 'extra'])).toEqual({
    code: 2,
    out: '',
    err: '"extra": only flags are taken here; --help lists them\n',
  });
});

test('a scenario that is not there is told in place of an address', async () => {
  expect(await run(['mock', '--port', '0', '--mock-scenario', 'tuor'])).toEqual({
    code: 1,
    out: '',
    err: 'MOCK_SCENARIO: no scenario is called tuor; did you mean tour?\n',
  });
});

test.each([
  [['usage', '-h']],
  [['demo', '-h']],
  [['statusline', '--help']],
  [['record', 'x', '--help']],
  [['replay', 'x', '--verify', '--help']],
])('%j tells what it takes', async (argv) => {
  const { code, out, err } = await run(argv);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(argv[0] ?? '');
  expect(out).not.toContain('--max-retries');
});
