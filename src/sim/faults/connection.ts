/**
 * Faults of connections that give no answer. The errors are those of Bun's fetch in the same situations; a test
 * compares them.
 */
import { ignoreFailure } from '../../lib/async.ts';
import { pause } from './body.ts';
import type { Behaviour } from './fault.ts';

const RESET = 'ECONNRESET: The socket connection was closed unexpectedly.';

export const networkError = (code: string, message: string): TypeError =>
  Object.assign(new TypeError(message), { code });

/** The error of a read when the connection breaks, by RST or by an end before the last chunk. */
export const resetError = (): TypeError => networkError('ECONNRESET', RESET);

/** Fails without asking upstream. */
export const fails =
  (code: string, message: string): Behaviour =>
  async (_send, strike) => {
    strike.struck();
    throw networkError(code, message);
  };

/** Asks upstream, but loses its answer. */
export const losesAnswer: Behaviour = async (send, strike) => {
  const response = await send();
  ignoreFailure(response.body?.cancel());
  strike.struck();
  throw resetError();
};

/** Never gets a connection. */
export const hangs: Behaviour = async (send, strike) => {
  strike.struck();
  await pause(strike.settings.for ?? Infinity, strike);
  return send();
};

/** Lets the request be accepted, and never answers anything. */
export const keepsSilent: Behaviour = async (send, strike) => {
  const sent = send();
  // The promise may reject long before it is awaited.
  ignoreFailure(sent);
  strike.struck();
  try {
    await pause(strike.settings.for ?? Infinity, strike);
  } catch (error) {
    // The late answer is not wanted any more, so its body is closed.
    ignoreFailure(sent.then((response) => response.body?.cancel()));
    throw error;
  }
  return sent;
};
