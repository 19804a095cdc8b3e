/** The classes of what goes wrong upstream: what is told, what it means for the key, and whether another try may help follow from them. */
export type FailureClass =
  /** Google does not take the key: wrong, expired, leaked, or without the API. */
  | 'key'
  /** The project has no money: prepaid credit gone, a spending cap reached, no billing. No waiting cures it. */
  | 'billing'
  /** Turned away with no reason that Google gives, by Google or by a front before it: nothing is known of the key or the model. */
  | 'barred'
  /** What answers at the address is not Gemini. */
  | 'address'
  /** Out of a quota that comes back by itself, soon. */
  | 'quota-minute'
  /** Out of a quota of the day, or for so long that nobody waits for it. */
  | 'quota-day'
  /** No such model, or not for this key (`limit: 0`). */
  | 'model-missing'
  /** A tool's declaration, or a schema, that Google does not take. */
  | 'schema'
  /** A thought signature that Google cannot read. */
  | 'signature'
  /** A way to think that the model does not offer. */
  | 'thinking'
  /** The prompt is longer than the model's window. */
  | 'context-overflow'
  /** The request has more bytes than Google takes. */
  | 'too-large'
  /** The request itself was blocked for its content. A blocked prompt or answer is none: that is an answer. */
  | 'content-filter'
  /** A picture that Google cannot read. */
  | 'media'
  /** Google does not serve this part of the world. */
  | 'region'
  /** Everything else that the request did wrong. */
  | 'request'
  /** The connection could not be made, or broke. */
  | 'network'
  /** No answer in time. */
  | 'timeout'
  /** The model is overloaded, or a front before it. */
  | 'overloaded'
  /** Google's own mistake. */
  | 'internal'
  /** An answer that broke off, or that nothing can be made of. */
  | 'malformed';
