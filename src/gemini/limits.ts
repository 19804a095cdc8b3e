/**
 * Bounds on an answer. No model's answer is anywhere near them, but a broken upstream could otherwise fill the memory
 * or block the event loop. The last bound is Google's own, on a request.
 */

/** The most characters of one event, or of one object over several events. */
export const MAX_EVENT = 16 * 1024 * 1024;

/**
 * The most levels of objects and lists inside each other. Google's own messages have about 50; the parsers of many
 * clients give up at 200.
 */
export const MAX_DEPTH = 200;

/** The most values in one event. A model would need a whole answer to write that many. */
export const MAX_VALUES = 30_000;

/** The most bytes of all events together: some thousand for each token of the longest answer. */
export const MAX_ANSWER = 64 * 1024 * 1024;

/** The most calls in one answer. No recording has more than sixteen. */
export const MAX_CALLS = 1_000;

/**
 * Characters of an error's message that are searched: more than are searched for secrets, and far more than are shown.
 */
export const MAX_MESSAGE = 128 * 1024;

/** The most bytes of a request. */
export const MAX_REQUEST_BYTES = 20 * 1024 * 1024;
