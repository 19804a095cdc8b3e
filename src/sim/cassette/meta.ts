/** Says what the JSON files of a recorded request contain, and reads them with checks. */
import { type Static, type TObject, Type } from '@sinclair/typebox';
import { Value, type ValueError } from '@sinclair/typebox/value';
import { canonicalJson, isObject, tryParseJson } from '../../lib/json.ts';
import { RecordedSettings } from './settings.ts';
import { whyNotJson, withoutMark } from './text-files.ts';
import { CassetteError, type ClientRequest, FORMAT_VERSION, type UpstreamExchange } from './types.ts';

const Headers = Type.Record(Type.String(), Type.String());

/** Of an answer. Nothing else can be sent again. */
const Status = Type.Integer({ minimum: 200, maximum: 599 });
const Milliseconds = Type.Number({ minimum: 0 });
/** The last moment of which there is a date. */
const LAST_MOMENT = 8.64e15;

const Redactions = Type.Array(
  Type.Object({ kind: Type.String(), where: Type.String(), at: Type.Number(), length: Type.Number() }),
);

const Format = { format: Type.Literal(FORMAT_VERSION) };

/** Describes the bytes on disk, which were redacted and otherwise not changed. */
const Body = Type.Object({
  sha256: Type.String(),
  length: Type.Number(),
  reads: Type.Optional(Type.Number()),
  /** The hash of the times between the reads. Not in a turn, nor in recordings that are older than this field. */
  timesSha256: Type.Optional(Type.String()),
});

export const ExchangeMeta = Type.Object({
  ...Format,
  model: Type.String(),
  head: Type.Union([
    Type.Null(),
    Type.Object({ status: Status, statusText: Type.String(), headers: Headers, ms: Milliseconds }),
  ]),
  body: Body,
  end: Type.Object({ kind: Type.String(), side: Type.String() }),
  error: Type.Optional(Type.Object({ message: Type.String(), code: Type.Optional(Type.String()) })),
  /** The hash of `head` and `error`. Absent as `timesSha256` is. */
  headSha256: Type.Optional(Type.String()),
  /** In a turn, these lists are left out where they are empty. */
  anomalies: Type.Optional(Type.Array(Type.String())),
  redactions: Type.Optional(Redactions),
  truncatedRecording: Type.Optional(Type.Literal(true)),
});

