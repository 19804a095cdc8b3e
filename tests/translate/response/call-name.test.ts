import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { clientToolName, meantToolName, undeclaredName } from '../../../src/translate/response/call-name.ts';
import { ToolNames, toGeminiToolName } from '../../../src/translate/tool-names.ts';

const LONG = `mcp__server__${'very_'.repeat(18)}long`;
const tools = (...names: string[]) => new ToolNames(names);

describe('the name of a call is that of the declared tool', () => {
  test.each<[called: string, declared: string[], meant: string | undefined]>([
    ['Bash', ['Bash', 'bash'], 'Bash'],
    ['default_api.Bash', ['Bash'], 'Bash'],
    ['default_api:Bash', ['Bash'], 'Bash'],
    ['default_api:functions.Bash', ['Bash'], 'Bash'],
    ['tools.x', ['x', 'tools.x'], 'tools.x'],
    ['bash', ['Bash', 'Read'], 'Bash'],
    ['default_api.bash', ['Bash'], 'Bash'],
    [' default_api.Bash\n', ['Bash'], 'Bash'],
    // Nobody could tell which tool is meant.
    ['BASH', ['Bash', 'bash'], undefined],
    ['mcp__my_server__get_data', ['mcp__my-server__get-data'], 'mcp__my-server__get-data'],
    ['a_b', ['a-b', 'a.b'], undefined],
    ['my tool!', ['my tool!'], 'my tool!'],
    [LONG, [LONG], LONG],
    [toGeminiToolName(LONG), [LONG], LONG],
    ['read_file', ['mcp__fs__read_file'], undefined],
    ['Write', ['Bash', 'Read'], undefined],
    ['', ['Bash'], undefined],
  ])('%p, of %p: %p', (called, declared, meant) => {
    expect(clientToolName(called, tools(...declared))).toBe(meant);
  });
});

describe('a name that none has means the one tool', () => {
  test.each<[called: string, declared: string[], meant: string | undefined]>([
    ['read_file', ['mcp__fs__read_file', 'Bash'], 'mcp__fs__read_file'],
    ['default_api:read_file', ['mcp__fs__read_file'], 'mcp__fs__read_file'],
    ['fs__read_file', ['mcp__fs__read_file'], 'mcp__fs__read_file'],
    ['fs.read_file', ['mcp__fs__read_file', 'mcp__web__read_file'], 'mcp__fs__read_file'],
    ['read-file', ['mcp__fs__read_file'], 'mcp__fs__read_file'],
    ['Read_File', ['mcp__a__read_file', 'mcp__b__read_file'], undefined],
    ['read', ['mcp__a__Read', 'mcp__b__read'], 'mcp__b__read'],
    ['read_file', ['mcp__fs__read_file', 'mcp__web__read_file'], undefined],
    // Part of a segment does not count, neither its end nor its beginning.
    ['file', ['mcp__fs__read_file'], undefined],
    ['_file', ['mcp__fs__read_file'], undefined],
    ['mcp__fs', ['mcp__fs__read_file'], undefined],
    ['', ['mcp__fs__read_file'], undefined],
    ['weather_api.get_weather', ['get_weather'], 'get_weather'],
    ['web.read_file', ['mcp__fs__read_file'], undefined],
  ])('%p, of %p: %p', (called, declared, meant) => {
    expect(meantToolName(called, tools(...declared))).toBe(meant);
  });
});

describe('an undeclared name, as a client and its API take it', () => {
  test.each<[called: string, name: string | undefined]>([
    ['Write', 'Write'],
    ['default_api:Write', 'Write'],
    ['fs.read file', 'fs_read_file'],
    ['x'.repeat(300), 'x'.repeat(128)],
    ['öffnen\ud83d', '_ffnen_'],
    ['', undefined],
    ['default_api.', undefined],
    ['💥', undefined],
    // The client would run the tool instead of answering that there is none.
    ['Bash!', 'Bash_'],
    ['my.tool', undefined],
  ])('%p: %p', (called, name) => {
    expect(undeclaredName(called, tools('Bash', 'my_tool', 'my-tool'))).toBe(name);
  });

  test('is never that of a tool, and always one that an API takes', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'B', '_', '-', '.', ':', ' ', 'é'), maxLength: 8 });
    fc.assert(
      fc.property(name, fc.array(name), (called, declared) => {
        const names = tools(...declared);
        const passedOn = undeclaredName(called, names);
        if (passedOn === undefined) return;
        expect(passedOn).toMatch(/^[a-zA-Z0-9_-]{1,128}$/);
        expect(declared).not.toContain(passedOn);
      }),
    );
  });
});
