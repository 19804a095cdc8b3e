/** Connections that give no answer. The errors are those of Bun's fetch for the real thing; a test compares them. */
import { ignoreFailure } from '../../lib/async.ts';
import { pause } from './body.ts';
import type { Behaviour } from './fault.ts';

const RESET = 'ECONNRESET: The socket connection was closed unexpectedly.';

export const networkError = (code: string, message: string): TypeError =>
  Object.assign(new TypeError(message), { code });

/** The error of a read when the connection breaks, by RST or before the last chunk. */
export const resetError = (): TypeError => networkError('ECONNRESET', RESET);

/** Upstream is never asked. */
export const fails =
  (code: string, message: string): Behaviour =>
  async (_send, strike) => {
    strike.struck();
    throw networkError(code, message);
  };

/** Upstream is asked, but its answer is lost. */
export const losesAnswer: Behaviour = async (send, strike) => {
  const response = await send();
  ignoreFailure(response.body?.cancel());
  strike.struck();
  throw resetError();
};

/** No connection can be made. */
export const hangs: Behaviour = async (send, strike) => {
  strike.struck();
  await pause(strike.settings.for ?? Infinity, strike);
  return send();
};

/** The request is accepted, and nothing is ever answered. */
export const keepsSilent: Behaviour = async (send, strike) => {
  const sent = send();
  // The promise may reject long before anybody waits for it.
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
