/** A client of the Messages API that notes what it was told, right or wrong. */

export type Block = Record<string, unknown> & { type: string };
export type Told = {
  status: number;
  /** Of a refusal, or of an `error` event. */
  error?: { type: string; message: string };
  /** A refusal that does not have Anthropic's form. */
  formless?: string;
  content: Block[];
  stopReason: string | null;
  usage: Record<string, unknown>;
  /** What no client of a stream may be told, a line each. */
  disorder: string[];
  ended: 'whole' | 'error' | 'cut' | 'never';
  headers: Headers;
  json?: unknown;
  /** Milliseconds until the first delta of content. */
  firstDeltaMs: number;
};

export type Sent = { path: string; body: unknown };

const LIMIT_MS = 45_000;

type Data = Record<string, unknown>;
const object = (value: unknown): Data => (typeof value === 'object' && value !== null ? (value as Data) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function errorOf(told: unknown): Told['error'] {
  const { type, error } = object(told);
  const { type: kind, message } = object(error);
  if (type !== 'error' || typeof kind !== 'string' || typeof message !== 'string') return undefined;
  return { type: kind, message };
}

/** Folds the events of a stream, and checks their order. */
class Fold {
  readonly told: Told;
  #open: number | undefined;
  #json = '';
  #started = false;

  constructor(told: Told) {
    this.told = told;
  }

  hear(event: Data): void {
    const { told } = this;
    if (told.ended === 'whole') told.disorder.push(`${text(event['type'])} after message_stop`);
    if (!this.#started && !['message_start', 'error', 'ping'].includes(text(event['type'])))
      told.disorder.push(`${text(event['type'])} before message_start`);
    switch (event['type']) {
      case 'message_start':
        if (this.#started) told.disorder.push('a second message_start');
        this.#started = true;
        Object.assign(told.usage, object(object(event['message'])['usage']));
        return;
      case 'content_block_start':
        this.#start(event);
        return;
      case 'content_block_delta':
        this.#delta(event, object(event['delta']));
        return;
      case 'content_block_stop':
        this.#stop(event);
        return;
      case 'message_delta':
        told.stopReason = text(object(event['delta'])['stop_reason']) || told.stopReason;
        Object.assign(told.usage, object(event['usage']));
        return;
      case 'message_stop':
        if (this.#open !== undefined) told.disorder.push(`block ${this.#open} never stops`);
        told.ended = 'whole';
        return;
      case 'error': {
        const error = errorOf(event);
        if (error) told.error = error;
        else told.formless = JSON.stringify(event);
        told.ended = 'error';
      }
    }
  }

  #start(event: Data): void {
    const { told } = this;
    if (this.#open !== undefined) told.disorder.push('a block starts before the last one stops');
    if (event['index'] !== told.content.length) told.disorder.push(`index ${String(event['index'])}`);
    this.#open = Number(event['index']);
    this.#json = '';
    told.content.push({ ...object(event['content_block']) } as Block);
  }

  #delta(event: Data, delta: Data): void {
    const { told } = this;
    const block = told.content[Number(event['index'])];
    if (event['index'] !== this.#open || !block) {
      told.disorder.push(`a delta for block ${String(event['index'])}, which is not open`);
      if (!block) return;
    }
    if (delta['type'] === 'input_json_delta') {
      this.#json += text(delta['partial_json']);
      block['input'] = parse(this.#json) ?? this.#json;
    }
    for (const name of ['text', 'thinking', 'signature'])
      if (delta['type'] === `${name}_delta`) block[name] = text(block[name]) + text(delta[name]);
  }

  #stop(event: Data): void {
    if (event['index'] !== this.#open)
      this.told.disorder.push(`block ${String(event['index'])} stops, which is not open`);
    this.#open = undefined;
  }
}

async function readStream(response: Response, told: Told, started: number): Promise<void> {
  const fold = new Fold(told);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const data = rest.slice(0, end).split('\n');
      rest = rest.slice(end + 2);
      const json = data.flatMap((line) => (line.startsWith('data:') ? [line.slice(5)] : [])).join('\n');
      if (json === '') continue;
      const event = object(parse(json));
      if (told.firstDeltaMs === 0 && event['type'] === 'content_block_delta')
        told.firstDeltaMs = performance.now() - started;
      fold.hear(event);
    }
  }
}

function readWhole(body: string, told: Told): void {
  const json = parse(body);
  told.json = json;
  const error = errorOf(json);
  if (error) told.error = error;
  else if (told.status >= 400) told.formless = body.slice(0, 200);
  else {
    const { content, stop_reason: stopReason, usage } = object(json);
    if (Array.isArray(content)) told.content = content as Block[];
    told.stopReason = text(stopReason) || null;
    told.usage = object(usage);
  }
  told.ended = told.status >= 400 ? 'error' : 'whole';
}

/** `apiKey`: the client's, for the proxy. */
export async function send(url: string, { path, body }: Sent, apiKey: string): Promise<Told> {
  const started = performance.now();
  const told: Told = {
    status: 0,
    content: [],
    stopReason: null,
    usage: {},
    disorder: [],
    ended: 'cut',
    headers: new Headers(),
    firstDeltaMs: 0,
  };
  try {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': apiKey,
        'anthropic-version': '2023-06-01',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    told.status = response.status;
    told.headers = response.headers;
    if (response.headers.get('content-type')?.includes('event-stream'))
      await readStream(response, told, started);
    else readWhole(await response.text(), told);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') told.ended = 'never';
  }
  return told;
}
