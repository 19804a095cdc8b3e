/**
 * The data of the inspector's page: what the page's addresses answer, in JSON. The page imports these types too.
 * Times are milliseconds. `at` is since the epoch; every other time is since the request was received. Texts are
 * redacted before they get here.
 */
import type { Sign } from '../trace/odd.ts';
import type { Cost } from '../usage/counts.ts';

/** `silent`: Gemini said nothing for long in the middle of its answer. */
export type SpanKind = 'proxy' | 'failed' | 'waiting' | 'first' | 'thinking' | 'writing' | 'silent';
/** `to` is undefined while the span goes on. */
export type Span = { kind: SpanKind; from: number; to?: number | undefined };
/** The time of all spans of a kind. `since`: the beginning of one that goes on, whose time is not in `ms`. */
export type Total = { kind: SpanKind; ms: number; since?: number | undefined };

export type Resends = { of: string; to: 'gemini' | 'mock' };

/** One request, as it stands in the list. Told again, whole, whenever something of it changed. */
export type Row = {
  id: string;
  at: number;
  /** The session, or the request's own id where the client named no session. */
  thread: string;
  agent?: string | undefined;
  /** The request whose `Agent` call began this subagent. Undefined: main, or no match. */
  branchOf?: string | undefined;
  /** The id of that call. Undefined where several calls of the request may have begun the subagent. */
  branchCall?: string | undefined;
  /** The name that CLIENT_KEYS gives to the client. */
  client?: string | undefined;
  /** Short: `claude-cli 2.1.330`. */
  userAgent?: string | undefined;
  caller: string;
  /** What is new in the request, in one line: the user's words, or `Tool results: Bash, Read`. */
  says: string;
  /** The user's own words, for the thread's or branch's name. Only on requests that begin one. */
  opening?: string | undefined;
  asked: string;
  answered?: string | undefined;
  /** The model that should have answered. */
  replaced?: string | undefined;
  key?: string | undefined;
  state: 'open' | 'streaming' | 'ended';
  status?: number | undefined;
  /** The stop reason, or the error's type, or `client left`. */
  ending?: string | undefined;
  sign: Sign;
  /** Since when nothing has come from Gemini, where that is long and Gemini is to say more. Only of requests under way. */
  silentSince?: number | undefined;
  /** The request that this one repeats, because somebody who looked at it has sent it again. */
  resends?: Resends | undefined;
  /** The words of the second line; undefined on an ordinary row. */
  words?: string | undefined;
  spans: readonly Span[];
  firstMs?: number | undefined;
  totalMs?: number | undefined;
  /** Tokens; `in` with the cached ones. */
  in?: number | undefined;
  cached?: number | undefined;
  out?: number | undefined;
  thinking?: number | undefined;
  dollars?: number | undefined;
  listDollars?: number | undefined;
  /** What of the dollars was for attempts that failed. */
  lostDollars?: number | undefined;
  warnings: number;
};

export type Notice = { sign: 'failed' | 'slow'; text: string; more?: string | undefined };

/** One line each of `GET /ui/api/live` (NDJSON, at most four a second). The first is `hello`; all rows kept follow. */
export type LiveMessage =
  | {
      type: 'hello';
      now: number;
      version: string;
      /** Who answers: Google, the mock, a replay. */
      upstream: 'gemini' | 'vertex' | 'mock' | 'replay';
      baseUrl: string;
      needsKey: boolean;
      /** Bytes. */
      memoryLimit: number;
    }
  | { type: 'rows'; rows: readonly Row[]; gone?: readonly string[] }
  | {
      type: 'state';
      streaming: number;
      kept: number;
      /** Requests that were not kept, because many came and nobody looked. */
      passedOver: number;
      bytes: number;
      notice: Notice | null;
      keysSign: 'good' | 'slow' | 'failed';
      /** Which of several proxies behind one Redis this is: each shows its own requests. */
      instance?: { number: number; of: number } | undefined;
      today?: (Cost & { budget?: number | undefined; in: number; cached: number }) | undefined;
    };

export type Line = {
  label: string;
  /** Beside the label: `4-argon #3f9c`. */
  detail?: string | undefined;
  spans?: readonly Span[] | undefined;
  /** A moment, in place of spans. */
  mark?: number | undefined;
  text: string;
  sign?: 'failed' | 'slow' | undefined;
};

export type Warning = {
  number: number;
  code: string;
  /** What the code means, in a sentence. */
  words: string;
  path: string;
  detail: string;
  routine: boolean;
  attempt?: number | undefined;
};

/** A long text: its beginning; the rest from `GET /ui/api/requests/:id/text?at=<at>&from=<characters>`. */
export type Text = { text: string; length: number; at?: string | undefined };

