/** What the reader of an answer sees of it, however many requests the answer takes. */
import type { TurnEvent } from '../translate/response/turn.ts';
import type { OutgoingMessage } from './outgoing.ts';

export type MessageAnswer = {
  /** Works like `next` of `Answer`. The first call sends the request. */
  next(): Promise<TurnEvent[] | undefined>;
  /** To be called when the reader of the answer leaves. */
  leave(): void;
  /** True where upstream could not be reached until now. */
  isAway(): boolean;
  /** The request, model and key of the latest attempt. */
  outgoing(): OutgoingMessage;
};
