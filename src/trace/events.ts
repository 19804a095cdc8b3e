/**
 * What happens to one request, as a union of small events. Each event is told once, when it happens, by the code that makes it happen. No
 * vendor's word is in here: classes, reasons and codes are texts whose meaning only the teller knows.
 */

/** Fingerprint of a key, without a sign before it (`a41c`, not `#a41c`). */
type KeyName = string;

export type WaitFor = 'backoff' | 'key' | 'breaker';

/** What a request does after a failed attempt. */
export type StepName =
  | 'retry'
  | 'other-key'
  | 'wait-for-key'
  | 'other-model'
  /** The same request, changed so that it is not refused again. */
  | 'resend'
  | 'ask-whole'
  /** The client is told an answer, in place of the failure. */
  | 'tell'
  | 'give-up';

/** What a step costs: nothing; a retry; or one retry beyond those that the request may make. */
export type StepCost = 'nothing' | 'retry' | 'beyond';

/** Who is to blame that a request failed, as far as can be told. */
export type Blame =
  /** The client made a mistake, which says nothing of this proxy or of upstream. */
  | 'client'
  /** Perhaps the request itself: the same request might fail again, while others are answered. */
  | 'request'
  /** Upstream, or this proxy. */
  | 'others';

export type TraceFact =
  /** The first event of each request. */
  | {
      type: 'received';
      at: Date;
      method: string;
      /** The path that is served. */
      path: string;
      /** The path that was asked for, where it is another one. */
      askedPath?: string | undefined;
      userAgent?: string | undefined;
      /** True for a path that whatever watches this process asks for every few seconds. */
      isProbe?: true | undefined;
    }
  /** The whole body has come. `bytes`: its size, unpacked. */
  | { type: 'read'; bytes: number }
  /** A model is asked for, in a body that could be understood. */
  | {
      type: 'asked';
      /** The client's name of the model. */
      model: string;
      stream: boolean;
      /** What kind of work the request is for: the main conversation, a subagent, a title … */
      caller: string;
      /** Whose request it is, where failures are counted. */
      asker?: string | undefined;
      session?: string | undefined;
      agent?: string | undefined;
      parentAgent?: string | undefined;
    }
  /** Which model will be asked, with which key. Told again when the model or the key changes. */
  | {
      type: 'chosen';
      model: string;
      key: KeyName;
      /**
       * `home`: it is the session's key. `dealt`: the session had no key, and has this one now. `moved`: the session has this key in place of
       * `home` from now on. `fallback`: this key is for this attempt only.
       */
      why: 'home' | 'dealt' | 'moved' | 'fallback';
      /** The key that the session had before. */
      home?: KeyName | undefined;
    }
  /** `because` is a class of failure; undefined where requests before this one have found out. */
  | { type: 'model-replaced'; from: string; to: string; because?: string | undefined }
  /** The body of the upstream request was made. */
  | { type: 'translated'; tookMs: number }
  /** Something of the client's request or of the answer was left out, or was changed. */
  | {
      type: 'warning';
      code: string;
      path: string;
      detail: string;
      /** True for a warning that nearly every request causes, and that no user need know. */
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
  /** Upstream began to answer. */
  | { type: 'head' }
  /** The attempt failed. Where no `attempt` came before: no attempt could be made. */
  | {
      type: 'failure';
      class: string;
      status?: number | undefined;
      /** What upstream said, in its own words. */
      message: string;
      /** The message may quote what was answered: not for a log. */
      quotesAnswer?: boolean | undefined;
      /** How long upstream asks to wait. */
      toldWaitMs?: number | undefined;
    }
  | {
      type: 'step';
      step: StepName;
      cost: StepCost;
      /** Undefined where retries are not counted. */
      retriesLeft: number | undefined;
    }
  /** A wait begins. The next `waited` event is the end of it. */
  | {
      type: 'wait';
      for: WaitFor;
      key?: KeyName | undefined;
      /** What the key is out of, such as `KEY_RPM 20` or `quota of the day`. */
      limit?: string | undefined;
      /** Milliseconds since the request was received. */
      until: number;
    }
  | { type: 'waited'; for: WaitFor }
  /** A refused request was changed, and goes out again. */
  | { type: 'mended'; what: string }
  | { type: 'first-thought' }
  | { type: 'first-content' }
  /** Tokens. `in` does not count `cached`; `out` counts `thinking`, too. */
  | { type: 'usage'; in: number; cached: number; out: number; thinking: number }
  /** Why upstream ended its answer, in its word. */
  | { type: 'finished'; reason: string }
  /** Why the answer ended, in the word that the client is told. */
  | { type: 'stopped'; reason: string }
  /** Something that stands in for upstream (a mock, a replay), or in front of it (a fault), tells of itself. */
  | { type: 'note'; what: string; detail: Readonly<Record<string, unknown>> }
  /** The client is told an error, in place of an answer or after a part of it. */
  | {
      type: 'error';
      /** The client's name of the error. */
      error: string;
      /** The class of the failure that the error tells, where upstream failed. */
      class?: string | undefined;
      message: string;
      /** The message may quote what was answered: not for a log. */
      quotesAnswer?: boolean | undefined;
      blame: Blame;
      /** What was thrown, where the error is a mistake of our own. */
      bug?: unknown;
    }
  /** The last event of each request. */
  | {
      type: 'end';
      status: number;
      clientLeft: boolean;
    };

/** `ms`: milliseconds since the request was received. */
export type TraceEvent = TraceFact & { readonly ms: number };
