/** Chooses who reads an answer, by what the request asks for. */
import type { AnswerCallsOptions } from './answer-calls.ts';
import { AttemptReader, type Reader } from './attempt-reader.ts';
import { JsonReader } from './json-answer.ts';
import { SearchReader } from './search-reader.ts';

export function openReader(options: AnswerCallsOptions): Reader {
  const { search, json } = options.plan;
  const reader = search ? new SearchReader(options, search) : new AttemptReader(options);
  return json ? new JsonReader(reader, json, options) : reader;
}
