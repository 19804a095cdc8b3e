/** Looks at a proxy as the page of the inspector does. */
import type { LiveMessage, Row } from '../../../src/inspector/shapes.ts';

type Looked = { url: string };

export class Looker {
  readonly messages: LiveMessage[] = [];
  readonly rows = new Map<string, Row>();
  readonly status: number;
  readonly #controller: AbortController;
  readonly #waiting = new Set<() => void>();

  private constructor(response: Response, controller: AbortController) {
    this.status = response.status;
    this.#controller = controller;
    if (response.body) void this.#read(response.body);
  }

  static async at({ url }: Looked, headers: Record<string, string> = {}): Promise<Looker> {
    const controller = new AbortController();
    const response = await fetch(`${url}/ui/api/live`, { headers, signal: controller.signal });
    return new Looker(response, controller);
  }

  /** Resolves when `holds` is true of what has been told. */
  async until(holds: (looker: Looker) => boolean): Promise<this> {
    while (!holds(this)) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this;
  }

  last<Type extends LiveMessage['type']>(type: Type): Extract<LiveMessage, { type: Type }> | undefined {
    return this.messages.findLast(
      (message): message is Extract<LiveMessage, { type: Type }> => message.type === type,
    );
  }

  get list(): Row[] {
    return [...this.rows.values()];
  }

  leave(): void {
    this.#controller.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const utf8 = new TextDecoder();
    let text = '';
    try {
      for await (const bytes of body) {
        const lines = (text + utf8.decode(bytes, { stream: true })).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) this.#hear(JSON.parse(line));
      }
    } catch {
      // The looker has left.
    }
  }

  #hear(message: LiveMessage): void {
    this.messages.push(message);
    if (message.type === 'rows') {
      for (const row of message.rows) this.rows.set(row.id, row);
      for (const id of message.gone ?? []) this.rows.delete(id);
    }
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

export const allEnded =
  (count: number) =>
  ({ list }: Looker): boolean =>
    list.length === count && list.every(({ state }) => state === 'ended');
