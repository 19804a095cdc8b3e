/** Settings that are given as flags. */
import { expect, test } from 'bun:test';
import { ConfigError, readConfig } from '../../src/config/config.ts';

test('flags mirror the variables, and win over them', () => {
  const flags = ['--port', '2', '--allow-open', '--big-model=gemini-4-neon'];
  const config = readConfig({ GEMINI_API_KEY: 'a-key', PORT: '1' }, flags);
  expect(config).toMatchObject({ port: 2, modelMap: { big: 'gemini-4-neon' } });
});

test.each([[['--no-inspector']], [['--inspector=false']], [['--inspector', 'false']]])(
  'what is on without a flag is switched off by %j',
  (flags) => {
    expect(readConfig({}, [])).toMatchObject({ inspector: { bytes: expect.any(Number) } });
    expect(readConfig({ INSPECTOR: 'true' }, flags)).toMatchObject({ inspector: undefined });
  },
);

test.each([
  ['--max-retries -1', '--max-retries: expected a whole number from 0 to 100, got "-1"'],
  ['--prot 1', '--prot: there is no such flag; did you mean --port?'],
  ['--port', '--port: its value is missing; write --port <value>'],
  ['serve', '"serve": only flags are taken here; --help lists them'],
  ['--faults cutt', '--faults: "cutt": there is no fault "cutt"; did you mean cut?'],
  ['--scenarios /nowhere', '--scenarios: /nowhere is no folder; name one with scenarios in it'],
  ['--backend gemini', '--backend: gemini needs a key; set GEMINI_API_KEY'],
])('%s is refused by the name that was typed', (line, message) => {
  expect(() => readConfig({}, line.split(' '))).toThrow(new ConfigError(message));
});

test('a variable is named as a variable beside other flags', () => {
  const read = () => readConfig({ FAULTS: 'cutt' }, ['--port', '0']);
  expect(read).toThrow(/^FAULTS: "cutt": /);
});
