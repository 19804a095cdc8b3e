/**
 * Room for the bodies of upstream requests that are kept until their answers have ended. Gemini 4 gives a long answer in
 * several requests, and each needs the body again. Where there is no room, an answer ends where its first request ends.
 */

/** Characters of all kept bodies together. */
const MOST = 128 * 1024 * 1024;

export class KeptBodies {
  readonly #most: number;
  #kept = 0;

  constructor(most = MOST) {
    this.#most = most;
  }

  get size(): number {
    return this.#kept;
  }

  /** Takes room for a body. Returns the function that gives the room back, which may be called repeatedly; undefined where there is no room. */
  keep(characters: number): (() => void) | undefined {
    if (this.#kept + characters > this.#most) return undefined;
    this.#kept += characters;
    let held = characters;
    return () => {
      this.#kept -= held;
      held = 0;
    };
  }
}
