/**
 * Objects that have come again, such as the messages of a conversation that goes on: what is made of these is kept, and goes with them.
 * Nobody may change them. Of an object that is seen for the first time nothing is kept: most go with their request, and what hangs on
 * many that die young costs the garbage collector more than making it once more.
 */
const lasting = new WeakSet<object>();

export function markLasting(value: unknown): void {
  if (typeof value === 'object' && value !== null) lasting.add(value);
}

/** What was made of lasting objects. */
export class MadeOf<K extends object, V> {
  readonly #made = new WeakMap<K, V>();

  get(key: K): V | undefined {
    return this.#made.get(key);
  }

  /** Keeps `value` where `key` lasts. */
  set(key: K, value: V): void {
    if (lasting.has(key)) this.#made.set(key, value);
  }
}

/** `make`, whose result is the same whenever it is asked for the same object. */
export function oncePer<K extends object, V extends NonNullable<unknown>>(
  make: (key: K) => V,
): (key: K) => V {
  const made = new MadeOf<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
