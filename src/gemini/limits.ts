/**
 * Bounds on an answer. No model's answer comes near them. A broken upstream may, and would fill the memory or block the
 * event loop.
 */

/** Characters of one event, or of one object over several. */
export const MAX_EVENT = 16 * 1024 * 1024;

/**
 * How deep objects and lists may be nested. Google's own messages go about 50 deep; the parsers of many clients give up
 * at 200.
 */
export const MAX_DEPTH = 200;

/** Values in one event. A model would need the length of a whole answer to write that many. */
export const MAX_VALUES = 30_000;

/** Bytes of all events together: some thousand for each token of the longest answer. */
export const MAX_ANSWER = 64 * 1024 * 1024;

/** Calls in one answer. The most in any recording is sixteen. */
export const MAX_CALLS = 1_000;

/**
 * Characters of an error's message that are searched: more than are searched for secrets, and far more than are shown.
 */
export const MAX_MESSAGE = 128 * 1024;
