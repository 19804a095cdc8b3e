/** `/v1/files`: the files that a client uploads once, and names by their id in its requests. */
import { checkVersionIfGiven } from '../../answer/api-version.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import type { FileRecord, PageWanted } from '../../files/file-record.ts';
import { quoted, wholeOrSize } from '../../lib/shown-text.ts';
import type { DeletedFile, FileMetadata, FilePage } from '../api-description/answers.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import { jsonResponse } from '../responses.ts';
import { receiveFile } from '../uploads/receive-file.ts';
import { readPageLimit } from './page-limit.ts';

const MOST_IDS = 100;
/** Clients that send this name know the older form of the list. */
const BETA = 'files-api-2025-04-14';

const date = (ms: number) => new Date(ms).toISOString();

const metadata = ({
  id,
  filename,
  mimeType,
  size,
  createdAt,
  expiresAt,
  downloadable,
}: FileRecord): FileMetadata => ({
  id,
  type: 'file',
  filename,
  mime_type: mimeType,
  size_bytes: size,
  created_at: date(createdAt),
  downloadable,
  expires_at: expiresAt === undefined ? null : date(expiresAt),
});

const notFound = (id: string) => new MessagesError('not_found_error', `File not found: ${wholeOrSize(id)}`);

/** The file that the path names. Throws a 404 where there is none. */
function fileOf({ params }: ClientRequest, { files }: ServerDeps): FileRecord {
  const id = params['id'] ?? '';
  const file = files.find(id);
  if (!file) throw notFound(id);
  return file;
}

const pageToken = (place: number): string => Buffer.from(`page:${place}`).toString('base64url');

function placeIn(token: string): number {
  const [, place] = /^page:(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? [];
  if (place !== undefined) return Number(place);
  throw new MessagesError('invalid_request_error', `page: ${quoted(token)} is not the next_page of a list`);
}

function placeOfId(
  query: URLSearchParams,
  name: 'after_id' | 'before_id',
  { files }: ServerDeps,
): number | undefined {
  const id = query.get(name);
  if (id === null) return undefined;
  const place = files.placeOf(id);
  if (place === undefined) throw new MessagesError('invalid_request_error', `${name}: no file ${quoted(id)}`);
  return place;
}

/** The list is newest first, so what is after an id in the list was uploaded before it. */
function wantedPage(query: URLSearchParams, deps: ServerDeps): PageWanted {
  const token = query.get('page');
  return {
    limit: readPageLimit(query.get('limit')),
    before: token ? placeIn(token) : placeOfId(query, 'after_id', deps),
    after: placeOfId(query, 'before_id', deps),
  };
}

/** The ids of `ids` or `ids[]`; undefined where the client asks for a page. */
function wantedIds(query: URLSearchParams): string[] | undefined {
  const ids = [...new Set([...query.getAll('ids'), ...query.getAll('ids[]')])];
  if (ids.length === 0) return undefined;
  if (ids.length > MOST_IDS)
    throw new MessagesError('invalid_request_error', `ids: List should have at most ${MOST_IDS} items`);
  if (query.has('page') || query.has('limit'))
    throw new MessagesError('invalid_request_error', 'ids: cannot be used together with page or limit');
  return ids;
}

const knowsOlderForm = ({ headers }: ClientRequest): boolean =>
  headers.get('anthropic-beta')?.includes(BETA) === true;

export function listFiles(client: ClientRequest, deps: ServerDeps): Response {
  checkVersionIfGiven(client.headers);
  const { files } = deps;
  const query = client.url.searchParams;
  const ids = wantedIds(query);
  const page = ids
    ? {
        files: ids.flatMap((id) => files.find(id) ?? []).filter((file) => !files.hasExpired(file)),
        before: undefined,
      }
    : files.page(wantedPage(query, deps));
  const data = page.files.map(metadata);
  const older = {
    has_more: page.before !== undefined,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
  return jsonResponse<FilePage>({
    data,
    next_page: page.before === undefined ? null : pageToken(page.before),
    ...(knowsOlderForm(client) ? older : {}),
  });
}

export async function uploadFile(client: ClientRequest, deps: ServerDeps): Promise<Response> {
  checkVersionIfGiven(client.headers);
  return jsonResponse<FileMetadata>(metadata(await receiveFile(client, deps.files)));
}

export function getFile(client: ClientRequest, deps: ServerDeps): Response {
  checkVersionIfGiven(client.headers);
  return jsonResponse<FileMetadata>(metadata(fileOf(client, deps)));
}

export function deleteFile(client: ClientRequest, deps: ServerDeps): Response {
  checkVersionIfGiven(client.headers);
  const { id } = fileOf(client, deps);
  if (!deps.files.remove(id)) throw notFound(id);
  return jsonResponse<DeletedFile>({ id, type: 'file_deleted' });
}

/** What a client has uploaded cannot be downloaded, as with Anthropic's API. */
export async function downloadFile(client: ClientRequest, deps: ServerDeps): Promise<Response> {
  checkVersionIfGiven(client.headers);
  const file = fileOf(client, deps);
  const { id, mimeType, downloadable } = file;
  if (deps.files.hasExpired(file)) {
    throw new MessagesError('not_found_error', `File has expired: ${id}`, {
      details: { error_code: 'file_expired' },
    });
  }
  if (!downloadable) {
    throw new MessagesError(
      'invalid_request_error',
      `File ${id} is not downloadable: only files that a tool has made can be downloaded`,
      { details: { error_code: 'file_not_downloadable' } },
    );
  }
  const bytes = Bun.file(deps.files.pathOf(file));
  if (!(await bytes.exists())) throw notFound(id);
  return new Response(bytes.stream(), {
    headers: { 'content-type': mimeType, 'content-length': String(bytes.size) },
  });
}
