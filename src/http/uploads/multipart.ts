/** Reads `multipart/form-data` as it comes, so that a large part need not be held in memory. */

/** A body that is no multipart, or not a whole one. The message says what is wrong. */
export class MultipartError extends Error {
  override readonly name = 'MultipartError';
}

/**
 * `headers` have names in lower case. `data` belongs to the part that began last; its bytes are overwritten by the next
 * `feed`.
 */
export type MultipartEvent =
  | { type: 'part'; headers: ReadonlyMap<string, string> }
  | { type: 'data'; bytes: Uint8Array };

/** Bytes of the headers of one part. */
const MOST_HEADER_BYTES = 16 * 1024;

/** The boundary of a content type; undefined where the body is no multipart. */
export function boundaryOf(contentType: string | null): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType ?? '')) return undefined;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '') ?? [];
  return quoted ?? plain;
}

function headersOf(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

/** Browsers write these three characters of a name in this way; all others stay as they are. */
const ESCAPED: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' };
const unescaped = (text: string) =>
  text.replace(/%(?:22|0D|0A)/gi, (code) => ESCAPED[code.toUpperCase()] ?? code);

function decodedName(text: string): string {
  const [, encoded = ''] = /^[\w-]*'[^']*'(.*)$/s.exec(text) ?? [];
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The name of a part's field, and of its file, as `content-disposition` tells them. */
export function namesOf(headers: ReadonlyMap<string, string>): {
  field: string;
  filename: string | undefined;
} {
  const given = headers.get('content-disposition') ?? '';
  const found = new Map<string, string>();
  for (const [, name = '', quoted, plain] of given.matchAll(
    /;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g,
  )) {
    const value = quoted === undefined ? (plain ?? '') : unescaped(quoted.replace(/\\(["\\])/g, '$1'));
    found.set(name.toLowerCase(), value);
  }
  const extended = found.get('filename*');
  return {
    field: found.get('name') ?? '',
    filename: extended === undefined ? found.get('filename') : decodedName(extended),
  };
}

type State = 'before-first' | 'behind-boundary' | 'headers' | 'data' | 'ended';

export class MultipartReader {
  readonly #delimiter: Buffer;
  /** One piece of memory for all that comes: a new piece for each read would pile up until it is collected. */
  #memory = Buffer.alloc(0);
  /** What has come and cannot be understood yet. The first boundary may stand at the very beginning. */
  #rest = Buffer.from('\r\n');
  #state: State = 'before-first';

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  feed(bytes: Uint8Array): MultipartEvent[] {
    this.#append(bytes);
    const events: MultipartEvent[] = [];
    while (this.#step(events));
    return events;
  }

  /** Throws where the body ended too early. */
  end(): void {
    if (this.#state !== 'ended') throw new MultipartError('it ends before its last boundary');
  }

  #append(bytes: Uint8Array): void {
    const kept = this.#rest.length;
    const length = kept + bytes.byteLength;
    if (length > this.#memory.length) {
      const larger = Buffer.alloc(2 * length);
      larger.set(this.#rest);
      this.#memory = larger;
    } else this.#memory.set(this.#rest);
    this.#memory.set(bytes, kept);
    this.#rest = this.#memory.subarray(0, length);
  }

  /** Goes on as far as one state reaches. False where more bytes are needed. */
  #step(events: MultipartEvent[]): boolean {
    switch (this.#state) {
      case 'before-first':
      case 'data':
        return this.#readData(events);
      case 'behind-boundary':
        return this.#readBoundaryEnd();
      case 'headers':
        return this.#readHeaders(events);
      case 'ended':
        // What follows the last boundary means nothing.
        this.#rest = Buffer.alloc(0);
        return false;
    }
  }

  #readData(events: MultipartEvent[]): boolean {
    const at = this.#rest.indexOf(this.#delimiter);
    // The end of what has come may be the beginning of a boundary.
    const length = at >= 0 ? at : Math.max(0, this.#rest.length - this.#delimiter.length + 1);
    const data = this.#rest.subarray(0, length);
    if (this.#state === 'data' && length > 0) events.push({ type: 'data', bytes: data });
    this.#rest = this.#rest.subarray(at >= 0 ? at + this.#delimiter.length : length);
    if (at >= 0) this.#state = 'behind-boundary';
    return at >= 0;
  }

  #readBoundaryEnd(): boolean {
    if (this.#rest.length < 2) return false;
    const two = this.#rest.toString('latin1', 0, 2);
    if (two === '--') this.#state = 'ended';
    else if (two === '\r\n') this.#state = 'headers';
    else throw new MultipartError('a boundary is followed by other text');
    return true;
  }

  /** The line break behind the boundary is the first of the four bytes that end empty headers. */
  #readHeaders(events: MultipartEvent[]): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if ((end < 0 ? this.#rest.length : end) > MOST_HEADER_BYTES)
      throw new MultipartError(`the headers of a part have more than ${MOST_HEADER_BYTES} bytes`);
    if (end < 0) return false;
    events.push({ type: 'part', headers: headersOf(this.#rest.toString('utf8', 0, end)) });
    this.#rest = this.#rest.subarray(end + 4);
    this.#state = 'data';
    return true;
  }
}
