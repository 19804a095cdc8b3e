/** This package for Bun: the proxy within the process of the test. */
import type * as api from './api.d.cts';
import { connect } from './node/control.cjs';
import type { Call } from './options.ts';
import { serve } from './serve.ts';

export { connect };

async function start(call: Call, options: unknown): Promise<api.Running> {
  const { url, key, stop } = await serve(call, options);
  return { ...connect(url, { key }), stop };
}

export const startMock: typeof api.startMock = (options = {}) => start('startMock', options);
export const startReplay: typeof api.startReplay = (options) => start('startReplay', options);
export const startProxy: typeof api.startProxy = (options) => start('startProxy', options);
