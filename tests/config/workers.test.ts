import { describe, expect, test } from 'bun:test';
import { availableParallelism } from 'node:os';
import { readConfig } from '../../src/config/config.ts';
import type { Values } from '../../src/config/variables.ts';
import { type Machine, readWorkers } from '../../src/config/workers.ts';

const LINUX: Machine = { platform: 'linux', cores: 6, execArgv: [] };

describe('how many processes serve', () => {
  test.each([
    ['1', 1],
    ['2', 2],
    ['64', 64],
    ['auto', 6],
  ])('%s', (text, count) => {
    const notices: string[] = [];
    expect(readWorkers({ WORKERS: text } as Values, notices, LINUX)).toBe(count);
    expect(notices).toEqual([]);
  });

  const other = (more: Partial<Machine>): Machine => ({ ...LINUX, ...more });

  test('auto on a machine with more cores than WORKERS may name: as many as it may name', () => {
    expect(readWorkers({ WORKERS: 'auto' } as Values, [], other({ cores: 128 }))).toBe(64);
  });

  test.each([
    ['on a Mac', {}, other({ platform: 'darwin' }), 'only Linux deals the connections'],
    ['on Windows', {}, other({ platform: 'win32' }), 'only Linux deals the connections'],
    ['while recording', { RECORD: 'folder' }, LINUX, 'a recording is made by one process'],
    ['while replaying', { BACKEND: 'replay' }, LINUX, 'a recording is played by one process'],
    ['with faults', { FAULTS: 'http-503@2' }, LINUX, 'FAULTS counts the requests of one process'],
    ['while watched', {}, other({ execArgv: ['--watch'] }), 'watched or debugged'],
    ['while debugged', {}, other({ execArgv: ['--inspect=9229'] }), 'watched or debugged'],
  ] satisfies [string, Partial<Values>, Machine, string][])(
    '%s: one, and the reason',
    (_when, values, machine, why) => {
      const notices: string[] = [];
      expect(readWorkers({ WORKERS: '3', ...values } as Values, notices, machine)).toBe(1);
      expect(notices).toEqual([expect.stringMatching(/^WORKERS: one process serves, not 3: /)]);
      expect(notices[0]).toContain(why);
    },
  );

  test('a mock of several processes says that tests want one', () => {
    const notices: string[] = [];
    expect(readWorkers({ WORKERS: '2', BACKEND: 'mock' } as Values, notices, LINUX)).toBe(2);
    expect(notices).toEqual([expect.stringContaining('x-test-id and /__mock need WORKERS=1')]);
  });

  test('one process needs no reason', () => {
    const notices: string[] = [];
    expect(readWorkers({ WORKERS: '1', RECORD: 'x' } as Values, notices, LINUX)).toBe(1);
    expect(notices).toEqual([]);
  });
});

describe('WORKERS', () => {
  const read = (text: string | undefined) => readConfig({ BACKEND: 'mock', WORKERS: text }, []).workers;

  test('without it one process serves', () => {
    expect([read(undefined), read('')]).toEqual([1, 1]);
  });

  test.skipIf(process.platform !== 'linux')('auto is one for each core, in any case', () => {
    expect(read(' AUTO ')).toBe(Math.min(availableParallelism(), 64));
    expect(readConfig({ BACKEND: 'mock', WORKERS: '9' }, ['--workers', '2']).workers).toBe(2);
  });

  test.each(['0', '-1', '65', '100', '2.5', 'two', '1e1', '02'])('%s is refused', (text) => {
    expect(() => read(text)).toThrow(`WORKERS: expected a whole number from 1 to 64, or auto, got "${text}"`);
  });
});
