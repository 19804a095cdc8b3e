/** Chooses who reads an answer, by what the request asks for. */
import type { AnswerCallsOptions } from './answer-calls.ts';
import { AttemptReader, type Reader } from './attempt-reader.ts';
import { hostedParts } from './hosted/hosted-parts.ts';
import { HostedReader } from './hosted/hosted-reader.ts';
import { SearchReader } from './hosted/search-reader.ts';
import { JsonReader } from './json-answer.ts';

function readerOf(options: AnswerCallsOptions): Reader {
  const { search, sources } = options.plan;
  // The reader of a search alone knows no marks.
  if (search?.isAlone && !sources) return new SearchReader(options, search);
  const reader = new AttemptReader(options);
  const isHosted = search?.isAlone || hostedParts(options.plan).length > 0;
  return isHosted ? new HostedReader(reader, options) : reader;
}

export function openReader(options: AnswerCallsOptions): Reader {
  const { json } = options.plan;
  const reader = readerOf(options);
  return json ? new JsonReader(reader, json, options) : reader;
}
