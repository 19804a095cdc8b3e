import { describe, expect, test } from 'bun:test';
import { UpstreamError } from '../../../src/gemini/errors.ts';
import type { Frame } from '../../../src/gemini/frames.ts';
import type { Candidate, ResponsePart } from '../../../src/gemini/wire.ts';
import { PartsReader } from '../../../src/translate/response/parts.ts';
import type { TurnEvent } from '../../../src/translate/response/turn.ts';
import type { Warn, Warning } from '../../../src/translate/warnings.ts';
import { planFor } from '../../support/answers/answer.ts';

const frame = (candidate: Candidate): Frame => ({ kind: 'content', chunk: { candidates: [candidate] } });
const parts = (...list: ResponsePart[]): Frame => frame({ content: { parts: list, role: 'model' } });
const finish = (finishReason: string, finishMessage?: string): Frame =>
  frame({ finishReason, ...(finishMessage ? { finishMessage } : {}) });

const piece = (jsonPath: string, stringValue: string) => ({ jsonPath, stringValue });

function read(frames: readonly Frame[], tools: string[] = ['Bash', 'Read'], parallelCalls = true) {
  const warnings: Warning[] = [];
  const plan = planFor(tools, { parallelCalls });
  const warn: Warn = (code, path, detail) => warnings.push({ code, path, detail });
  const reader = new PartsReader({ plan, warn, mayAskAgain: () => true, mayGoOn: () => true });
  const events: TurnEvent[] = [];
  for (const one of frames) events.push(...reader.read(one));
  events.push(...reader.end());
  return { events, warnings };
}

const END: TurnEvent = { type: 'finish', finish: { kind: 'finished', reason: 'STOP' } };

