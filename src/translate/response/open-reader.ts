/** Chooses who reads an answer, by what the request asks for. */
import type { AnswerCallsOptions } from './answer-calls.ts';
import { AttemptReader, type Reader } from './attempt-reader.ts';
import { hostedParts } from './hosted/hosted-parts.ts';
import { HostedReader } from './hosted/hosted-reader.ts';
import { SearchReader } from './hosted/search-reader.ts';
import { JsonReader } from './json-answer.ts';

/** The reader of an answer that the client's own tools may have a part in. */
function beside(options: AnswerCallsOptions): Reader {
  const reader = new AttemptReader(options);
  return hostedParts(options.plan).length > 0 ? new HostedReader(reader, options) : reader;
}

export function openReader(options: AnswerCallsOptions): Reader {
  const { search, json, sources } = options.plan;
  const reader = search?.isAlone && !sources ? new SearchReader(options, search) : beside(options);
  return json ? new JsonReader(reader, json, options) : reader;
}
