/** What is known of a batch: many requests that are answered in the background. */

/** Dates are milliseconds since the epoch. */
export type Batch = {
  /** `msgbatch_…` */
  id: string;
  createdAt: number;
  expiresAt: number;
  cancelledAt: number | undefined;
  endedAt: number | undefined;
  /** When its results were deleted. */
  archivedAt: number | undefined;
  /** How many requests it has. */
  total: number;
  /** How many of them came to each end; all 0 until the whole batch has ended. */
  counts: Readonly<Record<Outcome, number>>;
};

export const OUTCOMES = ['succeeded', 'errored', 'canceled', 'expired'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A request as it was given: its JSON, with all digits of its numbers. */
export type BatchRequest = { customId: string; params: string };

/** A request that is to be run now. `headers` are those of the request that created the batch. */
export type Task = {
  batchId: string;
  batch: number;
  position: number;
  params: string;
  headers: Readonly<Record<string, string>>;
  /** How often it was run before. */
  tries: number;
};

/** One line of the results. `body` is the JSON of the message, or of the error; empty for what was not run. */
export type ResultLine = { customId: string; outcome: Outcome; body: string };

export type ListWanted = { limit: number; afterId: string | undefined; beforeId: string | undefined };
