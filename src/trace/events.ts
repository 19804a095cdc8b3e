/**
 * The story events: what happens to one request, as a union of small events. Each event is told once, at the time at
 * which it happens, by the code that makes it happen. Events contain no words of Anthropic or Google: classes, reasons
 * and codes are texts whose meaning only the telling code knows.
 */

import type { Rates } from '../prices/prices.ts';

/** The fingerprint of a key, without a `#` before it. */
type KeyName = string;

export type WaitFor = 'backoff' | 'key' | 'breaker';

/** The steps that a request takes after a failed attempt. */
export type StepName =
  | 'retry'
  | 'other-key'
  | 'wait-for-key'
  | 'other-model'
  /** The same request is sent again, with a change that avoids the refusal. */
  | 'resend'
  | 'ask-whole'
  /** The rest of the answer is asked for once more. */
  | 'go-on'
  /** The client gets an answer in place of the failure. */
  | 'tell'
  | 'give-up';

/**
 * What a request to upstream was for: the client's answer, a summary before it, a search, verdicts on its calls, the
 * keeping of its prompt in a cache, or the test of a key.
 */
export type SpentFor = 'answer' | 'summary' | 'search' | 'check' | 'cache' | 'test';

/** The cost of a step: nothing; a retry; or one retry beyond those that the request may make. */
export type StepCost = 'nothing' | 'retry' | 'beyond';

/** Who is to blame for the failure of a request, as far as this is known. */
export type Blame =
  /** The client has made a mistake, or may use no more for now. That says nothing about this proxy or upstream. */
  | 'client'
  /** The request itself may be to blame: it might fail again, while other requests are answered. */
  | 'request'
  /** Upstream, or this proxy, is to blame. */
  | 'others';

