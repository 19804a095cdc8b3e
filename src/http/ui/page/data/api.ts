/** Asks the proxy. Every request carries the proxy's key, where the user has given it, as a header. */

/** The key is kept for this tab only. */
const KEY_NAME = 'proxy-key';

export const readKey = (): string => sessionStorage.getItem(KEY_NAME) ?? '';

export const keepKey = (key: string): void => sessionStorage.setItem(KEY_NAME, key);

/** The proxy wants its key, or another one. */
export class Locked extends Error {
  /** True where no key opens the page, because none is set that may. */
  readonly isClosed: boolean;

  constructor(message: string, isClosed: boolean) {
    super(message);
    this.isClosed = isClosed;
  }
}

/** The proxy has answered with an error. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Told = { message: string; code: string | undefined };

async function toldIn(response: Response): Promise<Told> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as {
      error?: { message?: string; details?: { error_code?: string } };
    };
    if (error?.message) return { message: error.message, code: error.details?.error_code };
  } catch {
    // No JSON: the text itself is all there is.
  }
  return { message: text.slice(0, 400) || `HTTP ${response.status}`, code: undefined };
}

/** The code of a page that no key opens. */
const CLOSED = 'operator_key_missing';
/** Without the key, or with one that does not open the page. */
const LOCKED: ReadonlySet<number> = new Set([401, 403]);

/** Rejects with `Locked`, with `Refused`, or, where the proxy cannot be reached, as `fetch` does. */
export async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const key = readKey();
  const headers = {
    ...(options.headers as Record<string, string>),
    ...(key === '' ? {} : { 'x-api-key': key }),
  };
  const response = await fetch(`/ui/api/${path}`, { ...options, headers });
  if (response.ok) return response;
  const { message, code } = await toldIn(response);
  if (LOCKED.has(response.status)) throw new Locked(message, code === CLOSED);
  throw new Refused(response.status, message);
}

export const get = async <Answer>(path: string, signal?: AbortSignal): Promise<Answer> =>
  (await (await ask(path, signal ? { signal } : {})).json()) as Answer;

/** Does something: a header of its own keeps pages of other sites from doing the same. */
export const act = async <Answer>(path: string, body: unknown = {}): Promise<Answer> =>
  (await (
    await ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-inspector': '1' },
      body: JSON.stringify(body),
    })
  ).json()) as Answer;

/** Reads an answer of one JSON object a line, as the lines come. */
export async function* lines<Message>(path: string, signal: AbortSignal): AsyncGenerator<Message> {
  const { body } = await ask(path, { signal });
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) if (line !== '') yield JSON.parse(line) as Message;
  }
}

/** Has the browser save a text, or the bytes that an address answers, as a file. */
export function saveAs(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Resolves with false where the browser lets no page write to the clipboard: over http it does for this machine alone. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
