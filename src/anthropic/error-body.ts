/** The form in which the client gets an error (contract section 8). */
import { type Static, Type } from '@sinclair/typebox';
import { wellFormed } from '../lib/well-formed.ts';
import { ERROR_STATUS, type ErrorType, type MessagesError } from './errors.ts';

export const ErrorBody = Type.Object(
  {
    type: Type.Literal('error'),
    error: Type.Object({
      type: Type.Unsafe<ErrorType>({ type: 'string', enum: Object.keys(ERROR_STATUS) }),
      message: Type.String({ description: 'What happened, why, and what to do.' }),
      details: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'For programs, such as `error_code`; absent where there is nothing to add.',
        }),
      ),
    }),
    request_id: Type.String({
      pattern: '^req_[A-Za-z0-9_-]{1,36}$',
      description: 'The id of the request: it is in the header `request-id` and in the log, too.',
    }),
  },
  { description: 'Every error has this form, as the body of an answer and as an event of a stream.' },
);
export type ErrorBody = Static<typeof ErrorBody>;

export function toErrorBody(error: MessagesError, requestId: string): ErrorBody {
  return {
    type: 'error',
    error: {
      type: error.type,
      // The message may quote text of upstream or of a client with half a character.
      message: wellFormed(error.message),
      ...(error.details ? { details: error.details } : {}),
    },
    request_id: requestId,
  };
}
