/** Plain requests, done with whatever tools the client has. */
import { describe, expect, test } from 'bun:test';
import { ask, fakeExchange, mockFetch, partsOf, textOf, userSays } from '../harness.ts';
import { namesOf, play, type Tools } from '../play.ts';

const ok = () => 'ok';
const CODING: Tools = { Write: ok, Edit: ok, Bash: () => 'hello', Read: () => '     1\tprint("x"\n     2\t' };
const run = (prompt: string, tools: Tools = CODING, contents: unknown[] = []) =>
  play({ fetch: mockFetch(), prompt, tools, contents });

describe('with the tools of Claude Code', () => {
  test('a file is made and run, and the report says what came of it', async () => {
    const played = await run('create hello.py that prints hello and run it');
    expect(played.steps.flat().map(({ name, args }) => [name, args])).toEqual([
      ['Write', { file_path: '/home/dev/project/hello.py', content: 'print("hello")\n' }],
      ['Bash', { command: 'python3 hello.py' }],
    ]);
    expect(played.text).toContain('wrote hello.py');
    expect(played.text).toContain('```\nhello\n```');
  });

  test('a step that fails is the last one', async () => {
    const played = await run('create a.py that prints x and run it', {
      ...CODING,
      Write: () => new Error('denied'),
    });
    expect(namesOf(played)).toEqual([['Write']]);
    expect(played.text).toContain('denied');
  });

  test('a file is read once, and summed up from what it holds', async () => {
    const Read = () => '     1\t# Tally\n     2\t\n     3\tCounts words.\n     4\t## Use\n';
    const played = await run('read README.md and summarise it', { ...CODING, Read });
    expect(namesOf(played)).toEqual([['Read']]);
    expect(played.text).toContain('Its headings: Tally · Use.');
    expect(played.text).toContain('It begins: "Counts words."');
  });

  test('a slip is repaired, and the program run', async () => {
    const played = await run('fix the bug in x.py');
    expect(namesOf(played)).toEqual([['Read'], ['Edit'], ['Bash']]);
    expect(played.steps[1]?.[0]?.args).toMatchObject({ old_string: 'print("x"', new_string: 'print("x")' });
  });

  test('a bug that takes a mind is not made up', async () => {
    const played = await run('fix the bug in x.py', { ...CODING, Read: () => 'total = price * count' });
    expect(namesOf(played)).toEqual([['Read'], ['Bash']]);
    expect(played.text).toContain('without understanding the code');
  });

  test('"it" may be a file of an earlier turn', async () => {
    const contents: unknown[] = [];
    await run('create hello.py that prints hello', CODING, contents);
    const played = await run('now run it', CODING, contents);
    expect(played.steps.flat().map(({ args }) => args)).toEqual([{ command: 'python3 hello.py' }]);
  });

  test('what cannot be done is said, with what can', async () => {
    const played = await run('create fib.py that computes fibonacci numbers');
    expect(played.steps).toEqual([]);
    expect(played.text).toContain('create hello.py that prints hello and run it');
    expect(played.text).toContain('GEMINI_API_KEY');
  });
});

const string = { type: 'string' };
const tool = (name: string, properties: object, required = Object.keys(properties)) => ({
  name,
  description: name,
  parametersJsonSchema: { type: 'object', properties, required },
});

async function callOf(prompt: string, declarations: object[]): Promise<unknown> {
  const tools = [{ functionDeclarations: declarations }];
  const chunks = await ask(
    mockFetch(),
    'gemini-4-argon',
    { contents: [userSays(prompt)], tools },
    fakeExchange('sdk'),
  );
  const [call] = partsOf(chunks).flatMap((part) => part.functionCall ?? []);
  return call ? [call.name, call.args] : textOf(chunks);
}

const WRITE = 'create a.txt with hi';