export type TraceFact =
  /** The first event of each request. */
  | {
      type: 'received';
      at: Date;
      method: string;
      /** The path that is served. */
      path: string;
      /** The path that the client wrote, where it differs from `path`. */
      askedPath?: string | undefined;
      userAgent?: string | undefined;
      /** The client's own span, as its `traceparent` header names it. */
      traceParent?: string | undefined;
      /** True for a path that monitoring programs ask for every few seconds, and for the proxy’s own page. Neither is counted. */
      isProbe?: true | undefined;
    }
  /** The whole body has come. `bytes`: the size of the unpacked body. */
  | { type: 'read'; bytes: number }
  /** The client asks for a model, in a body that could be understood. */
  | {
      type: 'asked';
      /** The name of the model in the client's request. */
      model: string;
      stream: boolean;
      /** The kind of request: the main conversation, a subagent, a title … */
      caller: string;
      /** The asker for whom failures of this request are counted. */
      asker?: string | undefined;
      /** The name of the client, where it has one. */
      client?: string | undefined;
      session?: string | undefined;
      /** The request that is sent once more by somebody who looks at it. It belongs to no session. */
      resends?: string | undefined;
      agent?: string | undefined;
      parentAgent?: string | undefined;
    }
  /** The model and the key that will be asked. Told again when the model or the key changes. */
  | {
      type: 'chosen';
      model: string;
      key: KeyName;
      /**
       * Why this key was chosen. `home`: it is the session's key. `dealt`: the session had no key, and has this key
       * now. `moved`: the session has this key in place of `home` from now on. `fallback`: this key is for this attempt
       * only.
       */
      why: 'home' | 'dealt' | 'moved' | 'fallback';
      /** The key that the session had before. */
      home?: KeyName | undefined;
    }
  /**
   * Another model takes the place of `from`. `because`: the class of the failure; undefined where earlier requests have
   * found that `from` fails.
   */
  | { type: 'model-replaced'; from: string; to: string; because?: string | undefined }
  /** Something that the user should know of the model that is to answer: it is about to go, or has gone. */
  | { type: 'model-notice'; model: string; notice: string }
  /** The answer is made here, and upstream is not asked. `what`: the kind of request that needs no model. */
  | { type: 'answered-here'; what: string }
  /** A replay answers, and not all is as it was recorded. `how`: what is other, such as `loose; request=003-main`. */
  | { type: 'replayed'; how: string }
  /** The body of the upstream request was made. */
  | { type: 'translated'; tookMs: number }
  /** Something of the client's request or of the answer was left out, or was changed. */
  | {
      type: 'warning';
      code: string;
      path: string;
      detail: string;
      /** True for a warning that nearly every request causes, and that no user needs to know about. */
      routine: boolean;
    }
  /** An attempt begins: a request is sent upstream. All events until the next `attempt` are of this attempt. */
  | {
      type: 'attempt';
      model: string;
      key: KeyName;
      streamed: boolean;
      bodyHash?: string | undefined;
      paidBy: 'first' | 'retry' | 'free';
    }
  /**
   * Upstream has given as much of the answer as it gives for one request, and is asked for the rest. The attempt goes
   * on.
   */
  | { type: 'continued' }
  /** What is too large for the request of the attempt is at Google, and the request is sent now. */
  | { type: 'uploaded'; media: number; bytes: number }
  /** The head of upstream's response has come. */
  | { type: 'head' }
  /**
   * Upstream was silent for long, until now. `before`: it had not begun to answer, or had; it went on then, or never did,
   * as the next events tell.
   */
  | { type: 'silence'; forMs: number; before: 'anything' | 'more' }
  /** The attempt failed. Where no `attempt` event came before, no attempt could be made. */
  | {
      type: 'failure';
      class: string;
      status?: number | undefined;
      /** Upstream's own message. */
      message: string;
      /** True where the message may quote text of the answer, which must not be in a log. */
      quotesAnswer?: boolean | undefined;
      /** The wait in milliseconds that upstream asks for. */
      toldWaitMs?: number | undefined;
    }
  | {
      type: 'step';
      step: StepName;
      cost: StepCost;
      /** The number of retries that are left; undefined where retries are not counted. */
      retriesLeft: number | undefined;
    }
  /** A wait begins. The next `waited` event says that it has ended. */
  | {
      type: 'wait';
      for: WaitFor;
      key?: KeyName | undefined;
      /** The limit that the key has reached, such as `KEY_RPM 20` or `quota of the day`. */
      limit?: string | undefined;
      /** Milliseconds since the request was received. */
      until: number;
    }
  | { type: 'waited'; for: WaitFor }
  /** A refused request was changed, and is sent again. */
  | { type: 'mended'; what: string }
  | { type: 'first-thought' }
  | { type: 'first-content' }
  /**
   * A request to upstream that costs something has ended, or was left. It is told for each such request that upstream has
   * counted: of attempts that failed, of verdicts and searches, of each part of an answer in several requests. Where
   * upstream counted while it answered and was left, these are its last counts.
   */
  | {
      type: 'spent';
      for: SpentFor;
      /** True for a request that has failed, of whose answer nothing more is used. */
      isLost?: boolean | undefined;
      model: string;
      key: KeyName;
      /** Tokens, counted as in `usage`. */
      in: number;
      cached: number;
      out: number;
      thinking: number;
      /** Dollars per million tokens. Undefined where nobody knows the price. */
      rates?: Rates | undefined;
      dollars?: number | undefined;
      /**
       * What the same tokens of the model that the client has asked for would cost by the list of its maker. Undefined
       * where that model has no list price, and for what its maker would not ask money for.
       */
      listRates?: Rates | undefined;
      listDollars?: number | undefined;
    }
  /**
   * Counts of tokens. `in` does not include `cached`; `out` includes `thinking`. `written`: what of `in` was written to a
   * cache.
   */
  | { type: 'usage'; in: number; cached: number; written?: number; out: number; thinking: number }
  /**
   * A model was asked whether the calls of the answer may run. Calls for which a verdict was remembered, or for which
   * none is needed, cost nothing.
   */
  | {
      type: 'checked';
      model: string;
      calls: number;
      flagged: number;
      /** Calls on which a verdict was wanted and could not be had. */
      unknown: number;
      /** The requests for verdicts, and their tokens, counted as in `usage`. */
      requests: number;
      in: number;
      cached: number;
      out: number;
      /** Why there was no verdict, where asking failed: the class of the failure, and its message. */
      problem?: { class: string; message: string | undefined } | undefined;
    }
  /** Upstream's own word for why it ended its answer. */
  | { type: 'finished'; reason: string }
  /** The word for why the answer ended that the client gets. */
  | { type: 'stopped'; reason: string }
  /** A note of something that stands in for upstream (a mock, a replay), or that changes its answers (a fault). */
  | { type: 'note'; what: string; detail: Readonly<Record<string, unknown>> }
  /** The client gets an error, in place of an answer or after a part of it. */
  | {
      type: 'error';
      /** Anthropic's name of the error's type. */
      error: string;
      /** The class of the failure that the error reports, where upstream failed. */
      class?: string | undefined;
      message: string;
      /** True where the message may quote text of the answer, which must not be in a log. */
      quotesAnswer?: boolean | undefined;
      blame: Blame;
      /** The thrown error, where it is a mistake of our own. */
      bug?: unknown;
    }
  /** The last event of each request. What is `spent` for a cache may be told after it. */
  | {
      type: 'end';
      status: number;
      clientLeft: boolean;
    };

/** `ms`: milliseconds since the request was received. */
export type TraceEvent = TraceFact & { readonly ms: number };
