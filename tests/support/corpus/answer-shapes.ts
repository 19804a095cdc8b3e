/** The keys of an answer by the kind of object that holds them, read from what a client gets, whoever sent it. */
import { isObject, type JsonObject } from '../../../src/lib/json.ts';

/** Kinds are `message`, `usage in message_start`, `block text`, `delta text_delta`, `event ping` and the like. */
export type Shapes = Map<string, Set<string>>;

export type RecordedBlock = JsonObject & { type: string };

/** A recorded stream or message, as its events, its blocks in order, and the reason of its end. */
export type ReadAnswer = {
  readonly shapes: Shapes;
  /** The keys of `shapes` whose value is null somewhere. */
  readonly nulls: Shapes;
  readonly blocks: readonly RecordedBlock[];
  readonly deltas: ReadonlySet<string>;
  readonly stopReason: unknown;
  readonly stopSequence: unknown;
  /** The error that ended the stream. */
  readonly error: JsonObject | undefined;
};

const objectOf = (value: unknown): JsonObject => (isObject(value) ? (value as JsonObject) : {});
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The payloads of a stream of events. */
export const eventsOf = (text: string): JsonObject[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => JSON.parse(line.slice(5)) as JsonObject);

class Reader implements ReadAnswer {
  readonly shapes: Shapes = new Map();
  readonly nulls: Shapes = new Map();
  readonly blocks: RecordedBlock[] = [];
  readonly deltas = new Set<string>();
  stopReason: unknown;
  stopSequence: unknown;
  error: JsonObject | undefined;

  private note(kind: string, value: unknown): void {
    if (!isObject(value)) return;
    const keys = Object.keys(value);
    addShapes(this.shapes, new Map([[kind, new Set(keys)]]));
    const nulls = keys.filter((key) => (value as JsonObject)[key] === null);
    addShapes(this.nulls, new Map([[kind, new Set(nulls)]]));
  }

  private usage(where: string, value: unknown): void {
    this.note(`usage in ${where}`, value);
    for (const [key, inner] of Object.entries(objectOf(value))) this.note(`usage.${key}`, inner);
  }

  private ended({ stop_reason: reason, stop_sequence: sequence }: JsonObject): void {
    this.stopReason = reason;
    this.stopSequence = sequence;
  }

  private block(value: unknown): void {
    const block = objectOf(value) as RecordedBlock;
    this.note(`block ${block.type}`, block);
    this.blocks.push(block);
    const inner = Array.isArray(block['content']) ? block['content'] : [block['content']];
    for (const one of inner) this.note(`result ${objectOf(one)['type']}`, one);
    for (const one of listOf(block['citations'])) this.note(`citation ${objectOf(one)['type']}`, one);
  }

  message(message: JsonObject): void {
    this.note('message', message);
    this.usage('message', message['usage']);
    this.ended(message);
    for (const block of listOf(message['content'])) this.block(block);
  }

  event(event: JsonObject): void {
    this.note(`event ${event['type']}`, event);
    const delta = objectOf(event['delta']);
    switch (event['type']) {
      case 'message_start': {
        const message = objectOf(event['message']);
        this.note('message in message_start', message);
        this.usage('message_start', message['usage']);
        return;
      }
      case 'content_block_start':
        this.block({ ...objectOf(event['content_block']) });
        return;
      case 'content_block_delta':
        this.note(`delta ${delta['type']}`, delta);
        this.deltas.add(String(delta['type']));
        this.note(`citation ${objectOf(delta['citation'])['type']}`, delta['citation']);
        this.grow(delta);
        return;
      case 'message_delta':
        this.note('delta of the message', delta);
        this.usage('message_delta', event['usage']);
        this.ended(delta);
        return;
      case 'error':
        this.note('error', event['error']);
        this.error = objectOf(event['error']);
    }
  }

  /** Puts a piece into the block that is open. */
  private grow(delta: JsonObject): void {
    const block = this.blocks.at(-1);
    if (!block) return;
    for (const key of ['text', 'thinking', 'signature', 'partial_json']) {
      const piece = delta[key];
      if (typeof piece !== 'string') continue;
      block[key] = `${typeof block[key] === 'string' ? block[key] : ''}${piece}`;
    }
    if (delta['citation'] !== undefined) {
      block['citations'] = [...(listOf(block['citations']) as never[]), delta['citation']];
    }
  }
}

/** Reads a whole message, or the events of a stream. */
export function readAnswer(body: string): ReadAnswer {
  const reader = new Reader();
  if (body.trimStart().startsWith('{')) reader.message(JSON.parse(body));
  else for (const event of eventsOf(body)) reader.event(event);
  return reader;
}

export function addShapes(all: Shapes, more: Shapes): void {
  for (const [kind, keys] of more) all.set(kind, new Set([...(all.get(kind) ?? []), ...keys]));
}
