/** Bodies whose lists were seen before are read as if they had not been, whatever was read before them. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseBody } from '../../../src/http/body.ts';
import { KnownLists } from '../../../src/http/known-lists.ts';
import { JsonFigures } from '../../../src/lib/json-figures.ts';

const NAMES = ['tools', 'messages'];
const EAGER = { most: 100_000, shortest: 2 };

function bodyOf(bytes: Uint8Array) {
  const figures = new JsonFigures();
  figures.feed(bytes);
  return { bytes, figures };
}

const bytesOf = (json: string) => new TextEncoder().encode(json);

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
const read = (json: string, known: KnownLists): any => parseBody(bodyOf(bytesOf(json)), known);

/** What comes of it: the value with the order of its keys and the digits of its numbers, or what is told. */
function outcome(bytes: Uint8Array, known: KnownLists): string {
  try {
    return JSON.stringify(parseBody(bodyOf(bytes), known));
  } catch (error) {
    return String(error);
  }
}

const hostile = fc.string({
  unit: fc.constantFrom('"', '\\', ',', ':', '[', ']', '{', '}', '1', 'ü', '𝄞', ' ', '\ufeff'),
  maxLength: 8,
});
/** Numbers whose digits count in some places, and one that is too large. */
const number = fc.constantFrom('1', '-0', '1.0', '12345678901234567890', '1e2', '1e400');
const call = fc.tuple(hostile, number).map(([text, digits]) => {
  const input = `{"n":${digits},${JSON.stringify(text)}:${JSON.stringify(text)}}`;
  return `{"role":"assistant","content":[{"type":"tool_use","input":${input}}],"input_examples":[${digits}]}`;
});
const item = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
  hostile.map((text) => JSON.stringify({ content: text, [text]: [text] })),
  call,
  call,
);
/** Texts that are no JSON, and so can be no item of a list. */
const broken = fc.constantFrom('', '1 2', '}', ']', '"', 'nul', '{"a":}', '[1,]', '\ufeff1', '\\');
const space = fc.constantFrom('', ' ', '\n\t');

const list = (items: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(space, items, space), { maxLength: 5 }).map((all) => all.map((one) => one.join('')));

const KEYS = ['"tools"', '"messages"', '"t\\u006fols"', '"messages "', '"other"', '"__proto__"', '"1"'];
const member = (lists: fc.Arbitrary<string>) =>
  fc.tuple(fc.constantFrom(...KEYS), space, fc.oneof(lists, lists, fc.constantFrom('0', 'null', '[]', '{}')));

const body = (lists: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom('', '\ufeff', ' '), fc.array(member(lists), { maxLength: 4 }), space)
    .map(([start, members, end]) => {
      const inner = members.map(([key, gap, value]) => `${gap}${key}${gap}:${value}`).join(',');
      return `${start}{${inner}}${end}`;
    });

const joined = (items: readonly string[]) => `[${items.join(',')}]`;

/** A few items, and bodies that begin their lists with some of them. */
const bodies = list(item).chain((items) => {
  const beginning = fc.nat(items.length).map((count) => items.slice(0, count));
  const lists = fc
    .tuple(beginning, list(fc.oneof({ weight: 6, arbitrary: item }, { weight: 1, arbitrary: broken })))
    .map((parts) => joined(parts.flat()));
  return fc.array(body(lists), { minLength: 2, maxLength: 8 });
});

