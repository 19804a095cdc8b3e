/** No answer at all. The errors are the ones that Bun's fetch gives for the real thing; a test compares them. */
import { ignoreFailure } from '../../lib/async.ts';
import { pause } from './body.ts';
import type { Behaviour } from './fault.ts';

const RESET = 'ECONNRESET: The socket connection was closed unexpectedly.';

export const networkError = (code: string, message: string): TypeError =>
  Object.assign(new TypeError(message), { code });

/** What a read rejects with when the connection breaks, by RST or before the last chunk. */
export const resetError = (): TypeError => networkError('ECONNRESET', RESET);

/** Upstream is never asked. */
export const fails =
  (code: string, message: string): Behaviour =>
  async (_send, strike) => {
    strike.struck();
    throw networkError(code, message);
  };

/** Upstream is asked, and its answer lost. */
export const losesAnswer: Behaviour = async (send, strike) => {
  const response = await send();
  ignoreFailure(response.body?.cancel());
  strike.struck();
  throw resetError();
};

/** The connection is never made. */
export const hangs: Behaviour = async (send, strike) => {
  strike.struck();
  await pause(strike.settings.for ?? Infinity, strike);
  return send();
};

/** The request is taken, and nothing is ever said. */
export const keepsSilent: Behaviour = async (send, strike) => {
  const sent = send();
  // It may fail long before anybody is told: until then nobody is there to hear of it.
  ignoreFailure(sent);
  strike.struck();
  try {
    await pause(strike.settings.for ?? Infinity, strike);
  } catch (error) {
    // Nobody waits for it any more.
    ignoreFailure(sent.then((response) => response.body?.cancel()));
    throw error;
  }
  return sent;
};
