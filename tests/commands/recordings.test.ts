/** `bun run recordings`: all recordings, the requests of one, and the folder behind the id of a request. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listing } from '../../src/commands/recordings/list-recordings.ts';
import { age, aligned } from '../../src/commands/recordings/tables.ts';
import { DAMAGES, edit } from '../support/damages.ts';
import { googleError, startProxy } from '../support/proxy.ts';
import { event, good, pieces, recordingProxy, streamed } from '../support/recording.ts';

const root = mkdtempSync(join(tmpdir(), 'recordings-'));
afterAll(() => rmSync(root, { recursive: true }));

const RECORDINGS = join(root, 'recordings');
const CLAUDE = { 'user-agent': 'claude-cli/2.1.330 (external, cli)', 'x-app': 'cli' };
const SDK = { 'user-agent': 'Anthropic/JS 0.94.0' };
const ids: string[] = [];
/** The clock of these recordings stands at 15 January 2027, 08:00 UTC. */
const LATER = 1_800_000_000_000 + 3 * 86_400_000 + 60_000;

const asking = (letter: string) => ({ ...streamed, system: letter.repeat(2_000) });

beforeAll(async () => {
  mkdirSync(RECORDINGS);
  const busy = () => googleError(503, 'UNAVAILABLE', 'busy');
  const cut = pieces(event({ candidates: [{ content: { parts: [{ text: 'Half' }] } }] }));
  await using proxy = await recordingProxy(join(RECORDINGS, 'session'), [
    busy,
    good,
    cut,
    () => googleError(400, 'INVALID_ARGUMENT', 'no'),
  ]);
  for (const [letter, headers] of [
    ['a', CLAUDE],
    ['b', SDK],
    ['c', {}],
  ] as const) {
    const response = await proxy.send('/v1/messages', asking(letter), headers);
    await response.text();
    ids.push(response.headers.get('request-id') ?? '');
  }
});

const list = (...words: string[]) => listing({ words, json: false }, RECORDINGS, LATER);

describe('all recordings', () => {
  test('are lines: name, when, age, clients, who answered, how many', () => {
    const { lines, code } = list();
    expect(code).toBe(0);
    expect(lines[0]).toMatch(
      /^session {2}2027-01-15 08:00 {2}3 d old {2}claude-cli 2\.1\.330, Anthropic\/JS 0\.94\.0, Bun \S+ {2}\w+ {2}3 requests$/,
    );
  });

  test('none is told, with the way to one', () => {
    expect(listing({ words: [], json: false }, join(root, 'none'), LATER).lines).toEqual([
      expect.stringMatching(/^There is none in .*bun run record <name>/),
    ]);
  });

  test.each(['no recording', 'a broken manifest'])('%s is told beside the others', (what) => {
    const recordings = join(root, Bun.randomUUIDv7());
    cpSync(RECORDINGS, recordings, { recursive: true });
    mkdirSync(join(recordings, 'bad'));
    if (what === 'a broken manifest') Bun.write(join(recordings, 'bad/recording.json'), '{');
    const { lines } = listing({ words: [], json: false }, recordings, LATER);
    expect(lines[0]).toStartWith('session  ');
    expect(lines[1]).toMatch(/^bad {2}cannot be read: .*recording\.json/);
  });
});

describe('one recording', () => {
  test('is a table of its requests', () => {
    const { lines, code } = list('session');
    expect({
      code,
      lines: lines.map((line) => line.split(/ {2,}/).filter((cell) => !/^Bun/.test(cell))),
    }).toEqual({
      code: 0,
      lines: [
        ['request', 'when (UTC)', 'age', 'client', 'caller', 'status', 'end', 'tries', 'anomalies'],
        [
          '001-helper',
          '2027-01-15 08:00',
          '3 d',
          'claude-cli 2.1.330',
          'helper',
          '200',
          'end_turn',
          '2',
          expect.stringContaining('status 503'),
        ],
        [
          '002-sdk',
          '2027-01-15 08:00',
          '3 d',
          'Anthropic/JS 0.94.0',
          'sdk',
          '200',
          'overloaded_error',
          '1',
          '-',
        ],
        [
          '003-sdk',
          '2027-01-15 08:00',
          '3 d',
          'sdk',
          '400',
          'invalid_request_error',
          '1',
          expect.stringContaining('status 400'),
        ],
      ],
    });
  });

  test('is found by its path, too', () => {
    expect(list(join(RECORDINGS, 'session')).lines).toEqual(list('session').lines);
  });

  test('that is not there is an error', () => {
    expect(list('other')).toEqual({
      code: 1,
      lines: ['other: there is no such recording; bun run recordings lists them'],
    });
  });

  test('that is there and cannot be read is told as such', () => {
    const recordings = join(root, Bun.randomUUIDv7());
    mkdirSync(recordings);
    symlinkSync('circle', join(recordings, 'circle'));
    const { code, lines } = listing({ words: ['circle'], json: false }, recordings, LATER);
    expect([code, lines]).toEqual([1, [expect.stringMatching(/\/circle cannot be read: ELOOP/)]]);
  });

  test('without a request, or with broken settings, is told as such', () => {
    const empty = join(root, 'without-requests');
    mkdirSync(empty);
    cpSync(join(RECORDINGS, 'session/recording.json'), join(empty, 'recording.json'));
    expect(list(empty)).toEqual({ code: 1, lines: [`${empty}: no request was recorded yet`] });
    const broken = join(root, 'broken-settings');
    cpSync(join(RECORDINGS, 'session'), broken, { recursive: true });
    edit(broken, 'recording.json', (text) => `<<<<<<< ours\n${text}`);
    const { code, lines } = list(broken);
    expect([code, lines.length]).toEqual([1, 5]);
    expect(lines[4]).toContain(
      'recording.json: git has left a merge conflict in line 1; it has the settings',
    );
  });

  test.each([...DAMAGES])('tells where $what, and shows the others', ({ damage, told, what }) => {
    const recordings = join(root, Bun.randomUUIDv7());
    cpSync(RECORDINGS, recordings, { recursive: true });
    damage(join(recordings, 'session/001-helper'));
    const { lines } = listing({ words: ['session'], json: false }, recordings, LATER);
    const names = lines.map((line) => line.split(' ')[0]);
    if (what.endsWith('was edited')) {
      expect(names).toEqual(['request', '001-helper', '002-sdk', '003-sdk']);
      expect(lines[1]).toEndWith('edited, and not accepted with bun run bless: upstream/01/stream.jsonl');
      return;
    }
    expect(names).toEqual(['request', '002-sdk', '003-sdk', '001-helper']);
    expect(lines.at(-1)).toMatch(told);
  });
});