const UploadOutcome = Type.Union([
  Type.Object({ uris: Type.Array(Type.Union([Type.String(), Type.Null()])) }),
  Type.Object({ unknown: Type.Literal(true) }),
  Type.Object({
    failed: Type.Object({
      kind: Type.String(),
      message: Type.String(),
      status: Type.Optional(Type.Integer()),
      retryAfter: Type.Optional(Type.Number()),
      means: Type.Optional(Type.String()),
      google: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
  }),
]);

export const KnownFailure = Type.Object({
  why: Type.String(),
  wanted: Type.Optional(Type.Array(Type.String({ pattern: '^[+-] \\S' }))),
  saw: Type.Optional(Type.String()),
});

export const RequestMeta = Type.Object({
  ...Format,
  origin: Type.Union([Type.Literal('live'), Type.Literal('edited'), Type.Literal('synthetic')]),
  recordedAt: Type.String(),
  caller: Type.String(),
  answer: Type.Object({
    status: Status,
    headers: Headers,
    /** Not in a turn, where `expectedSha256` stands for it. */
    body: Type.Optional(Body),
    end: Type.Optional(Type.Union([Type.Literal('whole'), Type.Literal('client-gone')])),
  }),
  models: Type.Array(Type.String()),
  /** The hash of the client's request. Absent in recordings that are older than this field. */
  askedSha256: Type.Optional(Type.String()),
  /** Files that people have edited, once they were accepted. */
  edited: Type.Optional(Type.Array(Type.String())),
  /** Where a recording of a replay has the request from. */
  carriedOver: Type.Optional(Type.Object({ from: Type.String(), differs: Type.Array(Type.String()) })),
  seed: Type.Integer(),
  clockStart: Type.Number({ minimum: 0, maximum: LAST_MOMENT }),
  keyFingerprint: Type.String(),
  signatures: Type.Array(Type.Array(Type.Union([Type.String(), Type.Null()]))),
  /** The packed media. For packed JSON the figures are those of the bytes before packing. */
  fetched: Type.Optional(Type.String()),
  uploads: Type.Optional(Type.Array(UploadOutcome)),
  promptTold: Type.Optional(Type.Object({ tokens: Type.Number(), cached: Type.Number() })),
  settings: Type.Optional(Type.Partial(RecordedSettings)),
  /** Only in a turn: the hash of the expected answer. Absent where somebody is to write that. */
  expectedSha256: Type.Optional(Type.String()),
  title: Type.Optional(Type.String()),
  fails: Type.Optional(KnownFailure),
  versions: Type.Object({ proxy: Type.String(), sdk: Type.String(), bun: Type.String() }),
  redactions: Type.Optional(Redactions),
});

const named = { name: Type.Optional(Type.String()), at: Type.Optional(Type.String()) };

export const FetchedFiles = Type.Array(
  Type.Array(
    Type.Union([
      Type.Object({ mimeType: Type.String(), data: Type.String(), ...named }),
      Type.Object({ mimeType: Type.String(), text: Type.String(), ...named }),
      Type.Object({
        mimeType: Type.String(),
        size: Type.Integer(),
        isText: Type.Boolean(),
        name: Type.Optional(Type.String()),
      }),
      Type.Object({
        problem: Type.String(),
        isMissing: Type.Optional(Type.Boolean()),
        at: Type.Optional(Type.String()),
      }),
    ]),
  ),
);

export const RequestFile = Type.Object({
  method: Type.String(),
  path: Type.String({ pattern: '^/' }),
  query: Type.String(),
  headers: Headers,
  /** The packed body, where the body is JSON exactly as `JSON.stringify` prints it. */
  body: Type.Optional(Type.Unknown()),
  /** The packed body of all other requests. */
  bodyText: Type.Optional(Type.String()),
});

export type ExchangeMeta = Static<typeof ExchangeMeta>;
export type RequestMeta = Static<typeof RequestMeta>;
export type RequestFile = Static<typeof RequestFile>;

/** Reads `text` by `schema`. Throws a CassetteError that names `file` and the first wrong field. */
export function readJsonFile<T extends TObject>(schema: T, text: string, file: string): Static<T> {
  const bare = withoutMark(text);
  const value = tryParseJson(bare);
  if (value === undefined) throw new CassetteError(file, whyNotJson(bare));
  const [problem] = [...Value.Errors(schema, value)];
  if (problem) throw wrongFormat(value, file) ?? new CassetteError(file, problemText(problem));
  return value as Static<T>;
}

/** Of several forms that a value may have, the one counts that fits the deepest. */
function problemText(problem: ValueError): string {
  const within = problem.errors.flatMap((errors) => [...errors]).find(({ path }) => path !== problem.path);
  return within ? problemText(within) : `${problem.path || '/'}: ${problem.message}`;
}

/** For a file of another version of the format: what else is wrong with that file follows from the version. */
function wrongFormat(value: unknown, file: string): CassetteError | undefined {
  const format = isObject(value) ? value['format'] : undefined;
  if (format === undefined || format === FORMAT_VERSION) return undefined;
  const problem = `/format: ${JSON.stringify(format)} is not known, only ${FORMAT_VERSION}`;
  return new CassetteError(file, problem, 'update the proxy, or record again');
}

export const sha256 = (bytes: Uint8Array): string =>
  new Bun.CryptoHasher('sha256').update(bytes).digest('hex');

/** True where these are the bytes that were written. */
export const isBody = (bytes: Uint8Array, { length, sha256: written }: Static<typeof Body>): boolean =>
  bytes.length === length && sha256(bytes) === written;

const hashOf = (value: unknown): string => sha256(new TextEncoder().encode(canonicalJson(value)));

/** The hash of the times of a body. */
export const timesHash = ({ reads, end }: Pick<UpstreamExchange, 'reads' | 'end'>): string =>
  hashOf([reads.map(({ ms }) => ms), end.ms]);

/** The hash of what came before a body, and of the error that broke it off. */
export const headHash = ({ head, error }: Pick<ExchangeMeta, 'head' | 'error'>): string =>
  hashOf([head, error ?? null]);

/** The hash of a request as it was sent, whatever the form of the file that holds it. */
export const requestHash = ({ method, path, query, headers, body }: ClientRequest): string =>
  hashOf([method, path, query, headers, body]);

/** JSON that people read. Keys keep their order. */
export const indentedJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** JSON that people read and compare. Keys are sorted. */
export const prettyJson = (value: unknown): string => indentedJson(sorted(value));

export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
