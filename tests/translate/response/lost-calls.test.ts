import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { exactNumber } from '../../../src/lib/exact-json.ts';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import { readLostCalls } from '../../../src/translate/response/lost-calls/read.ts';

const MALFORMED = 'Malformed function call: ';
const read = (text: string) => readLostCalls(MALFORMED + text);
const bash = (args: JsonObject) => [{ name: 'default_api.Bash', args }];
const run = (args: JsonObject) => [{ name: 'default_api:Bash', args }];

describe('calls in the syntax of Gemini 2.5', () => {
  test.each<[text: string, calls: ReturnType<typeof read>]>([
    ["print(default_api.Bash(command='ls'))", bash({ command: 'ls' })],
    ['print(default_api.Bash(command="ls"))\n', bash({ command: 'ls' })],
    ["default_api.Bash(command = 'ls', )", bash({ command: 'ls' })],
    ['print(default_api.Bash())', bash({})],
    ['print(Bash())', [{ name: 'Bash', args: {} }]],
    ['print(default_api.mcp__a__do-it(x=1))', [{ name: 'default_api.mcp__a__do-it', args: { x: 1 } }]],
    ['print(default_api.Bash(a=True, b=False, c=None))', bash({ a: true, b: false, c: null })],
    ['print(default_api.Bash(a=true, b=false, c=null))', bash({ a: true, b: false, c: null })],
    [
      'print(default_api.Bash(a=-1, b=1.5, c=2e3, d=.5, e=1.))',
      bash({ a: -1, b: 1.5, c: exactNumber('2e3'), d: 0.5, e: exactNumber('1.0') }),
    ],
    [
      'print(default_api.Bash(a=12345678901234567890, b=-.50, c=+7))',
      bash({ a: exactNumber('12345678901234567890'), b: exactNumber('-0.50'), c: 7 }),
    ],
    [
      "print(default_api.Bash(a=[1, 'x', [], {}], d={'k': {'n': [None]}}))",
      bash({ a: [1, 'x', [], {}], d: { k: { n: [null] } } }),
    ],
    [
      String.raw`print(default_api.Bash(a='it\'s\n\t\\\x41\u00e9\U0001F600\101\0'))`,
      bash({ a: "it's\n\t\\Aé😀A\0" }),
    ],
    [
      String.raw`print(default_api.Bash(a='\d+\.ts', b=r'\d\'', c=R"\n"))`,
      bash({ a: '\\d+\\.ts', b: "\\d\\'", c: '\\n' }),
    ],
    [
      'print(default_api.Bash(a="""one "two"\nthree\\\n!""", b=\'\'\'it\'s\'\'\'))',
      bash({ a: 'one "two"\nthree!', b: "it's" }),
    ],
    ["print(default_api.Bash(a='x', b='print(1)'))", bash({ a: 'x', b: 'print(1)' })],
    [
      'print(default_api.Bash(a=1))\nprint(default_api.Bash(a=2)); default_api.Bash(a=3)',
      [...bash({ a: 1 }), ...bash({ a: 2 }), ...bash({ a: 3 })],
    ],
    ['print(default_api.Bash(a=1), default_api.Bash(a=2))', [...bash({ a: 1 }), ...bash({ a: 2 })]],
  ])('%s', (text, calls) => expect(JSON.stringify(read(text))).toBe(JSON.stringify(calls)));
});

describe('calls in the syntax of Gemini 3', () => {
  test.each<[text: string, calls: ReturnType<typeof read>]>([
    ['call:default_api:Bash{command:"ls"}', run({ command: 'ls' })],
    ['call:default_api:Bash{}', run({})],
    [
      'call:default_api:Bash{command:<ctrl46>echo "a, b}" \\n\n<ctrl46>,n:1}',
      run({ command: 'echo "a, b}" \\n\n', n: 1 }),
    ],
    ["call:default_api:Bash{ command : 'ls' }", run({ command: 'ls' })],
    ['call:default_api:Bash{code:"""a "b"\nc"""}', run({ code: 'a "b"\nc' })],
    [
      'call:default_api:Bash{a:true,b:false,c:null,d:-2.5e-3,e:[1,{x:"y"}],"f g":{},<ctrl46>h<ctrl46>:[]}',
      run({ a: true, b: false, c: null, d: exactNumber('-2.5e-3'), e: [1, { x: 'y' }], 'f g': {}, h: [] }),
    ],
    [String.raw`call:default_api:Bash{a:"\"\\\n\u0041"}`, run({ a: '"\\\nA' })],
    ['call:default_api:Bash{a:1}\ncall:default_api:Bash{a:2}', [...run({ a: 1 }), ...run({ a: 2 })]],
  ])('%s', (text, calls) => expect(JSON.stringify(read(text))).toBe(JSON.stringify(calls)));
});

