import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { valueAt, withMember, withoutMember } from '../../src/launch/json-edit.ts';

describe('a member set', () => {
  test.each([
    ['in an empty object', '{}', ['a'], '{\n  "a": "x"\n}'],
    ['in one with a line end behind', '{}\n', ['a'], '{\n  "a": "x"\n}\n'],
    [
      'in a parent that is not there',
      '{\n  "b": 1\n}',
      ['env', 'a'],
      '{\n  "b": 1,\n  "env": {\n    "a": "x"\n  }\n}',
    ],
    [
      'with the indent around it',
      '{\n\t"env": {\n\t\t"b": 1\n\t}\n}',
      ['env', 'a'],
      '{\n\t"env": {\n\t\t"b": 1,\n\t\t"a": "x"\n\t}\n}',
    ],
    [
      'in an empty parent',
      '{\n    "env": {}\n}',
      ['env', 'a'],
      '{\n    "env": {\n        "a": "x"\n    }\n}',
    ],
    ['on one line', '{"b":1}', ['env', 'a'], '{"b":1,"env":{"a":"x"}}'],
    ['on one line with blanks', '{ "b": 1 }', ['a'], '{ "b": 1, "a": "x" }'],
    [
      'with the line ends around it',
      '{\r\n  "b": 1\r\n}\r\n',
      ['env', 'a'],
      '{\r\n  "b": 1,\r\n  "env": {\r\n    "a": "x"\r\n  }\r\n}\r\n',
    ],
    ['in place of another value', '{ "a" : [1, {"a": 2}] , "b": 1.50 }', ['a'], '{ "a" : "x" , "b": 1.50 }'],
    ['in the last of two equal keys', '{"a":"1","a":"2"}', ['a'], '{"a":"1","a":"x"}'],
    ['behind a byte-order mark', '\uFEFF{\n  "b": 1\n}', ['a'], '\uFEFF{\n  "b": 1,\n  "a": "x"\n}'],
    [
      'past strings that look like structure',
      '{"b":"}\\"]{,\\\\","a":"1"}',
      ['a'],
      '{"b":"}\\"]{,\\\\","a":"x"}',
    ],
    ['under a key that is written with escapes', '{"\\u0061":"1"}', ['a'], '{"\\u0061":"x"}'],
  ])('%s', (_name, text, path, is) => {
    expect(withMember(text, path, 'x')).toBe(is);
  });
});

describe('a member removed', () => {
  test.each([
    ['the only one', '{\n  "a": 1\n}', ['a'], '{}'],
    ['the first', '{\n  "a": 1,\n  "b": 2\n}', ['a'], '{\n  "b": 2\n}'],
    ['the last', '{\n  "b": 2,\n  "a": 1\n}', ['a'], '{\n  "b": 2\n}'],
    ['one in between', '{"b":2, "a":1, "c":3}', ['a'], '{"b":2, "c":3}'],
    ['one that is not there', '{"b":2}', ['env', 'a'], '{"b":2}'],
  ])('%s', (_name, text, path, is) => {
    expect(withoutMember(text, path)).toBe(is);
  });
});

/** Settings as people write them: any values, any style. */
const SETTINGS = fc
  .tuple(
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__' && key !== 'env'),
      fc.jsonValue(),
      { maxKeys: 5 },
    ),
    fc.option(
      fc.dictionary(
        fc.string().filter((key) => key !== '__proto__' && key !== 'NEW'),
        fc.string(),
      ),
      { nil: undefined },
    ),
    fc.constantFrom(undefined, 2, 4, '\t'),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '\n', '  \n\n'),
  )
  .map(([members, env, indent, lineEnd, end]) => {
    const text = JSON.stringify(env === undefined ? members : { ...members, env }, null, indent);
    return `${text.replaceAll('\n', lineEnd)}${end}`;
  });

test('whatever the settings: one more member, all else as it was, and the same bytes when it is gone again', () => {
  fc.assert(
    fc.property(SETTINGS, fc.string(), (text, value) => {
      const set = withMember(text, ['env', 'NEW'], value);
      const [before, after] = [JSON.parse(text), JSON.parse(set)];
      expect(after).toEqual({ ...before, env: { ...before.env, NEW: value } });
      if (Object.keys(before.env ?? {}).length > 0) expect(withoutMember(set, ['env', 'NEW'])).toBe(text);
      expect(valueAt(JSON.parse(withoutMember(set, ['env', 'NEW'])), ['env', 'NEW'])).toBeUndefined();
    }),
  );
});