export type Block =
  | { type: 'text'; text: Text; warnings?: readonly number[] }
  | { type: 'thinking'; text: Text; hidden: boolean; warnings?: readonly number[] }
  | {
      type: 'call';
      id: string;
      name: string;
      /** The argument that says most: `bun test`. */
      brief: string;
      input: Text;
      /** `file edit` inputs as a difference. */
      edit?: { path: string; removed: Text; added: Text } | undefined;
      result?:
        | { text: Text; isError: boolean; note?: string | undefined; clientMs?: number | undefined }
        | undefined;
      warnings?: readonly number[];
    }
  | { type: 'media'; mediaType: string; bytes: number; at: string; warnings?: readonly number[] }
  | { type: 'other'; kind: string; text: Text; warnings?: readonly number[] };

/** `results`: how many results of the message stand under their calls, and not in `blocks`. */
export type Message = { role: string; path: string; blocks: readonly Block[]; results?: number };

export type Conversation = {
  system: { blocks: number; bytes: number; texts: readonly Text[]; warnings?: readonly number[] };
  tools: {
    bytes: number;
    tools: readonly { name: string; description: Text; schema: Text }[];
    warnings?: readonly number[];
  };
  /** Messages that are not new: those of the request before, or else those before the last answer. */
  earlier: readonly Message[];
  /** True where the request before had the same messages. */
  isAsBefore: boolean;
  fresh: readonly Message[];
  answer?: Message | undefined;
};

export type AttemptRow = {
  number: number;
  model: string;
  key: string;
  streamed: boolean;
  status?: number | undefined;
  failure?: string | undefined;
};

export type Detail = {
  row: Row;
  headline: string;
  /** What to do about a request that failed. `isOfKeys`: the page of keys says until when it lasts. */
  advice?: { text: string; isOfKeys: boolean } | undefined;
  /** Beside the headline: words, in order, such as `main, turn 31`. */
  facts: readonly string[];
  homeKey?: string | undefined;
  /** The model's median time from an attempt to its first text or call. */
  usualFirstMs?: number | undefined;
  cachedBefore?: number | undefined;
  /** In the order of time. */
  totals: readonly Total[];
  lines: readonly Line[];
  attempts: readonly AttemptRow[];
  /** False where nothing was asked of Gemini. */
  hasSent: boolean;
  warnings: readonly Warning[];
  usage?: Usage | undefined;
  /** False once the request's texts were let go. */
  hasTexts: boolean;
  /** The request that failed, and that the client sends once more with this one. */
  repeats?: { id: string; status?: number | undefined; ending?: string | undefined } | undefined;
  /** The request with which the client sent this one once more, after this one had failed. */
  repeatedBy?:
    | {
        id: string;
        afterMs: number;
        end: 'answered' | 'failed' | 'left' | 'under way';
        status?: number | undefined;
      }
    | undefined;
  /** The rows of the same thread, oldest first, are known from the list. */
};

export type UsagePart = {
  /** What this was for, where it was not for the answer: `failed attempts, gemini-4-argon`. */
  group?: string | undefined;
  what: string;
  tokens: number;
  perMillion: number;
  dollars: number;
  listDollars?: number;
};
export type Usage = {
  headline: string;
  /** What of it was for attempts that failed. */
  lost?: string | undefined;
  model: string;
  parts: readonly UsagePart[];
  dollars: number;
  listModel?: string | undefined;
  listDollars?: number | undefined;
  /** The thread's requests until this one, oldest first. */
  cachedShares: readonly { id: string; share: number }[];
  whyCold?: string | undefined;
};

export type ChangeLine = { sign: ' ' | '-' | '+' | '~'; text: string };
/** A change of which no warning tells: `~ max_tokens 200 → 4296`, and why, where that is known. */
export type Unwarned = {
  number: number;
  sign: '-' | '+' | '~';
  says: string;
  why?: string | undefined;
  /** True where it is not made in nearly every request. */
  matters: boolean;
};
export type Pair = {
  came: { place: string; lines: readonly ChangeLine[] };
  sent: { place: string; lines: readonly ChangeLine[] };
  /** The numbers of the warnings that explain the pair. */
  warnings: readonly number[];
  /** What explains a pair that has no warning. */
  unwarned?: Unwarned | undefined;
};
/** `GET /ui/api/requests/:id/changes?attempt=n` */
export type Changes = {
  attempt: number;
  cameBytes: number;
  sentBytes: number;
  pairs: readonly Pair[];
  /** Fields of the client's that were sent with the same meaning; that were not sent, since the proxy does them; that were not sent. */
  unchanged: readonly string[];
  kept: readonly string[];
  unsent: readonly string[];
  /** The numbers of the warnings about the answer, until this attempt. */
  answer: readonly number[];
  /** The text of the answer: the characters that Gemini sent, and those that the client got. `cut`: these are the first of those. Undefined where they cannot be compared. */
  text?: { is: 'same' | 'cut' | 'other'; sent: number; got: number } | undefined;
  /** The whole of both, for `All`. */
  came: Text;
  sent: Text;
};

