/** Bounds on an answer. Nothing that a model says comes near them; what does is a broken upstream, and would fill memory or hold the loop. */

/** Characters of one event, or of one object over several. */
export const MAX_EVENT = 16 * 1024 * 1024;

/** Objects and lists inside of each other. Google's own messages go some 50 deep, and many a client's parser gives up at 200. */
export const MAX_DEPTH = 200;

/** Values of one event. A model would need an answer of its whole length to write as many. */
export const MAX_VALUES = 30_000;

/** Bytes of all events: some thousand for each token of the longest answer. */
export const MAX_ANSWER = 64 * 1024 * 1024;

/** Calls of one answer; recordings have sixteen at most. */
export const MAX_CALLS = 1_000;

/** Characters of an error's message that are looked at: more than are looked through for secrets, and far more than are shown. */
export const MAX_MESSAGE = 128 * 1024;
