/** What plain requests ask for, and which requests only a model could understand. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseErrands } from '../../../../src/sim/mock/errand/parse.ts';

const read = (words: string, lastFile?: string) =>
  parseErrands(words, lastFile)?.errands.map((errand) => {
    const { kind, ...rest } = errand;
    return [kind, ...Object.values(rest)];
  });

describe('a file is written', () => {
  test.each([
    ['write a file named notes.txt with buy milk and eggs', 'notes.txt', 'buy milk and eggs\n'],
    ['write a file called notes.txt containing "a, b and run"', 'notes.txt', 'a, b and run\n'],
    ['create a file test.txt with the content: hello world', 'test.txt', 'hello world\n'],
    ['Create a file called hello.txt with the text "Hello World" in it.', 'hello.txt', 'Hello World\n'],
    ['write hello to notes.txt', 'notes.txt', 'hello\n'],
    ['save "print(1)" as a.py', 'a.py', 'print(1)\n'],
    ['create a file named config.json with {"a": 1}', 'config.json', '{"a": 1}\n'],
    ['make an empty file called a.txt', 'a.txt', ''],
    ['Please create hello.py that prints hello', 'hello.py', 'print("hello")\n'],
    [
      'could you please write src/hello.js that says "hi there"?',
      'src/hello.js',
      'console.log("hi there");\n',
    ],
    ['make a hello world program in python', 'hello.py', 'print("Hello, world!")\n'],
    [
      'create a python script that prints the numbers 1 to 3',
      'script.py',
      'for n in range(1, 4):\n    print(n)\n',
    ],
    ["create x.sh which echoes it's", 'x.sh', "#!/bin/sh\nprintf '%s\\n' 'it'\\''s'\n"],
    ['write this to a.ts:\n```ts\nlet a = 1;\n```', 'a.ts', 'let a = 1;\n'],
  ])('%j', (words, path, content) => {
    expect(read(words)).toEqual([['write', path, content]]);
  });
});

describe('something else is done', () => {
  test.each<[string, string[][]]>([
    ['list the files', [['list', '']]],
    ['What files are in the src folder?', [['list', 'src']]],
    ['run ls', [['run', '', 'ls']]],
    ['ls -la', [['run', '', 'ls -la']]],
    ['run the command `git status` in the terminal', [['run', '', 'git status']]],
    ['run hello.py', [['run', 'hello.py', 'python3 hello.py']]],
    [
      'read README.md and summarise it',
      [
        ['read', 'README.md', 'show'],
        ['read', 'README.md', 'summarise'],
      ],
    ],
    ['explain what main.py does', [['read', 'main.py', 'summarise']]],
    ['fix the bug in x.py', [['fix', 'x.py']]],
    ['replace "foo" with "bar" in a.txt', [['replace', 'a.txt', 'foo', 'bar']]],
    ['search for TODO in src', [['search', 'src', 'TODO']]],
    ['create a folder called src', [['run', '', 'mkdir -p src']]],
  ])('%j', (words, errands) => {
    expect(read(words)).toEqual(errands);
  });

  test.each([
    ['create hello.py that prints hello and run it', ['write', 'run']],
    ['Create hello.py that prints hello, run it, and list the files.', ['write', 'run', 'list']],
    ['1. create a.py that prints hi\n2. run it', ['write', 'run']],
    ['create a.py that prints "run and list". Then run it', ['write', 'run']],
    ['fix the bug in a.py and then run it', ['fix', 'run']],
  ])('one after the other: %j', (words, kinds) => {
    expect(parseErrands(words, undefined)?.errands.map(({ kind }) => kind)).toEqual(kinds as never);
  });

  test('it is the file spoken of last, in these words or before', () => {
    expect(read('now run it', 'a.sh')).toEqual([['run', 'a.sh', 'sh a.sh']]);
    expect(read('now run it')).toBeUndefined();
    expect(read('create a.py that prints x and run it', 'b.sh')?.[1]).toEqual([
      'run',
      'a.py',
      'python3 a.py',
    ]);
  });
});

describe('left to a model', () => {
  test.each([
    'hello',
    'what is 2+2?',
    'how do I create hello.py?',
    'create a flask server',
    'create fib.py that computes fibonacci numbers',
    'write a poem to poem.txt',
    'write a test for x.py',
    'create a README.md for this project',
    'run the tests',
    'go on',
    'make it so',
    'find a good restaurant',
    'explain Node.js',
    'yes',
    '',
  ])('%j', (words) => {
    expect(parseErrands(words, undefined)).toBeUndefined();
  });

  test('what is not understood behind the first thing is named', () => {
    expect(parseErrands('create a.txt with hi and then explain quantum physics', undefined)).toMatchObject({
      errands: [{ kind: 'write', path: 'a.txt' }],
      left: ['explain quantum physics'],
    });
  });

  test('whatever is said, reading it ends', () => {
    const words = fc.array(
      fc.constantFrom(
        'create',
        'a',
        'file',
        'hello.py',
        'that prints',
        '"',
        "'",
        '`',
        'and run',
        'it',
        ',',
        '.',
        '\n',
        'with',
        'to',
        '```',
        '1.',
        'x',
      ),
      { maxLength: 60 },
    );
    fc.assert(fc.property(words, (list) => void parseErrands(list.join(' '), 'a.py')));
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void parseErrands(text, undefined)));
  });
});
