/** What `docs/mapping.md` says is so: each row names a test that is about it, and what it says of tools and betas is tried here. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWERS } from '../../scripts/mapping/answers.ts';
import { BETAS } from '../../scripts/mapping/betas.ts';
import { BLOCKS, EDITS, TOOLS, type ToolRow } from '../../scripts/mapping/blocks-and-tools.ts';
import { BLOCKED, ENDS, FAILURES, OWN_ERRORS } from '../../scripts/mapping/ends-and-errors.ts';
import { FIELDS, INSIDE } from '../../scripts/mapping/fields.ts';
import { innerKeys } from '../../scripts/mapping/request-keys.ts';
import { IN, type Row, type Shown } from '../../scripts/mapping/row.ts';
import { hello, startProxy, type TestProxy } from '../support/proxy.ts';

const ROOT = join(import.meta.dir, '../..');

/** The text of a test, or of all files of a turn. */
function textOf(shown: Shown): string {
  const path = join(ROOT, shown);
  if (!existsSync(path)) return '';
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8');
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

const hasWord = (text: string, word: string) => new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text);

const shownOf = (rows: Readonly<Record<string, { shown: Shown }>>): [string, Shown][] =>
  Object.entries(rows).map(([name, { shown }]) => [name, shown]);
const all = (rows: Readonly<Record<string, Shown>>): [string, Shown][] => Object.entries(rows);

/** A tool is known by its type without the date. */
const tools = shownOf(TOOLS).map(([type, shown]): [string, Shown] => [
  type.replace(/_\d{8}$/, '_\\d+'),
  shown,
]);
const inner = innerKeys().map(({ key, shown }): [string, Shown] => [key, shown]);

const NAMED: Readonly<Record<string, readonly [string, Shown][]>> = {
  field: shownOf(FIELDS),
  'key inside of a field': inner,
  block: shownOf(BLOCKS),
  'field of an answer': shownOf(ANSWERS),
  end: all(ENDS),
  'blocked prompt': all(BLOCKED),
  'class of failures': all(FAILURES),
  'type of errors': shownOf(OWN_ERRORS),
};

describe('docs/mapping.md', () => {
  for (const [kind, rows] of Object.entries(NAMED)) {
    test(`each ${kind} is named in the test of its row`, () => {
      expect(rows.filter(([name, shown]) => !hasWord(textOf(shown), name))).toEqual([]);
    });
  }

  test('each edit of the context is named, with its date, in the test of its row', () => {
    expect(all(EDITS).filter(([kind, shown]) => !hasWord(textOf(shown), `${kind}_\\d{8}`))).toEqual([]);
  });

  test('each test that is named for tools and betas exists', () => {
    const named = [...tools, ...shownOf(BETAS)].map(([, shown]) => shown);
    expect([...new Set(named)].filter((shown) => textOf(shown) === '')).toEqual([]);
  });

  test('what a beta is said to be about is named in the test of its row', () => {
    const elsewhere = Object.entries<Row>(BETAS).filter(([, { shown }]) => shown !== IN.betas);
    const unnamed = elsewhere.flatMap(([beta, { becomes, shown }]) =>
      [...becomes.matchAll(/`([\w/.]+)…?`/g)]
        .map(([, word = '']) => word.split('.').at(-1) ?? word)
        .filter((word) => !textOf(shown).includes(word))
        .map((word) => `${beta}: ${word} in ${shown}`),
    );
    expect(unnamed).toEqual([]);
  });

  test('no row says that something is refused, ignored or left out without the reason', () => {
    const rows = readFileSync(join(ROOT, 'docs/mapping.md'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, name = '', , becomes = ''] = /^\| (.*?) \| (.*\| )?(.*) \| \[/.exec(line) ?? [];
        return /refused|ignored|left out/.test(becomes) ? [{ name, becomes }] : [];
      })
      // The client has asked for these edits.
      .filter(({ name }) => !name.startsWith('`clear_'));
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter(({ becomes }) => !/(?:refused|ignored|left out).*: \S+ \S+/.test(becomes))).toEqual(
      [],
    );
  });

  test('no object and no key is described that requests do not have', () => {
    const known = new Set(innerKeys().flatMap(({ owner, key }) => [owner, `${owner}.${key}`]));
    expect(Object.keys(INSIDE).filter((place) => !known.has(place))).toEqual([]);
  });
});

let proxy: TestProxy;
beforeAll(async () => {
  proxy = await startProxy();
});
afterAll(() => proxy[Symbol.asyncDispose]());

const NAMES: Readonly<Record<string, string>> = {
  text_editor_20241022: 'str_replace_editor',
  text_editor_20250124: 'str_replace_editor',
  text_editor_20250429: 'str_replace_based_edit_tool',
  text_editor_20250728: 'str_replace_based_edit_tool',
};
const declared = (type: string): object => {
  if (type === 'custom') return { type, name: 'look', input_schema: { type: 'object' } };
  if (type === 'mcp_toolset') return { type, mcp_server_name: 'm' };
  return { type, name: NAMES[type] ?? type.replace(/_\d{8}$/, '') };
};

describe('a tool of the type', () => {
  test.each(Object.entries<ToolRow>(TOOLS))('%s is served or refused as its row says', async (type, row) => {
    const answer = await proxy.send('/v1/messages', { ...hello, tools: [declared(type)] });
    const body = await answer.json();
    if (!row.isRefused) {
      expect({ status: answer.status, type: body.type }).toEqual({ status: 200, type: 'message' });
      return;
    }
    expect({ status: answer.status, type: body.error.type }).toEqual({
      status: 400,
      type: 'invalid_request_error',
    });
    expect(body.error.message).toStartWith(`tools.0.type: ${type} `);
  });
});

describe('a beta', () => {
  test.each(Object.keys(BETAS))('%s is accepted by its name, and told nothing of', async (beta) => {
    const before = proxy.told('warning').length;
    const answer = await proxy.send('/v1/messages', { ...hello, betas: [beta] }, { 'anthropic-beta': beta });
    expect({ status: answer.status, type: (await answer.json()).type }).toEqual({
      status: 200,
      type: 'message',
    });
    expect(proxy.told('warning').slice(before)).toEqual([]);
  });

  test('that nobody knows is accepted as well', async () => {
    const answer = await proxy.send('/v1/messages', hello, {
      'anthropic-beta': 'no-such-thing-2099-01-01,another',
    });
    expect(answer.status).toBe(200);
  });
});
