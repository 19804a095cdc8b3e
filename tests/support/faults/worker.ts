/** One half of the fault matrix, on a core of its own. */
import type { FaultName } from '../../../src/sim/faults/table.ts';
import { runMatrix } from './matrix.ts';

declare const self: Worker;

self.onmessage = async ({ data }: MessageEvent<FaultName[]>) => {
  self.postMessage(await runMatrix(data));
};