describe('with the tools of others', () => {
  test.each<[string, string, object, [string, object]]>([
    [
      'write_to_file',
      WRITE,
      tool('write_to_file', { path: string, content: string }),
      ['write_to_file', { path: 'a.txt', content: 'hi\n' }],
    ],
    [
      'an MCP server',
      WRITE,
      tool('mcp__files__write_file', { path: string, content: string }),
      ['mcp__files__write_file', { path: 'a.txt', content: 'hi\n' }],
    ],
    [
      'camel case',
      WRITE,
      tool('createFile', { filePath: string, contents: string }),
      ['createFile', { filePath: 'a.txt', contents: 'hi\n' }],
    ],
    [
      "Anthropic's editor",
      WRITE,
      tool(
        'str_replace_based_edit_tool',
        { command: { enum: ['view', 'create'], type: 'string' }, path: string, file_text: string },
        ['command', 'path'],
      ),
      ['str_replace_based_edit_tool', { command: 'create', path: 'a.txt', file_text: 'hi\n' }],
    ],
    [
      'a name that says nothing',
      WRITE,
      tool('fs_put', { path: string, content: string }),
      ['fs_put', { path: 'a.txt', content: 'hi\n' }],
    ],
    [
      'a shell alone',
      WRITE,
      tool('bash', { command: string }),
      ['bash', { command: "printf '%s' 'hi\n' > 'a.txt'" }],
    ],
    [
      'a shell that takes words',
      'run ls',
      tool('shell', { command: { type: 'array', items: string } }),
      ['shell', { command: ['bash', '-lc', 'ls'] }],
    ],
    [
      'another shell',
      'run ls',
      tool('execute_command', { command: string, requires_approval: { type: 'boolean' } }),
      ['execute_command', { command: 'ls', requires_approval: false }],
    ],
    ['an odd shell', 'run ls', tool('do_it', { cmd: string }), ['do_it', { cmd: 'ls' }]],
    [
      'read_file',
      'read a.md',
      tool('read_file', { target_file: string }),
      ['read_file', { target_file: 'a.md' }],
    ],
    [
      'list_dir',
      'list the files',
      tool('list_dir', { relative_workspace_path: string }),
      ['list_dir', { relative_workspace_path: '.' }],
    ],
    [
      'a shell for a folder',
      'list the files',
      tool('run_shell_command', { command: string, description: string }),
      ['run_shell_command', { command: "ls -la '.'", description: 'List .' }],
    ],
  ])('%s', async (_name, prompt, declaration, call) => {
    const mail = tool('send_mail', { to: string, body: string });
    expect(await callOf(prompt, [mail, declaration])).toEqual([...call]);
  });

  test('a tool that merely looks like one is not used', async () => {
    const others = [tool('post_comment', { path: string, body: string }), tool('weather', { city: string })];
    expect(await callOf(WRITE, others)).toContain('offline mock');
  });
});

describe('not taken for the words of the user', () => {
  const CREATE = 'create a.txt with hi';
  test.each([
    [
      'a slash command',
      `<command-name>/x</command-name>\n<command-message>${CREATE}</command-message>\n<command-args>${CREATE}</command-args>`,
    ],
    ['what it printed', `<local-command-stdout>${CREATE}</local-command-stdout>`],
    ['a reminder', `<system-reminder>${CREATE}</system-reminder>`],
    [
      'a shell command of the user',
      `<bash-input>ls</bash-input><bash-stdout>${CREATE}</bash-stdout><bash-stderr></bash-stderr>`,
    ],
    ['an interruption', '[Request interrupted by user]'],
  ])('%s', async (_name, text) => {
    const declared = [tool('Write', { file_path: string, content: string })];
    const contents = [userSays(text), { role: 'model', parts: [{ text: 'Yes.' }] }];
    const tools = [{ functionDeclarations: declared }];
    const alone = await ask(mockFetch(), 'gemini-4-argon', { contents: [userSays(text)], tools });
    expect(partsOf(alone).some((part) => part.functionCall)).toBe(false);
    const beside = { role: 'user', parts: [{ text }, { text: 'create b.txt with yes' }, { text }] };
    const [call] = partsOf(
      await ask(mockFetch(), 'gemini-4-argon', { contents: [...contents, beside], tools }),
    ).flatMap((part) => part.functionCall ?? []);
    expect(call?.args).toEqual({ file_path: 'b.txt', content: 'yes\n' });
  });
});
