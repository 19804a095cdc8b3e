import { describe, expect, test } from 'bun:test';
import {
  flatItems,
  heightOf,
  subagentsIn,
  sumsOf,
  threadedItems,
} from '../../../../../src/http/ui/page/list/threads.ts';
import type { Row } from '../../../../../src/inspector/shapes.ts';

/** The first row came first; one second lies between two rows. */
const rowsOf = (...rows: (Partial<Row> & { id: string })[]): Row[] =>
  rows.map((row, index) => ({
    at: index * 1_000,
    thread: 't',
    caller: 'main',
    says: `says ${row.id}`,
    asked: 'claude-opus-5-5',
    state: 'ended',
    sign: 'ordinary',
    spans: [],
    warnings: 0,
    ...row,
  }));

const shape = (rows: readonly Row[], folded: string[] = []): string[] =>
  threadedItems(rows, new Set(folded)).map((item) => {
    if (item.kind === 'thread') return `thread ${item.thread.name}`;
    if (item.kind === 'branch') return `${'  '.repeat(item.depth)}branch ${item.name}`;
    return `${'  '.repeat(item.depth)}${item.row.id}`;
  });

describe('threads', () => {
  test('are sorted by their newest request, and so are the requests in each', () => {
    const rows = rowsOf({ id: 'a', thread: 'one' }, { id: 'b', thread: 'two' }, { id: 'c', thread: 'one' });
    expect(shape(rows)).toEqual(['thread says a', 'c', 'a', 'thread says b', 'b']);
  });

  test('are named by the first words of the main conversation', () => {
    const rows = rowsOf(
      { id: 'title', caller: 'title', opening: 'make a title' },
      { id: 'a', opening: 'fix the parser' },
      { id: 'b', opening: 'and now the tests' },
    );
    expect(shape(rows)[0]).toBe('thread fix the parser');
  });

  test('show only their head while folded', () => {
    expect(shape(rowsOf({ id: 'a' }, { id: 'b', agent: 'x' }), ['t'])).toEqual(['thread says a']);
  });

  test.each<[string, Partial<Row>[], number | undefined]>([
    [
      'all have',
      [
        { dollars: 0.5, listDollars: 1 },
        { dollars: 0.25, listDollars: 2 },
      ],
      3,
    ],
    ['one of those that cost lacks', [{ dollars: 0.5, listDollars: 1 }, { dollars: 0.25 }], undefined],
    ['only one without a cost lacks', [{ dollars: 0.5, listDollars: 1 }, {}], 1],
    [
      'only one of which all was lost lacks',
      [
        { dollars: 0.5, listDollars: 1 },
        { dollars: 0.25, lostDollars: 0.25 },
      ],
      1,
    ],
    ['none has', [{}], undefined],
  ])('compare with the list price that %s', (_name, parts, listDollars) => {
    const rows = rowsOf(...parts.map((part, at) => ({ id: `r${at}`, ...part })));
    expect(sumsOf(rows).listDollars).toBe(listDollars);
  });

  test('sum the tokens and the dollars of their requests, and say nothing of dollars that nobody knows', () => {
    const [head] = threadedItems(
      rowsOf({ id: 'a', in: 100, cached: 40, dollars: 0.5 }, { id: 'b', in: 50, state: 'streaming' }),
      new Set(),
    );
    expect(head).toMatchObject({ thread: { requests: 2, in: 150, cached: 40, dollars: 0.5, isLive: true } });
    const [unknown] = threadedItems(rowsOf({ id: 'a' }), new Set());
    expect(unknown?.kind === 'thread' && unknown.thread.dollars).toBeUndefined();
  });
});

