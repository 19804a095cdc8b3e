/** Every request of a replay is searched for noise and names: the work grows with the length of its texts, and not faster. */
import { describe, expect, test } from 'bun:test';
import { CLIENT_NAMES } from '../../../src/http/taping/client-names.ts';
import { CLIENT_NOISE } from '../../../src/http/taping/client-wire.ts';
import { CountingRegex } from '../../support/counting-regex.ts';

/** Pieces of which a pattern finds its beginning over and over, and never its end. */
const PIECES = [
  ...[
    'a ',
    ' ',
    'a',
    '1',
    '0a',
    'a-',
    '1.',
    'word cch',
    ' cch=',
    'cc_version=1.1.1',
    '1ms ',
    '123e4567-e89b-12d3-',
  ],
  ...['"pin":{', '<usage>', '<usage> ', 'duration_ms: 1', 'Next run: A', 'running for 1', 'last tool call ~'],
  ...[
    '/tasks/mcp-',
    '/tool-results/webfetch-a',
    'agentId: a-',
    '<task-id>',
    'ID: b',
    'wf_',
    'Scheduled recurring job ',
  ],
];
const LENGTH = 600;

const noise = CLIENT_NOISE.flatMap((one) => ('pattern' in one && one.pattern ? [one] : []));
const patterns = [
  ...noise.map(({ why, pattern, begins = '' }) => ({ why, pattern: pattern ?? /x/, begins })),
  ...CLIENT_NAMES.map(({ why, introduced }) => ({ why, pattern: introduced, begins: '' })),
];

describe.each(patterns)('$why', ({ pattern, begins }) => {
  const steps = (piece: string, length: number): number =>
    new CountingRegex(pattern).count(`${begins}${piece.repeat(Math.ceil(length / piece.length))}`, 0);

  test.each(PIECES)('is looked for in one walk over a text of %j', (piece) => {
    expect(steps(piece, 4 * LENGTH)).toBeLessThan(5 * steps(piece, LENGTH));
  });
});
