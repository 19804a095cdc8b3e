/** A file while it comes in: its bytes go to the disk as they come. */
import { type FileHandle, open, rm } from 'node:fs/promises';

/** What may be written before the store is asked again whether there is room. */
export type Room = { take(bytes: number): void; release(): void };

export class Upload {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #room: Room;
  #size = 0;
  #isOpen = true;

  private constructor(path: string, file: FileHandle, room: Room) {
    this.path = path;
    this.#file = file;
    this.#room = room;
  }

  static async begin(path: string, room: Room): Promise<Upload> {
    return new Upload(path, await open(path, 'wx', 0o600), room);
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves when the bytes are written, so that a slow disk slows the client down. Throws a MessagesError where there is no room. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#size += bytes.byteLength;
    this.#room.take(bytes.byteLength);
    await this.#file.writeFile(bytes);
  }

  /** Ends the writing. The bytes are on the disk when this resolves. */
  async complete(): Promise<void> {
    await this.#file.sync();
    await this.#close();
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(this.path, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#room.release();
    await this.#file.close();
  }
}
