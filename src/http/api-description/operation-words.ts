/** What the description says of an operation, and the words that operations share. */
import type { ErrorType } from '../../anthropic/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { HeaderName } from './headers.ts';

export type Tag = 'Messages' | 'Batches' | 'Files' | 'Models' | 'Operation' | 'Tests';

export const TAGS: Readonly<Record<Tag, string>> = {
  Messages: 'Ask a model, as with the Messages API of Anthropic.',
  Batches: 'Many requests that are answered in the background.',
  Files: 'Upload a file once, and name it by its id in many requests.',
  Models: 'The ids that a request may name.',
  Operation:
    'What operators, orchestrators and Claude Code ask. No model is asked, except by `/test-connection`.',
  Tests:
    'What a test asks of the mock, or of a replay. With any other backend these paths are not there. Only programs of this machine may ask.',
};

/** An answer that is no error: the media types with their schemas. */
export type Answer = {
  description: string;
  content: Readonly<Record<string, string>>;
  headers?: readonly HeaderName[];
};

export type Operation = {
  tag: Tag;
  id: string;
  summary: string;
  description: string;
  parameters?: readonly JsonObject[];
  /** The schema of the body. */
  body?: string;
  isBodyOptional?: true;
  /** The media type of the body, where it is not JSON. */
  bodyType?: string;
  answers: Readonly<Record<number, Answer>>;
  errors: readonly ErrorType[];
  /** Statuses of `api_error` that are not the usual one. */
  moreStatuses?: readonly (keyof typeof MORE_STATUSES)[];
};

/** Statuses of errors that are not the usual one of their type, and what they mean. Each is an `api_error`. */
export const MORE_STATUSES = {
  424: 'No Gemini API answers at the address that the proxy asks (`GOOGLE_GEMINI_BASE_URL`).',
  503: 'The proxy sent nothing, or nothing got through: it is shutting down, Gemini cannot be reached, or is spared after too many failures.',
} as const satisfies Record<number, string>;

/** What every route may answer: to a Host that is none, and to a page of another site. */
export const ANY_ROUTE: readonly ErrorType[] = ['invalid_request_error', 'permission_error'];
export const WITH_KEY: readonly ErrorType[] = [...ANY_ROUTE, 'authentication_error'];

export const query = (name: string, schema: JsonObject, description: string): JsonObject => ({
  name,
  in: 'query',
  required: false,
  description,
  schema,
});

export const json = (schema: string): Answer['content'] => ({ 'application/json': schema });