describe('parts', () => {
  const cases: [name: string, frames: Frame[], events: TurnEvent[]][] = [
    ['text', [parts({ text: 'a' }), finish('STOP')], [{ type: 'text', text: 'a' }, END]],
    [
      'empty text says nothing',
      [parts({ text: 'a' }, { text: '' }), finish('STOP')],
      [{ type: 'text', text: 'a' }, END],
    ],
    [
      'signed empty text is kept',
      [parts({ text: 'a' }, { text: '', thoughtSignature: 's' }), finish('STOP')],
      [{ type: 'text', text: 'a' }, { type: 'text', text: '', signature: 's' }, END],
    ],
    [
      'thought',
      [parts({ text: 'h', thought: true }, { text: 'a' }), finish('STOP')],
      [{ type: 'thinking', text: 'h' }, { type: 'text', text: 'a' }, END],
    ],
    [
      'call with signature',
      [parts({ functionCall: { name: 'Bash', args: { a: 1 } }, thoughtSignature: 's' }), finish('STOP')],
      [{ type: 'call', name: 'Bash', args: { a: 1 }, signature: 's' }, END],
    ],
    [
      'call without args',
      [parts({ functionCall: { name: 'Bash' } }), finish('STOP')],
      [{ type: 'call', name: 'Bash', args: {} }, END],
    ],
    [
      'call with null for args',
      [parts({ functionCall: { name: 'Bash', args: null } as never }), finish('STOP')],
      [{ type: 'call', name: 'Bash', args: {} }, END],
    ],
    ...(['{"a":1}', ' {"a":1} ', '{}', '[]', '', ' ', 'null', [], null] as const).map(
      (args): [string, Frame[], TurnEvent[]] => [
        `call with ${JSON.stringify(args)} for args`,
        [parts({ functionCall: { name: 'Bash', args: args as never } }), finish('STOP')],
        [{ type: 'call', name: 'Bash', args: `${args}`.includes('a') ? { a: 1 } : {} }, END],
      ],
    ),
    [
      'call whose arguments come behind its name',
      [
        parts({ functionCall: { name: 'Bash', willContinue: true } }),
        parts({ functionCall: { args: { a: 1 } } }),
        finish('STOP'),
      ],
      [{ type: 'call', name: 'Bash', args: { a: 1 } }, END],
    ],
    [
      'arguments in pieces with a small gap, and without a root',
      [
        parts({
          functionCall: {
            name: 'Bash',
            partialArgs: [piece('$.a[2]', 'x'), piece('b', 'y'), piece('$.a[0].c', 'z')],
          },
        }),
        finish('STOP'),
      ],
      [{ type: 'call', name: 'Bash', args: { a: [{ c: 'z' }, null, 'x'], b: 'y' } }, END],
    ],
    [
      'lists that hold null',
      [
        { kind: 'content', chunk: { candidates: [null as never] } },
        parts(null as never, { text: 'a' }),
        finish('STOP'),
      ],
      [{ type: 'text', text: 'a' }, END],
    ],
    [
      'counts go before the parts of their chunk: a stop sequence in them ends the answer',
      [
        {
          kind: 'content',
          chunk: {
            candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' }],
            usageMetadata: { promptTokenCount: 3 },
          },
        },
      ],
      [{ type: 'usage', usage: { promptTokenCount: 3 } }, { type: 'text', text: 'a' }, END],
    ],
    [
      'call with the inner namespace',
      [parts({ functionCall: { name: 'default_api.Bash' } }), finish('STOP')],
      [{ type: 'call', name: 'Bash', args: {} }, END],
    ],
    [
      'call with a colon',
      [parts({ functionCall: { name: 'default_api:Read' } }), finish('STOP')],
      [{ type: 'call', name: 'Read', args: {} }, END],
    ],
    [
      'call in another case',
      [parts({ functionCall: { name: 'bash' } }), finish('STOP')],
      [{ type: 'call', name: 'Bash', args: {} }, END],
    ],
    [
      'two finishReasons: reading goes on after the first',
      [
        frame({ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' }),
        parts({ text: 'b' }),
        finish('STOP'),
      ],
      [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }, END],
    ],
    [
      'UNEXPECTED_TOOL_CALL with a declared call delivers it',
      [parts({ functionCall: { name: 'Bash', args: {} } }), finish('UNEXPECTED_TOOL_CALL')],
      [
        { type: 'call', name: 'Bash', args: {} },
        { type: 'finish', finish: { kind: 'finished', reason: 'UNEXPECTED_TOOL_CALL' } },
      ],
    ],
    [
      'MAX_TOKENS without text',
      [finish('MAX_TOKENS')],
      [{ type: 'finish', finish: { kind: 'finished', reason: 'MAX_TOKENS' } }],
    ],
    [
      'blocked prompt',
      [{ kind: 'content', chunk: { promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: 'm' } } }],
      [{ type: 'finish', finish: { kind: 'blocked', reason: 'SAFETY', message: 'm' } }],
    ],
    [
      'arguments in pieces (Vertex)',
      [
        parts({ functionCall: { name: 'Bash', willContinue: true }, thoughtSignature: 's' }),
        parts({
          functionCall: {
            partialArgs: [{ jsonPath: '$.a.b[0]', stringValue: 'x', willContinue: true }],
            willContinue: true,
          },
        }),
        parts({
          functionCall: {
            partialArgs: [
              { jsonPath: '$.a.b[0]', stringValue: 'y' },
              { jsonPath: '$.n', numberValue: 2 },
            ],
            willContinue: true,
          },
        }),
        parts({ functionCall: {} }),
        finish('STOP'),
      ],
      [{ type: 'call', name: 'Bash', args: { a: { b: ['xy'] }, n: 2 }, signature: 's' }, END],
    ],
  ];
  for (const [name, frames, events] of cases) {
    test(name, () => expect(read(frames).events).toEqual(events));
  }

  test('arguments in pieces may have any name, and reach no prototype', () => {
    const partialArgs = [
      { jsonPath: '$.__proto__.leaked', stringValue: 'x' },
      { jsonPath: '$["a b"]', numberValue: 1 },
      { jsonPath: "$['it\\'s']", boolValue: true },
    ];
    const { events } = read([parts({ functionCall: { name: 'Bash', partialArgs } }), finish('STOP')]);
    expect(JSON.stringify(events[0])).toContain('{"__proto__":{"leaked":"x"},"a b":1,"it\'s":true}');
    expect(Object.hasOwn(Object.prototype, 'leaked')).toBe(false);
  });

  test('code execution is readable as text', () => {
    const { events } = read([
      parts(
        { executableCode: { language: 'PYTHON', code: 'print(1)' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } },
      ),
      finish('STOP'),
    ]);
    const text = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
    expect(text).toContain('```python\nprint(1)\n```');
    expect(text).toContain('```\n1\n');
  });

  test('usage without counts is bookkeeping', () => {
    const usage = (value: object): Frame => ({ kind: 'usage', chunk: { usageMetadata: value } });
    const { events } = read([
      usage({ promptTokenCount: 3 }),
      usage({ trafficType: 'ON_DEMAND' }),
      parts({ text: 'a' }),
      finish('STOP'),
    ]);
    expect(events.filter((event) => event.type === 'usage')).toEqual([
      { type: 'usage', usage: { promptTokenCount: 3 } },
    ]);
  });

  test('with parallel calls disabled only the first is kept, and the rest told', () => {
    const { events, warnings } = read(
      [parts({ functionCall: { name: 'Bash' } }, { functionCall: { name: 'Read' } }), finish('STOP')],
      undefined,
      false,
    );
    expect(events.filter((event) => event.type === 'call').length).toBe(1);
    expect(warnings.map((warning) => warning.code)).toEqual(['content-changed']);
  });

  test('a source of recited words is told once, and ratings are not told', () => {
    const cites = (...uris: string[]) => ({
      citationMetadata: { citationSources: uris.map((uri) => ({ startIndex: 3, endIndex: 9, uri })) },
      safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' }],
    });
    const { warnings } = read([
      frame({ content: { parts: [{ text: 'Some words' }] }, ...cites('https://a.example/') }),
      frame({ finishReason: 'STOP', ...cites('https://a.example/', 'https://b.example/') }),
    ]);
    expect(warnings.map(({ detail }) => detail)).toEqual([
      'Gemini names a source of the text (bytes 3 to 9): https://a.example/',
      'Gemini names a source of the text (bytes 3 to 9): https://b.example/',
    ]);
  });

  test('a file that lies elsewhere is told with its address', () => {
    const fileData = { mimeType: 'image/png', fileUri: 'https://a.example/p.png' };
    const { events } = read([parts({ fileData }), finish('STOP')]);
    expect(events[0]).toMatchObject({ type: 'text', by: 'tool' });
    expect(JSON.stringify(events[0])).toContain('https://a.example/p.png');
  });

  test('a part that has no place is told', () => {
    const { warnings } = read([parts({ text: 'a' }, { videoMetadata: {} } as ResponsePart), finish('STOP')]);
    expect(warnings).toMatchObject([{ code: 'upstream-unknown', detail: 'part left out: videoMetadata' }]);
  });
});