/** `GET /ui/api/requests/:id/frames?attempt=n` */
export type Frames = {
  attempt: number;
  bytes: number;
  frames: readonly {
    number: number;
    ms: number;
    bytes: number;
    says: string;
    repairs: readonly string[];
    events: readonly string[];
    at: string;
  }[];
  eventCount: number;
};

/** `GET /ui/api/requests/:id/raw`: everything that is kept of the request, redacted, in the order in which it came. `hidden`: how many places of a body were blotted out. */
export type Raw = { parts: readonly { name: string; bytes: number; hidden: number; text: Text }[] };

/** A model that has answered in place of another one: since when, when last, how often. */
export type Instead = { model: string; since: number; last: number; requests: number };

/** `most`: undefined where nothing limits it now. */
export type Budget = {
  name: string;
  note: string;
  now: number;
  most: number | undefined;
  unit: 'dollars' | 'count';
};

/** `GET /ui/api/keys` */
export type KeysPage = {
  headline: string;
  keys: readonly {
    key: string;
    state: string;
    sign: 'good' | 'slow' | 'failed' | 'idle';
    why: string;
    /** What the log and the metrics call the state, where that is another word. */
    hint?: string | undefined;
    /** When the key is back, and what happens then: only a quota is certain to be full again. */
    until?: number | undefined;
    back?: 'again' | 'tested' | 'tried again' | undefined;
    backWords?: string | undefined;
    lastMinute?: { requests: number; limit?: number | undefined } | undefined;
    today: Cost & { requests: number; in: number };
    sessions: number;
  }[];
  models: readonly {
    model: string;
    cells: readonly {
      key: string;
      sign: 'good' | 'slow' | 'failed' | 'idle';
      state: string;
      more?: string | undefined;
      hint?: string | undefined;
    }[];
    /** True where no key answers with the model now. */
    isDown: boolean;
    /** What has answered in its place today, the latest first. */
    instead: readonly Instead[];
  }[];
  budgets: readonly Budget[];
  clients: readonly {
    name: string;
    note: string;
    minute?: { now: number; most: number } | undefined;
    day?: { now: number; most: number } | undefined;
  }[];
};

/** `GET /ui/api/charts?range=24h|7d|30d&by=model|client|key` */
export type Charts = {
  headline: string;
  /** Start times of the columns. */
  starts: readonly number[];
  columnMs: number;
  tokens: readonly { cached: number; fresh: number; out: number }[];
  cost: { groups: readonly { name: string; dollars: number }[]; columns: readonly (readonly number[])[] };
  first: readonly { half?: number | undefined; most?: number | undefined; count: number }[];
  errors: { groups: readonly { name: string; count: number }[]; columns: readonly (readonly number[])[] };
  table: readonly (Cost & {
    name: string;
    requests: number;
    in: number;
    cached: number;
    out: number;
    half?: number | undefined;
    most?: number | undefined;
    errors: number;
    listDollars?: number | undefined;
  })[];
};

/** `GET /ui/api/search?q=…` answers NDJSON: how far, and what was found. `total` requests are searched. */
export type SearchMessage = { searched: number; total: number; found: readonly Found[]; done: boolean };
/** `excerpt`: where the words stand, if they do not stand in the row itself. */
export type Found = { id: string; excerpt?: Excerpt | undefined };
/** `asked`: in the client's request; `told`: in what it got; `sent` and `said`: in Gemini's request and answer. */
export type Excerpt = { where: 'asked' | 'told' | 'sent' | 'said'; text: string };

/** What each action (`POST /ui/api/requests/:id/<action>`, header `x-inspector: 1`) answers. */
export type ActionAnswer = {
  /** One sentence: what was done, and where the result is. */
  said: string;
  /** A command to paste. */
  command?: string | undefined;
  /** The request that was sent again. */
  id?: string | undefined;
};
/** `GET /ui/api/requests/:id/adopt` tells what adopting would write, and the command to paste after that. */
export type AdoptQuestion = { name: string; folder: string; command: string };
/** `GET /ui/api/requests/:id/again` tells, before it is asked for, what sending again costs. */
export type AgainQuestion = {
  /** The model that is asked first. */
  model?: string | undefined;
  tokens: number;
  /** With nothing cached. */
  dollars?: number | undefined;
  toGemini: boolean;
};
