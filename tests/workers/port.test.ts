/** A port that several processes are going to share. */
import { describe, expect, test } from 'bun:test';
import { takePort } from '../../src/workers/port.ts';
import { isFree } from '../support/programs/workers-bench.ts';

const HOST = '127.0.0.1';

const taken = (port: number): string | undefined => {
  try {
    takePort(HOST, port);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'another error';
  }
};

describe.skipIf(process.platform !== 'linux')('takePort', () => {
  test('a free port for 0, at which nobody listens yet, and which nobody else may take', async () => {
    const port = takePort(HOST, 0);
    while (!(await isFree(port)));
    expect(taken(port)).toBe('EADDRINUSE');
  });

  test('a port at which somebody listens is refused', () => {
    using server = Bun.serve({ hostname: HOST, port: 0, reusePort: true, fetch: () => new Response() });
    expect(taken(Number(server.port))).toBe('EADDRINUSE');
  });
});