describe('what is no answer', () => {
  const failures: [name: string, frames: Frame[], kind: string][] = [
    ['no finishReason', [parts({ text: 'a' })], 'truncated'],
    ['no bytes at all', [], 'truncated'],
    ['empty STOP', [finish('STOP')], 'unusable'],
    ['thoughts only, then STOP', [parts({ text: 'h', thought: true }), finish('STOP')], 'unusable'],
    [
      'MALFORMED_FUNCTION_CALL',
      [finish('MALFORMED_FUNCTION_CALL', 'Malformed function call: x')],
      'unusable',
    ],
    ['UNEXPECTED_TOOL_CALL without a call', [finish('UNEXPECTED_TOOL_CALL')], 'unusable'],
    ['a call of an undeclared tool', [parts({ functionCall: { name: 'Nope' } }), finish('STOP')], 'unusable'],
    ['a call without a name', [parts({ functionCall: { args: { a: 1 } } }), finish('STOP')], 'unusable'],
    ...(['ls', '[1]', '5', ['ls'], 5, true] as const).map((args): [string, Frame[], string] => [
      `arguments that are no object: ${JSON.stringify(args)}`,
      [parts({ functionCall: { name: 'Bash', args: args as never } }), finish('STOP')],
      'unusable',
    ]),
    ['a call that is no object', [parts({ functionCall: 'Bash()' as never }), finish('STOP')], 'unusable'],
    ...(
      [
        ['that are no list', { jsonPath: '$.a', stringValue: 'x' }],
        ['that are no objects', ['$.a']],
        ['without a path', [{ stringValue: 'x' }]],
        ['whose path is the root', [{ jsonPath: '$', stringValue: 'x' }]],
        ['whose path has no end', [{ jsonPath: '$.a["b', stringValue: 'x' }]],
        ['whose path is too deep', [{ jsonPath: `$${'.a'.repeat(201)}`, stringValue: 'x' }]],
        ['with a list in place of an object', [{ jsonPath: '$[0]', stringValue: 'x' }]],
        ['behind a wide gap', [{ jsonPath: '$.a[4000000]', stringValue: 'x' }]],
        ['inside of a text', [piece('$.a', 'x'), piece('$.a.b', 'y')]],
        ['in place of others', [piece('$.a.b', 'x'), piece('$.a', 'y')]],
        ['with a name in a list', [piece('$.a[0]', 'x'), piece('$.a.b', 'y')]],
      ] as const
    ).map(([what, partialArgs]): [string, Frame[], string] => [
      `arguments in pieces ${what}`,
      [parts({ functionCall: { name: 'Bash', partialArgs: partialArgs as never } }), finish('STOP')],
      'unusable',
    ]),
    ['an error object', [{ kind: 'error', error: { code: 503, message: 'm' } }], 'stream'],
    ['a broken event', [{ kind: 'malformed', text: '{' }], 'malformed'],
    ['a truncated event', [{ kind: 'truncated', text: '{' }], 'truncated'],
  ];
  for (const [name, frames, kind] of failures) {
    test(`${name} → ${kind}`, () => {
      try {
        read(frames);
      } catch (error) {
        expect(error).toBeInstanceOf(UpstreamError);
        expect((error as UpstreamError).kind as string).toBe(kind);
        return;
      }
      throw new Error('an answer was made of it');
    });
  }
});
