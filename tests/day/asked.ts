/** One request of a client, and its result. */
import type { MessageEvent } from '../../src/anthropic/events.ts';
import type { AnswerMessage } from '../../src/anthropic/message.ts';
import type { Wish } from './answer.ts';

export type ErrorTold = {
  /** 200 for an error inside a stream. */
  status: number;
  type: string;
  message: string;
  retryAfter: number | undefined;
  shouldRetry: string | null;
};

/** Times are milliseconds since the epoch. */
export type Asked = {
  wish: Wish;
  session: string;
  phase: string;
  model: string;
  stream: boolean;
  thinking: boolean;
  startedAt: number;
  headAt: number | undefined;
  /** The first event of a block other than thinking. */
  contentAt: number | undefined;
  endedAt: number | undefined;
  /** The longest time without a byte after the head. */
  silentMs: number;
  leftAt: number | undefined;
  status: number | undefined;
  headers: Headers | undefined;
  /** Of a stream. */
  events: MessageEvent[];
  /** For a whole answer. For a stream the judge folds the events. */
  message: AnswerMessage | undefined;
  error: ErrorTold | undefined;
  /** What a client could not understand. */
  broken: string[];
};
