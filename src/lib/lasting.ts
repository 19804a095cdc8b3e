/**
 * Remembers what was made from objects that come again, such as the messages of a conversation that goes on. What was
 * made is dropped together with its object. Nobody may change these objects. When an object is seen for the first time,
 * nothing is kept: most objects end with their request, and dropping many kept values costs the garbage collector more
 * than making a value again.
 */
const lasting = new WeakSet<object>();

export function markLasting(value: unknown): void {
  if (typeof value === 'object' && value !== null) lasting.add(value);
}

/** The values that were made from lasting objects. */
export class MadeOf<K extends object, V> {
  readonly #made = new WeakMap<K, V>();

  get(key: K): V | undefined {
    return this.#made.get(key);
  }

  /** Keeps `value` if `key` has come before. */
  set(key: K, value: V): void {
    if (lasting.has(key)) this.#made.set(key, value);
  }
}

/**
 * A function like `make` that calls `make` only once for the same object, if that object lasts. `make` must give the
 * same result each time.
 */
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

/**
 * A function like `make` that calls `make` only once for the same object. For objects that end with their request, and
 * are asked about several times until then.
 */
export function onceEach<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, { value: V }>();
  return (key) => {
    const known = made.get(key);
    if (known) return known.value;
    const value = make(key);
    made.set(key, { value });
    return value;
  };
}
