/** Google as our simulator plays it, on loopback, with differences that are planted on request. */
import { SCENARIOS } from '../../../src/compose/mock-upstream.ts';
import { type Exchange, systemClock, systemRandom } from '../../../src/lib/ports.ts';
import { badKey } from '../../../src/sim/faults/status.ts';
import { createMockFetch } from '../../../src/sim/mock/index.ts';
import { errorReply } from '../../../src/sim/mock/replies.ts';
import { STAND_IN } from '../../../src/sim/mock/self.ts';
import type { Pace } from '../../../src/sim/mock/stream-body.ts';
import { loadScenarios } from '../../../src/sim/scenarios.ts';
import { applyPlants, type Plant } from './planting.ts';

const BAD_KEY = /^bad(?:-|$)/;
/** What a request is for is not on the wire. Nearly all are turns of a conversation. */
const EXCHANGE: Exchange = { id: 'gemini', labels: { caller: 'main' }, note() {} };

export type SimulatedOptions = { pace: Pace; implicitCache: boolean; plants: readonly Plant[] };

/** What answers each request. It takes every key, but `bad` and those that begin with `bad-`. */
export function simulatedGoogle({ pace, implicitCache, plants }: SimulatedOptions) {
  const mock = createMockFetch({
    scenarios: loadScenarios(SCENARIOS),
    random: systemRandom,
    clock: systemClock,
    pace,
    implicitCache,
    self: STAND_IN,
  });
  return async (request: Request): Promise<Response> => {
    const key = request.headers.get('x-goog-api-key') ?? '';
    if (key === '' || BAD_KEY.test(key)) return errorReply(badKey(''), false);
    const { url, method, headers, signal } = request;
    const body = await request.arrayBuffer();
    const init = { method, headers, signal, ...(body.byteLength === 0 ? {} : { body }) };
    const answer = (sent: RequestInit) => mock(url, sent, EXCHANGE);
    if (plants.length === 0) return answer(init);
    return applyPlants(plants, { url, init, body: new TextDecoder().decode(body) }, answer);
  };
}
