import { expect, test } from 'bun:test';
import { foundSentence, foundText } from '../../../src/http/taping/how-found.ts';
import type { Match } from '../../../src/sim/replay/library.ts';
import type { Play } from '../../../src/sim/replay/player.ts';

const EXACT: Match = { how: 'exact', isRepeated: false, differs: [], places: [], alike: [] };

const play = (match: Partial<Match>, differences: string[] = []) =>
  ({ name: '003-main', match: { ...EXACT, ...match }, differences: () => differences }) as unknown as Play;

const many = Array.from({ length: 10 }, (_, at) => `part${at}`);

test.each<[string, Play, string]>([
  ['the same', play({}), 'exact; request=003-main'],
  ['the same, again', play({ isRepeated: true }), 'exact; request=003-main; again'],
  ['other parts', play({ how: 'loose', differs: ['a', 'b'] }), 'loose; request=003-main; differs=a,b'],
  ['another request upstream', play({}, ['x']), 'exact; request=003-main; upstream=differs'],
  ['others that fit', play({ how: 'loose', alike: ['004-main'] }), 'loose; request=003-main; alike=004-main'],
  [
    'so many parts that a header would be long',
    play({ how: 'loose', differs: many }),
    `loose; request=003-main; differs=${many.slice(0, 8).join(',')},...`,
  ],
  [
    'a part whose name no header can hold',
    play({ how: 'loose', differs: ['a;\r\nb: ü'] }),
    'loose; request=003-main; differs=a???b: ?',
  ],
])('the header says of %s', (_name, found, expected) => {
  expect(foundText(found)).toBe(expected);
  expect(new Headers({ 'x-replay-match': foundText(found) }).get('x-replay-match')).toBe(expected);
});

test.each<[string, Play, string | undefined]>([
  ['nothing of what is as recorded', play({}), undefined],
  [
    'of what was played before',
    play({ isRepeated: true }),
    '003-main was played before, and is played again',
  ],
  [
    'where it differs, in a line each',
    play({ how: 'loose', differs: ['a'], places: ['a.b: 1 ≠ 2', 'a.c: 1 ≠ 2'] }),
    '003-main matches only loosely, and differs in a (recorded ≠ now):\n  a.b: 1 ≠ 2\n  a.c: 1 ≠ 2',
  ],
])('the log says %s', (_name, found, expected) => {
  expect(foundSentence(found)).toBe(expected);
});
