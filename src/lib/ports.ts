/**
 * The doors to the outside: time, ids, random numbers and the network. Everything that differs from run to run comes
 * through one of these ports, so that tests and replays can give their own.
 */

/**
 * Two clocks with different types, so that they cannot be confused. Durations and deadlines use the monotonic clock:
 * the wall clock is set back and forward by people, by NTP, and by a machine that wakes up.
 */
export type Clock = {
  /** Milliseconds since some moment. This time never goes back, and says nothing about the date. */
  monotonic(): number;
  /** The date and time of day. Only for people, for what Google counts by days, and for texts to other processes. */
  wall(): Date;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `act` after `ms` milliseconds. The returned function cancels the call. Made for limits that are nearly always
   * cancelled: an aborted sleep costs ten times as much.
   */
  after(ms: number, act: () => void): () => void;
};

export type Random = {
  /** A float in [0, 1). */
  next(): number;
};

export type Ids = {
  /** `prefix` followed by `length` characters of [0-9A-Za-z]. */
  next(prefix: string, length?: number): string;
};

/**
 * What a wrapper of a `Fetch` may know about the client request for which it works: an id that is the same in log lines
 * and recordings, labels in neutral words (no words of either wire), and a function that leaves notes.
 */
export type Exchange = {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  note(event: string, detail?: Readonly<Record<string, unknown>>): void;
  /** Keeps what goes over the wire, where somebody may want to see it later. */
  readonly kept?: WireKeeper | undefined;
  /** Hears that the other side was silent for long: before it said anything, or before it said more (or nothing more). */
  silent?(ms: number, before: 'anything' | 'more'): void;
};

/** Keeps references to what goes over the wire, and looks at none of it. */
export type WireKeeper = {
  /** A request is sent with this body. */
  sent(url: string, body: string): KeptResponse;
};

export type KeptResponse = {
  head(status: number, headers: Headers): void;
  read(bytes: Uint8Array): void;
  /** The connection has failed. */
  failed(error: unknown): void;
};

/** The network as a port. Record, replay, mock and faults are wrappers `Fetch → Fetch`. */
export type Fetch = (url: string, init: RequestInit, exchange: Exchange) => Promise<Response>;

/**
 * Resolves when a connection to the host of `url` has been made, with TLS where the URL asks for it; the connection is
 * closed at once. Rejects as a `Fetch` does.
 */
export type Connect = (url: URL, signal: AbortSignal) => Promise<void>;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The day (UTC, ISO) on the wall clock. */
export const today = (clock: Pick<Clock, 'wall'>): string => clock.wall().toISOString().slice(0, 10);

/** The date at which the monotonic clock shows `moment`, if the wall clock is not set meanwhile. */
export const dateOf = (clock: Clock, moment: number): Date =>
  new Date(clock.wall().getTime() + moment - clock.monotonic());

/** What the monotonic clock shows at a date (milliseconds since the epoch), if the wall clock is not set meanwhile. */
export const momentOf = (clock: Clock, date: number): number =>
  clock.monotonic() + date - clock.wall().getTime();

/** Makes the `sleep` of a clock from its `after`. */
export const sleepOf = (clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });

export const systemClock: Clock = {
  // Whole milliseconds, because recordings contain them.
  monotonic: () => Math.round(performance.now()),
  wall: () => new Date(),
  sleep: (ms, signal) => sleepOf(systemClock, ms, signal),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

const HTTPS_PORT = 443;
const HTTP_PORT = 80;

export const systemConnect: Connect = async ({ hostname, port, protocol }, signal) => {
  const made = Promise.withResolvers<void>();
  const isSecure = protocol === 'https:';
  const onAbort = () => made.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const connecting = Bun.connect({
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (isSecure ? HTTPS_PORT : HTTP_PORT),
    // The certificate is not checked here, because the real fetch will check it.
    ...(isSecure ? { tls: { rejectUnauthorized: false, serverName: hostname } } : {}),
    socket: {
      open: () => (isSecure ? undefined : made.resolve()),
      handshake: () => made.resolve(),
      data() {},
      error: (_socket, error) => made.reject(error),
      connectError: (_socket, error) => made.reject(error),
      close: (_socket, error) => made.reject(error ?? new Error('the connection was closed at once')),
    },
  });
  connecting.catch(made.reject);
  try {
    await made.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    // A connection that is made when it is no longer wanted must be closed too.
    void connecting.then(
      (socket) => socket.terminate(),
      () => {}, // told above
    );
  }
};

export const systemRandom: Random = { next: () => Math.random() };

/**
 * A name for this process that no other process has. It is not made by a seeded Random: two processes with the same
 * seed must still differ.
 */
export const newInstanceId = (): string => crypto.randomUUID();

/** Makes ids from `random`. They are random enough to be unique, but are not meant to be secret. */
export function createIds(random: Random): Ids {
  return {
    next(prefix, length = 24) {
      let id = prefix;
      for (let i = 0; i < length; i++) id += ALPHABET[Math.floor(random.next() * ALPHABET.length)];
      return id;
    },
  };
}

/** Makes a source of random numbers from a seed (mulberry32): the same seed gives the same run. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
}
