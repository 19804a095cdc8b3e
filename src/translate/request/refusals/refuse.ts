import { MessagesError } from '../../../anthropic/errors.ts';

/** Throws a 400 in Anthropic's words; `message` names the field. */
export function refuse(message: string): never {
  throw new MessagesError('invalid_request_error', message);
}
