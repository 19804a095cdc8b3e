/** Bounds on an answer. Nothing that a model says comes near them; what does is a broken upstream, and would fill memory or hold the loop. */

/** Characters of one event, or of one object over several. */
export const MAX_EVENT = 16 * 1024 * 1024;

/** Objects and lists inside of each other. Google's own messages go some 50 deep, and many a client's parser gives up at 200. */
export const MAX_DEPTH = 200;

/** Values of one event: ten thousand calls, or many more numbers than a model can write in one answer. */
export const MAX_VALUES = 50_000;

/** Bytes of all events: some thousand for each token of the longest answer. */
export const MAX_ANSWER = 64 * 1024 * 1024;
