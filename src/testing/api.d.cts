/**
 * What this package gives to tests: the proxy with the mock, with a recording, or with Gemini behind it. docs/testing.md shows how it is
 * used. This file is all that a stranger's compiler reads, so it imports nothing.
 */

/** A scenario as an object, in the form that docs/scenarios.md describes for files. */
export type Scenario = { name: string; description: string; [field: string]: unknown };

export type Json = null | boolean | number | string | Json[] | { [field: string]: Json };

export type CommonOptions = {
  /** The port on 127.0.0.1. By default the system chooses a free one. */
  port?: number | undefined;
  /** The faults that upstream is given on purpose, in the form of `FAULTS` (docs/faults.md): `http-503@1-2`. */
  faults?: string | undefined;
  /** Other settings of docs/settings.md by their names: `{ MAX_RETRIES: 0 }`. The environment and `.env` files are not read. */
  settings?: Readonly<Record<string, string | number | boolean | object | undefined>> | undefined;
};

export type MockOptions = CommonOptions & {
  /**
   * What the mock says: a folder, a file, an object, or a list of files and objects. They are asked before those that the package brings
   * along (docs/scenarios.md).
   */
  scenarios?: string | Scenario | readonly (string | Scenario)[] | undefined;
  /** The name of the scenario that answers, whatever the prompt is. */
  scenario?: string | undefined;
  /** A prompt that fits no row of a scenario gets a 404, which names the nearest row. */
  strict?: boolean | undefined;
  /** `human`: answers come as fast as a model writes. The default is `instant`. */
  pace?: 'instant' | 'human' | undefined;
};

export type ReplayOptions = CommonOptions & {
  /** The folder of the recording. */
  recording: string;
  /** How fast the recorded answers come: `instant` (the default), `real`, a number of times as fast, `max200` (no pause over 200 ms). */
  speed?: string | number | undefined;
  /** `loose`: a request is also found by its caller, the user's words and the results of tools. The default is `strict`. */
  match?: 'strict' | 'loose' | undefined;
  /** Who answers what was not recorded: nobody (`error`, the default), the mock, or Gemini, whose answer is added to the recording. */
  onMiss?: 'error' | 'mock' | 'record' | undefined;
  /** Whether an answer may be given more than once. */
  repeat?: boolean | undefined;
};

export type ProxyOptions = CommonOptions & {
  /** The key of Gemini. */
  key?: string | undefined;
  /** An address in place of Google: of a stand-in. */
  upstream?: string | undefined;
  /** A folder in which every request and answer is recorded. */
  record?: string | undefined;
};

/** Requests with the same header `x-test-id` share a world. Requests without the header share the world `default`. */
export type OfTest = { testId?: string | undefined };

/** A request that was sent in the direction of Gemini. */
export type JournalAttempt = {
  /** Null for a request that is for no model. */
  model: string | null;
  /** Google's method, such as `streamGenerateContent`. */
  method: string | null;
  /** What Gemini was sent, parsed. */
  body: Json;
  /** Null where no answer came. */
  status: number | null;
  /** Why the connection failed. */
  error: string | null;
  /** What answered: `scenario/step` of the mock, or `replay/request` of the recording. */
  source: string | null;
  /** The rules of faults that struck this attempt, as they were written. */
  faults: string[];
};

/** One request of a client, with what came of it. */
export type JournalEntry = {
  /** The `request-id` of the answer. */
  id: string;
  /** When it came. */
  at: string;
  /** The `x-test-id` of the request, or `default`. */
  test_id: string;
  method: string;
  /** With its query. */
  path: string;
  /** Secrets are blotted out. */
  headers: Record<string, string>;
  /** Parsed; the text where it is no JSON; null where no body was read. */
  body: Json;
  /** The kind of request: `main`, `subagent`, `title` …; null where the body was not understood. */
  caller: string | null;
  answer: {
    /** Null while there is none yet, and where the client left before there was one. */
    status: number | null;
    stop_reason: string | null;
    /** What the client was told, in a status or in the stream. */
    error: { type: string; message: string } | null;
    /** What answered, of the last attempt that was answered: `scenario/step`. */
    source: string | null;
  };
  /** The rules of faults that struck, in the order of the attempts. */
  faults: string[];
  /** What was sent in the direction of Gemini, oldest first. */
  attempts: JournalAttempt[];
};

/** What can be told and asked of one that runs, from any process on this machine. */
export type Control = {
  /** Where it listens: the base URL of clients. */
  readonly url: string;
  /** The requests so far, oldest first. */
  requests(of?: OfTest): Promise<JournalEntry[]>;
  lastRequest(of?: OfTest): Promise<JournalEntry | undefined>;
  /**
   * Replaces the faults of one test, or of the requests that name none; an empty text ends them. Rejects where the text names no fault.
   */
  faults(spec: string, of?: OfTest): Promise<void>;
  /** Forgets the requests, counters and faults of one world, or of all. */
  reset(of?: OfTest): Promise<void>;
};

export type ConnectOptions = {
  /** The `PROXY_API_KEY`, where one is set. What has been started by a call of this package knows its own. */
  key?: string | undefined;
};

export type Running = Control & {
  /** Ends it, with what it has opened. Answers under way are broken off. */
  stop(): Promise<void>;
};

/** The whole proxy, with the mock of Gemini behind it. */
export declare function startMock(options?: MockOptions): Promise<Running>;
/** The whole proxy, answering from a recording. */
export declare function startReplay(options: ReplayOptions): Promise<Running>;
/** The whole proxy, with Gemini behind it, or what stands in for Gemini. */
export declare function startProxy(options: ProxyOptions): Promise<Running>;
/** For another process than the one that has started it: `url` is what that one was given. */
export declare function connect(url: string, options?: ConnectOptions): Control;