describe('branches', () => {
  const agent = { agent: 'x', caller: 'subagent' };

  test('stand beneath the request that began them', () => {
    const rows = rowsOf(
      { id: 'call' },
      { id: 'b1', ...agent, branchOf: 'call', opening: 'find callers' },
      { id: 'b2', ...agent, branchOf: 'call' },
      { id: 'after' },
    );
    expect(shape(rows)).toEqual([
      'thread says call',
      'after',
      'call',
      '  branch find callers',
      '  b2',
      '  b1',
    ]);
  });

  test('stand at the end of the thread where the request that began them is not shown', () => {
    expect(shape(rowsOf({ id: 'a' }, { id: 'b', ...agent, branchOf: 'gone' }))).toEqual([
      'thread says a',
      'a',
      '  branch says b',
      '  b',
    ]);
  });

  test('of a subagent stand beneath the subagent’s request', () => {
    const rows = rowsOf(
      { id: 'call' },
      { id: 'b', ...agent, branchOf: 'call' },
      { id: 'c', agent: 'y', branchOf: 'b' },
    );
    expect(shape(rows)).toEqual([
      'thread says call',
      'call',
      '  branch says b',
      '  b',
      '    branch says c',
      '    c',
    ]);
  });

  test('that name each other as their beginning are shown once each', () => {
    const rows = rowsOf({ id: 'a', agent: 'x', branchOf: 'b' }, { id: 'b', agent: 'y', branchOf: 'a' });
    expect(shape(rows)).toEqual(['thread says a', '  branch says b', '  b', '    branch says a', '    a']);
  });

  test('that are folded show none of their requests, and none of the branches beneath these', () => {
    const rows = rowsOf(
      { id: 'call' },
      { id: 'b', ...agent, branchOf: 'call' },
      { id: 'c', agent: 'y', branchOf: 'b' },
    );
    expect(shape(rows, ['t/x'])).toEqual(['thread says call', 'call', '  branch says b']);
  });
});

test('without threads the newest request comes first', () => {
  expect(flatItems(rowsOf({ id: 'a' }, { id: 'b', thread: 'two' })).map(({ key }) => key)).toEqual([
    'b',
    'a',
  ]);
});

test.each<[string, Partial<Row>, boolean, number]>([
  ['nothing unusual, one line', {}, false, 36],
  ['words of its own, two', { words: 'waited' }, false, 60],
  ['a silence, two', { silentSince: 1_000 }, false, 60],
  ['words that were searched for, two', {}, true, 60],
  ['both, three', { words: 'waited' }, true, 84],
])('a request has with %s', (_name, more, isFound, height) => {
  const [item] = flatItems(rowsOf({ id: 'a', ...more }));
  if (item?.kind !== 'row') throw new Error('there is no row');
  const excerpt = isFound ? { where: 'asked' as const, text: 'found' } : undefined;
  expect(heightOf({ ...item, excerpt })).toBe(height);
});

test('a request without a session stands among the threads, without a head', () => {
  const rows = rowsOf({ id: 'a', thread: 'a' }, { id: 'b', thread: 'session' });
  expect(shape(rows)).toEqual(['thread says b', 'b', 'a']);
});

test('a thread keeps its name and its sums where only some of its requests are shown', () => {
  const rows = rowsOf(
    { id: 'call', opening: 'fix the parser', dollars: 1 },
    { id: 'b', agent: 'x', branchOf: 'call', dollars: 2 },
    { id: 'other', thread: 'two' },
  );
  const items = threadedItems(rows, new Set(), ({ id }) => id === 'b');
  expect(items.map(({ kind }) => kind)).toEqual(['thread', 'branch', 'row']);
  expect(items[0]).toMatchObject({ thread: { name: 'fix the parser', requests: 2, dollars: 3 } });
});

test('the subagents of a thread are found by the calls that began them, the oldest request first', () => {
  const begun = { agent: 'x', branchOf: 'call', branchCall: 'toolu_1' };
  const rows = rowsOf(
    { id: 'call' },
    { id: 'b1', ...begun },
    { id: 'b2', ...begun },
    { id: 'c', agent: 'y', branchOf: 'call' },
    { id: 'd', ...begun, thread: 'other' },
  );
  const found = [...subagentsIn(rows.toReversed(), 't')].map(([id, own]) => [id, own.map((row) => row.id)]);
  expect(found).toEqual([['toolu_1', ['b1', 'b2']]]);
});