describe('a body', () => {
  for (const [name, bounds] of [
    ['everything', EAGER],
    ['little', { most: 150, shortest: 2 }],
  ] as const) {
    test(`is read as the first one would be, where ${name} is kept of those before`, () => {
      fc.assert(
        fc.property(bodies, (all) => {
          const known = new KnownLists(NAMES, bounds);
          for (const json of all) {
            const bytes = bytesOf(json);
            expect(outcome(bytes, known)).toBe(outcome(bytes, new KnownLists(NAMES)));
            expect(known.held).toBeLessThanOrEqual(bounds.most);
          }
        }),
        { numRuns: 600 },
      );
    });
  }

  test('is refused in the same words wherever its bytes are cut or changed', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.nat(255), fc.boolean(), (all, at, byte, isCut) => {
        const known = new KnownLists(NAMES, EAGER);
        for (const json of all) {
          const bytes = bytesOf(json);
          outcome(bytes, known);
          const place = at % (bytes.length + 1);
          const changed = isCut ? bytes.slice(0, place) : bytes.with(Math.min(place, bytes.length - 1), byte);
          expect(outcome(changed, known)).toBe(outcome(changed, new KnownLists(NAMES)));
        }
      }),
      { numRuns: 600 },
    );
  });

  test.each([
    ['names a list twice', '{"tools":[1,2],"messages":[3,4],"tools":[1,2,5]}'],
    ['names a list twice, at last as no list', '{"tools":[1,2],"tools":0}'],
    ['names a list twice, once with an escape', '{"tools":[1,2],"t\\u006fols":[8,9]}'],
    ['names a list at another level', '{"messages":{"tools":[1,2]},"tools":[[1,2]]}'],
    ['is a list itself', '["tools",[1,2]]'],
    ['has very many members', `{${Array.from({ length: 99 }, (_, n) => `"${n}":0,`).join('')}"tools":[1,2]}`],
  ])('that %s is read as it stands', (_name, json) => {
    const known = new KnownLists(NAMES, EAGER);
    read('{"tools":[1,2],"messages":[3,4]}', known);
    expect(read(json, known)).toEqual(JSON.parse(json));
    expect(read(json, known)).toEqual(JSON.parse(json));
  });

  test('keeps the digits of its own numbers, and lets those of others be, in lists of the same bytes', () => {
    const items = '[{"content":[{"input":{"n":1.0}}],"input_examples":[2.0]}]';
    const known = new KnownLists(NAMES, EAGER);
    for (const name of ['tools', 'messages', 'tools', 'messages']) {
      const json = `{"${name}":${items}}`;
      expect(outcome(bytesOf(json), known)).toBe(outcome(bytesOf(json), new KnownLists(NAMES)));
    }
  });

  test('that is nested too deeply is not kept: its digits were not read', () => {
    const known = new KnownLists(NAMES, EAGER);
    const message = '{"content":[{"input":{"n":1.0}}]}';
    read(`{"messages":[${message}],"deep":${'['.repeat(600)}${']'.repeat(600)}}`, known);
    expect(JSON.stringify(read(`{"messages":[${message}]}`, known))).toContain('"n":1.0');
  });
});

const message = (nth: number, more = '') =>
  JSON.stringify({
    role: nth % 2 === 0 ? 'user' : 'assistant',
    content: `${'x'.repeat(1_000)} ${nth}${more}`,
  });
const conversation = (count: number, last = message(count)) =>
  Array.from({ length: count }, (_, nth) => message(nth)).concat(last);
const asked = (items: readonly string[]) => `{"model":"m","messages":[${items.join(',')}],"stream":true}`;

describe('what is known', () => {
  test('is the very same object when it comes again, and is not parsed', () => {
    const known = new KnownLists(NAMES);
    const first = read(asked(conversation(20)), known);
    const json = asked([...conversation(20, message(20, ' without a mark')), message(21)]);
    const { rest } = known.cut(bytesOf(json), bodyOf(bytesOf(json)).figures.members);
    expect(rest.byteLength).toBeLessThan(2_500);
    const second = read(json, known);
    expect(second.messages).toHaveLength(22);
    for (let nth = 0; nth < 20; nth++) expect(second.messages[nth]).toBe(first.messages[nth]);
    expect(second.messages[20]).not.toBe(first.messages[20]);
  });

  test('holds for two conversations that begin alike, and for the same one asked again', () => {
    const known = new KnownLists(NAMES);
    const [one, other] = [asked(conversation(10)), asked(conversation(4, message(9, ' another')))];
    const before = [read(one, known), read(other, known)];
    for (const [nth, json] of [one, other, one].entries()) {
      const again = read(json, known);
      const same = before[nth % 2].messages.every((item: unknown, at: number) => item === again.messages[at]);
      expect(same).toBe(true);
    }
  });

  test('is what was used last, within its bound', () => {
    const known = new KnownLists(NAMES, { most: 20_000, shortest: 100 });
    const of = (name: string) => asked([JSON.stringify({ content: name.repeat(6_000) })]);
    const first = read(of('a'), known);
    read(of('b'), known);
    expect(read(of('a'), known).messages[0]).toBe(first.messages[0]);
    for (const name of ['c', 'd', 'e']) read(of(name), known);
    expect(known.held).toBeLessThanOrEqual(20_000);
    expect(read(of('a'), known).messages[0]).not.toBe(first.messages[0]);
  });

  test('is nothing where a list is larger than all that may be kept', () => {
    const known = new KnownLists(NAMES, { most: 1_000, shortest: 100 });
    read(asked(conversation(20)), known);
    expect(known.held).toBe(0);
  });

  test('ends where a list first differs, however long it is', () => {
    const known = new KnownLists(NAMES, { most: 10_000_000, shortest: 100 });
    const items = Array.from({ length: 50_000 }, (_, nth) => `{"n":${nth}}`);
    const first = read(asked(items), known);
    const changed = items.with(40_000, '{"n":"another"}');
    const again = read(asked(changed), known);
    expect(again.messages[39_999]).toBe(first.messages[39_999]);
    expect(again.messages[40_001]).not.toBe(first.messages[40_001]);
    expect(again.messages).toHaveLength(50_000);
  });
});
