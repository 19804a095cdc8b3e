/**
 * The classes of what goes wrong upstream. From the class follow what the client is told, what it means for the key,
 * and whether another attempt may help.
 */
export type FailureClass =
  /** Google does not take the key: wrong, expired, leaked, or without the API. */
  | 'key'
  /** The project has no money: prepaid credit gone, a spending cap reached, no billing. No waiting cures it. */
  | 'billing'
  /**
   * Turned away for a reason that Google does not give, by Google or by a gateway before it. Nothing follows for the
   * key or the model.
   */
  | 'barred'
  /** The host at the address is not Gemini. */
  | 'address'
  /** A quota is used up that comes back by itself, soon. */
  | 'quota-minute'
  /** A quota of the day is used up, or one that comes back so late that nobody waits for it. */
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
  /**
   * The request was blocked for its content. (A prompt or answer that Gemini's filters block is not a failure: it is an
   * answer.)
   */
  | 'content-filter'
  /** A picture that Google cannot read. */
  | 'media'
  /** Google does not serve the region that the request comes from. */
  | 'region'
  /** Everything else that is wrong with the request. */
  | 'request'
  /** The connection could not be made, or broke. */
  | 'network'
  /** No answer in time. */
  | 'timeout'
  /** The model is overloaded, or a gateway before it is. */
  | 'overloaded'
  /** Google's own mistake. */
  | 'internal'
  /** The answer broke off, or makes no sense. */
  | 'malformed';
