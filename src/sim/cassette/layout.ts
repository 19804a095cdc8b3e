/**
 * The names of files. A recording is a folder of client requests, one folder each, in order of their names, with the
 * blobs they share beside them:
 *
 *     recording.json   blobs/<hash>
 *     001-main/        client-request.json  expected.sse | expected.json  meta.json
 *       upstream/01/   request.json (parsed, for the diff)  request.body (exact)  stream.jsonl  meta.json
 *
 * In a turn of `fixtures/turns` nothing stands twice (`forms.ts`): there is no `request.body`, and `expected.jsonl` has
 * the events of an answer, one a line.
 */
import { dirname, join } from 'node:path';

export const CLIENT_REQUEST = 'client-request.json';
export const META = 'meta.json';
export const UPSTREAM = 'upstream';
export const REQUEST = 'request.json';
export const REQUEST_BODY = 'request.body';
export const STREAM = 'stream.jsonl';
export const MANIFEST = 'recording.json';
export const BLOBS = 'blobs';

/**
 * The file of the client's answer. `stream` and `whole` contain its exact bytes; the content type of the answer decides
 * which of the two is written. `events` has the data of its events.
 */
export const EXPECTED = { stream: 'expected.sse', whole: 'expected.json', events: 'expected.jsonl' } as const;

export const blobPath = (requestFolder: string, hash: string): string =>
  join(dirname(requestFolder), BLOBS, hash);

/** The folder of an exchange: `01` for 1. */
export const exchangeName = (number: number): string => String(number).padStart(2, '0');

/** The folder of a client request: `001-main` for 1 and `main`. */
export const requestName = (number: number, caller: string): string =>
  `${String(number).padStart(3, '0')}-${caller.replace(/[^a-z0-9-]+/gi, '-')}`;
