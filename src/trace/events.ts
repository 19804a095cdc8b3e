/**
 * What happens to one request, as a union of small events. Each is told once, by whoever does it, when it happens. No vendor's word is
 * in here: classes, reasons and codes are texts whose meaning the teller knows.
 */

/** Fingerprint of a key, without a sign before it. */
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
  /** Something is told as an answer, in place of the failure. */
  | 'tell'
  | 'give-up';

/** What a step costs: nothing; a retry; or one retry beyond those that the request may make. */
export type StepCost = 'nothing' | 'retry' | 'beyond';

/** Who is to blame that a request failed, as far as can be told. */
export type Blame =
  /** The client's own mistake: says nothing of this proxy or of upstream. */
  | 'client'
  /** Perhaps this one request, which would fail again. */
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
      /** Asked every few seconds by whatever watches this process. */
      isProbe?: true | undefined;
    }
  /** The body has come whole. Bytes, unpacked. */
  | { type: 'read'; bytes: number }
  /** A model is asked for, in a body that could be understood. */
  | {
      type: 'asked';
      /** The client's name of the model. */
      model: string;
      stream: boolean;
      /** What kind of work it is for: the main conversation, a subagent, a title … */
      caller: string;
      /** Whose failures its failures are. */
      asker?: string | undefined;
      session?: string | undefined;
      agent?: string | undefined;
      parentAgent?: string | undefined;
    }
  /** Who is going to be asked. Told again when the model or the key changes. */
  | {
      type: 'chosen';
      model: string;
      key: KeyName;
      /** The session's key; dealt to a session that had none; another one from now on; or another one for this attempt. */
      why: 'home' | 'dealt' | 'moved' | 'fallback';
      /** The key that the session had before. */
      home?: KeyName | undefined;
    }
  /** `because` is a class of failure; undefined where requests before this one have found out. */
  | { type: 'model-replaced'; from: string; to: string; because?: string | undefined }
  /** The upstream request is made. */
  | { type: 'translated'; tookMs: number }
  /** Something could not be carried over, or was bent. */
  | {
      type: 'warning';
      code: string;
      path: string;
      detail: string;
      /** Expected of nearly every request, and nothing that a user need know. */
      routine: boolean;
    }
  /** A request goes out to upstream. What is told until the next one is of this attempt. */
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
  /** The attempt failed; or, without one, it could not be made. */
  | {
      type: 'failure';
      class: string;
      status?: number | undefined;
      /** In upstream's words. */
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
      /** Undefined where none are counted. */
      retriesLeft: number | undefined;
    }
  /** A wait begins; the next `waited` is its end. */
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
  /** Tokens. `in` is without what was `cached`; `out` is with `thinking`. */
  | { type: 'usage'; in: number; cached: number; out: number; thinking: number }
  /** Why upstream ended its answer, in its word. */
  | { type: 'finished'; reason: string }
  /** Why the answer ended, in the word that the client is told. */
  | { type: 'stopped'; reason: string }
  /** Whatever stands in for upstream, or in its way, tells of itself. */
  | { type: 'note'; what: string; detail: Readonly<Record<string, unknown>> }
  /** The client is told an error, in place of an answer or after a part of it. */
  | {
      type: 'error';
      /** The client's name of the error. */
      error: string;
      /** Of the failure that it tells, where upstream failed. */
      class?: string | undefined;
      message: string;
      /** The message may quote what was answered: not for a log. */
      quotesAnswer?: boolean | undefined;
      blame: Blame;
      /** A mistake of our own: what was thrown. */
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
