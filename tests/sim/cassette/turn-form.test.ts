/** The small form in which turns are written: nothing is lost in it, and nothing stands in it twice. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodeSseEvent } from '../../../src/lib/sse.ts';
import { withPieces, withPiecesNamed } from '../../../src/sim/cassette/client-pieces.ts';
import { printJson } from '../../../src/sim/cassette/print-json.ts';
import { readRecordedRequest } from '../../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { writeTurn } from '../../../src/sim/cassette/write.ts';
import { turnFixtures } from '../../support/turn-fixtures.ts';
import { TURNS } from '../../support/turns/folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'turn-form-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TEXT = readRecordedRequest(join(TURNS, 'text-3'));
const event = (data: object) => encodeSseEvent('type' in data ? String(data.type) : '', JSON.stringify(data));

const changed = (sent: string, answer: string, body = TEXT.request.body): RecordedRequest => ({
  ...TEXT,
  request: { ...TEXT.request, body },
  answer: { ...TEXT.answer, bytes: new Uint8Array(Buffer.from(answer)) },
  upstream: TEXT.upstream.map((exchange) => ({ ...exchange, request: { ...exchange.request, body: sent } })),
});

async function roundTrip(name: string, recorded: RecordedRequest) {
  const turn = join(folder, name);
  await writeTurn(turn, recorded);
  return { turn, again: readRecordedRequest(turn) };
}

const SCHEMA = { type: 'object', properties: { path: { type: 'string', description: 'Where the file is' } } };
const TOLD = event({ type: 'message_start' }) + event({ type: 'ping' });

describe('a turn on disk', () => {
  test.each<[string, RecordedRequest]>([
    ['events as this proxy prints them', changed('{"contents":[]}', TOLD)],
    ['events in other words', changed('{"contents":[]}', TOLD.replace('data: ', 'data:'))],
    ['an event that is cut off', changed('{"contents":[]}', TOLD.slice(0, -1))],
    [
      'numbers that JavaScript would print otherwise',
      changed('{"contents":[1.0,12345678901234567890]}', TOLD),
    ],
    ['a body that is no JSON', changed('{"contents"', TOLD, '{"messages":')],
    ['a mark of ours in a text', changed('{"a":"⟦client:/model⟧"}', TOLD, '{"model":"⟦json:x⟧"}')],
    ['keys with slashes', changed(JSON.stringify({ a: SCHEMA }), TOLD, JSON.stringify({ 'a/~b': SCHEMA }))],
    [
      'a long text',
      changed(JSON.stringify({ a: 'x'.repeat(5000) }), TOLD, JSON.stringify({ b: 'x'.repeat(5000) })),
    ],
    ['what nothing is known of', { ...TEXT, upstream: [], signatures: [] }],
    ['a client that left', { ...TEXT, answer: { ...TEXT.answer, end: 'client-gone' } }],
  ])('comes back as it was: %s', async (name, recorded) => {
    expect((await roundTrip(name.replaceAll(' ', '-'), recorded)).again).toEqual(recorded);
  });

  test('has each file once, and names what the client’s request says already', async () => {
    const body = JSON.stringify({ tools: [{ name: 'Read', input_schema: SCHEMA }] });
    const sent = JSON.stringify({
      tools: [{ functionDeclarations: [{ name: 'Read', parametersJsonSchema: SCHEMA }] }],
    });
    const { turn } = await roundTrip('named', changed(sent, TOLD, body));
    const files = readdirSync(turn, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.\w+$/.test(path),
    );
    expect(files.sort()).toEqual([
      'client-request.json',
      'expected.jsonl',
      'meta.json',
      'upstream/01/meta.json',
      'upstream/01/request.json',
      'upstream/01/stream.jsonl',
    ]);
    const request = readFileSync(join(turn, 'upstream/01/request.json'), 'utf8');
    expect(request).toContain('{ "name": "Read", "parametersJsonSchema": "⟦client:/tools/0/input_schema⟧" }');
    expect(readFileSync(join(turn, 'expected.jsonl'), 'utf8')).toBe(
      '{"type":"message_start"}\n{"type":"ping"}\n',
    );
  });

  test('may be edited by hand: an expected event is the same however it is spaced', async () => {
    const { turn, again } = await roundTrip('spaced', changed('{}', TOLD));
    writeFileSync(join(turn, 'expected.jsonl'), '{ "type": "message_start" }\n\n{"type" : "ping"}');
    expect(readRecordedRequest(turn)).toEqual(again);
  });

  test.each([
    ['expected.jsonl', '{"type":"message_start"}\nping\n', /expected\.jsonl:2: not the JSON of an event/],
    [
      'upstream/01/request.json',
      '"⟦client:/tools/7⟧"',
      /request\.json: the client's request has nothing at \/tools\/7/,
    ],
  ])('names what is wrong in %s', async (file, text, problem) => {
    const { turn } = await roundTrip('wrong', changed('{"a":1}', TOLD));
    const path = join(turn, file);
    writeFileSync(path, file.endsWith('l') ? text : readFileSync(path, 'utf8').replace('{ "a": 1 }', text));
    expect(() => readRecordedRequest(turn)).toThrow(problem);
  });

  test('any two requests: pieces that are named and put back give the same', () => {
    const text = fc.string({ minLength: 50, maxLength: 70 }).filter((value) => !value.includes('⟦'));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any')),
        fc.dictionary(fc.string(), tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(value, value, fc.string(), (client, other, key) => {
        const sent = { [key]: client, list: [other, client] };
        const named = withPiecesNamed(sent, { [key]: { inside: client } });
        expect(JSON.stringify(withPieces(named, { [key]: { inside: client } }))).toBe(JSON.stringify(sent));
      }),
    );
  });

  test('is short: half of those with one attempt have at most 60 lines', () => {
    const lines = turnFixtures()
      .filter(({ recorded }) => recorded.upstream.length === 1)
      .map(({ folder: turn }) => linesIn(turn))
      .sort((a, b) => a - b);
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(60);
  });
});

const linesIn = (turn: string): number =>
  readdirSync(turn, { recursive: true, encoding: 'utf8' })
    .map((path) => join(turn, path))
    .filter((path) => statSync(path).isFile())
    .reduce((sum, path) => sum + readFileSync(path, 'utf8').trimEnd().split('\n').length, 0);

describe('JSON for people', () => {
  test.each<[string, unknown, string]>([
    ['what fits stays on a line', { a: [1, { b: null }] }, '{ "a": [1, { "b": null }] }\n'],
    [
      'what does not is broken',
      { abc: 'text', list: [1, 2, 3] },
      '{\n  "abc": "text",\n  "list": [1, 2, 3]\n}\n',
    ],
    ['nothing inside', { a: {}, b: [] }, '{ "a": {}, "b": [] }\n'],
    ['what cannot be broken is long', ['x'.repeat(30)], `[\n  "${'x'.repeat(30)}"\n]\n`],
    ['what is undefined is left out', { a: undefined, b: 1 }, '{ "b": 1 }\n'],
  ])('%s', (_what, value, text) => {
    expect(printJson(value, 28)).toBe(text);
  });

  test('any value reads as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(80), (value, width) => {
        expect(JSON.stringify(JSON.parse(printJson(value, width)))).toBe(JSON.stringify(value));
      }),
    );
  });
});