describe('what is not understood to the end is no call', () => {
  test.each([
    '',
    ' ` tags.',
    'print(default_',
    "print(default_api.Bash(command='ls'",
    "print(default_api.Bash(command='ls')",
    "print(default_api.Bash(command='ls')) and then some",
    "print(default_api.Bash(command='ls')) print(default_api.Bash(command='ls'))",
    "print(default_api.Bash('ls'))",
    'print(default_api.Bash(command=ls))',
    'print(default_api.Bash(edits=[...]))',
    "print(default_api.Bash(a='x', a='y'))",
    "print(default_api.Bash(a='x' 'y'))",
    'print(default_api.Bash(a="x""y"))',
    "print(default_api.Bash(a='x' + 'y'))",
    "print(default_api.Bash(a=f'{x}'))",
    "print(default_api.Bash(a=b'x'))",
    "print(default_api.Bash(a=('x', 'y')))",
    'print(default_api.Bash(a={1: 2}))',
    'print(default_api.Bash(a={b: 2}))',
    "print(default_api.Bash(a='one\ntwo'))",
    String.raw`print(default_api.Bash(a='\N{BULLET}'))`,
    String.raw`print(default_api.Bash(a='\x4'))`,
    String.raw`print(default_api.Bash(a='\UFFFFFFFF'))`,
    'print(default_api.Bash(a=1_000))',
    'print(default_api.Bash(a=007))',
    'print(default_api.Bash(a=1e999))',
    'print(default_api.Bash(**args))',
    'print(default_api.Bash(a=default_api.X(b=1)))',
    'print()x',
    `print(default_api.Bash(a=${'['.repeat(100_000)}`,
    'call:default_api:Bash',
    'call:default_api:Bash{type:{} (',
    'call:default_api:Bash{command:ls}',
    'call:default_api:Bash{command: src/agent.ts}',
    'call:default_api:Bash{command: ...}',
    'call:default_api:Bash{command:"ls"',
    'call:default_api:Bash{command:"ls"} and then some',
    'call:default_api:Bash{command:"a "b" c"}',
    'call:default_api:Bash{command:<ctrl46>ls}',
    'call:default_api:Bash{a:1,a:2}',
    'call:default_api:Bash{a:12:30}',
    'call:default_api:Bash{a:1}call:defau',
    String.raw`call:default_api:Bash{a:'\n'}`,
    String.raw`call:default_api:Bash{a:"\q"}`,
    'call:default_api:Bash{"a:1}',
    'call:default_api:Bash{a:True}',
  ])('%s', (text) => expect(read(text)).toEqual([]));

  test('a call that nobody announced', () => {
    expect(readLostCalls("print(default_api.Bash(command='ls'))")).toEqual([]);
    expect(readLostCalls("Unexpected tool call: print(default_api.Bash(command='ls'))")).toEqual(
      bash({ command: 'ls' }),
    );
    expect(readLostCalls('Unexpected tool call: Model tried to call an undeclared function: ls')).toEqual([]);
  });
});

// ── any arguments ─────────────────────────────────────────────────────────────────────────────────────────────

type Printer = (value: Json) => string;

const pythonText = (text: string) =>
  `'${text.replace(/[\\'\n\r]/g, (char) => ({ '\n': '\\n', '\r': '\\r' })[char] ?? `\\${char}`)}'`;

const python: Printer = (value) => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, item]) => `${pythonText(key)}: ${python(item)}`)
      .join(', ')}}`;
  }
  return String(value);
};

const quotedByToken: Printer = (value) =>
  typeof value === 'string' && !value.includes('<ctrl46>')
    ? `<ctrl46>${value}<ctrl46>`
    : JSON.stringify(value);

const braces =
  (text: Printer): Printer =>
  (value) => {
    if (Array.isArray(value)) return `[${value.map(braces(text)).join(',')}]`;
    if (typeof value !== 'object' || value === null) return text(value);
    const key = (name: string) => (/^[A-Za-z_$][\w$-]*$/.test(name) ? name : JSON.stringify(name));
    return `{${Object.entries(value)
      .map(([name, item]) => `${key(name)}:${braces(text)(item)}`)
      .join(',')}}`;
  };

/** As the client gets them: JSON has no -0. */
const asJson = (calls: unknown) => JSON.stringify(calls);
const arbitraryJson = fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }) as fc.Arbitrary<Json>;
const keywords = fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,8}$/), arbitraryJson);
const anyKeys = fc.dictionary(fc.string(), arbitraryJson);

describe('any arguments come back as they were', () => {
  test('Python', () => {
    fc.assert(
      fc.property(keywords, (args) => {
        const printed = Object.entries(args).map(([key, value]) => `${key}=${python(value)}`);
        const calls = read(`print(default_api.Bash(${printed.join(', ')}))`);
        expect(asJson(calls)).toBe(asJson(bash(args)));
      }),
    );
  });

  test.each([
    ['JSON strings', JSON.stringify],
    ['the model’s quotes', quotedByToken],
  ] as [string, Printer][])('braces with %s', (_name, text) => {
    fc.assert(
      fc.property(anyKeys, (args) => {
        expect(asJson(read(`call:default_api:Bash${braces(text)(args)}`))).toBe(asJson(run(args)));
      }),
    );
  });
});

describe('garbage', () => {
  const token = fc.constantFrom(
    ...[
      'print(',
      'default_api.Bash(',
      'call:',
      'default_api:Bash{',
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      ',',
      ':',
      '=',
    ],
    ...['"', "'", '"""', '<ctrl46>', '\\', '\n', 'a', 'a=', 'a:', '1', 'True', 'null', ' ', ';'],
  );
  const garbage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join('')),
    fc.array(token, { maxLength: 12 }).map((tokens) => `call:default_api:Bash{${tokens.join('')}}`),
    fc.array(token, { maxLength: 12 }).map((tokens) => `print(default_api.Bash(${tokens.join('')}))`),
  );

  test('never throws, and names nothing that was not named', () => {
    fc.assert(
      fc.property(garbage, (text) => {
        for (const { name, args } of read(text)) {
          expect(text).toContain(name);
          expect(JSON.parse(JSON.stringify(args))).toBeObject();
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