describe('one request', () => {
  test.each([
    ['by its id in the log', () => ids[0] ?? ''],
    ['by its number', () => 'session/1'],
    ['by its name', () => 'session/001-helper'],
  ])('is shown %s: its folder, and each try', (_how, word) => {
    const { lines, code } = list(word());
    expect(code).toBe(0);
    expect(lines).toEqual([
      `session/001-helper: ${join(RECORDINGS, 'session/001-helper')}`,
      expect.stringMatching(/^ {2}2027-01-15 08:00 UTC, 3 d ago, claude-cli 2\.1\.330, helper, \w+$/),
      `  answered 200, end_turn, ${ids[0]}`,
      expect.stringMatching(/^ {2}try 1: gemini-4-\w+, 503, 1 reads in \d+ ms, whole$/),
      expect.stringMatching(/^ {2}try 2: gemini-4-\w+, 200, \d+ reads in \d+ ms, whole$/),
      expect.stringContaining('status 503'),
      expect.stringContaining('bun run replay session --verify'),
    ]);
  });

  test('of a recording elsewhere is named by its path, also in what to do next', () => {
    const elsewhere = join(root, 'elsewhere');
    cpSync(join(RECORDINGS, 'session'), elsewhere, { recursive: true });
    expect(list(`${elsewhere}/1`).lines.at(-1)).toContain(
      `bun run replay ${elsewhere} --verify; in a clone: bun run adopt ${elsewhere}/001-helper <case>`,
    );
  });

  test('is found by the id that a replay of it has in its log', async () => {
    const env = { BACKEND: 'replay', REPLAY: join(RECORDINGS, 'session') };
    await using replay = await startProxy({ env });
    await (await replay.send('/v1/messages', asking('a'), CLAUDE)).text();
    const logged = replay.lines.find((line) => line['request_id'] !== undefined)?.['request_id'];
    expect(list(String(logged)).lines[0]).toStartWith('session/001-helper: ');
  });

  test('that was not recorded is told, with how many were looked at', () => {
    expect(list('req_nobody')).toEqual({
      code: 1,
      lines: ['req_nobody: none of 3 recorded requests has this id'],
    });
  });

  test('that the recording does not hold is told, with those that it does', () => {
    expect(list('session/9')).toEqual({
      code: 1,
      lines: [expect.stringContaining('it holds 001-helper, 002-sdk, 003-sdk')],
    });
  });

  test('is JSON for programs', () => {
    const { lines } = listing({ words: [ids[1] ?? ''], json: true }, RECORDINGS, LATER);
    expect(JSON.parse(lines.join('\n'))).toMatchObject([
      { recording: 'session', name: '002-sdk', requestId: ids[1], status: 200, end: 'overloaded_error' },
    ]);
  });
});

test.each([
  [0, '0 min'],
  [59 * 60_000, '59 min'],
  [60 * 60_000, '1 h'],
  [49 * 3_600_000, '2 d'],
  [-5_000, '0 min'],
])('%d ms are %s', (ms, text) => {
  expect(age(new Date(1_000_000_000_000).toISOString(), 1_000_000_000_000 + ms)).toBe(text);
});

test('the age of a date that is none is empty', () => {
  expect(age('yesterday', 0)).toBe('');
});

test('columns are as wide as their widest cell', () => {
  expect(aligned([['a', 'b'], ['long', 'c'], ['x']])).toEqual(['a     b', 'long  c', 'x']);
});
