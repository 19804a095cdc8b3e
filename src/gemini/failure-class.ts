/**
 * The classes of upstream's failures. The class decides what the client is told, what the failure means for the key,
 * and whether another attempt may help.
 */
export type FailureClass =
  /** Google does not accept the key: it is wrong, expired, leaked, or its project may not use the API. */
  | 'key'
  /** Vertex AI does not accept the credentials of Google Cloud, or there are none. */
  | 'credentials'
  /** The project has no money: prepaid credit gone, a spending cap reached, no billing. No waiting cures it. */
  | 'billing'
  /**
   * Google, or a gateway before it, turned the request away without a reason. Nothing follows for the key or the model.
   */
  | 'barred'
  /** The host at the address is not Gemini. */
  | 'address'
  /** A quota is used up, and comes back by itself soon. */
  | 'quota-minute'
  /** A quota of the day is used up, or a quota that comes back so late that no request waits for it. */
  | 'quota-day'
  /** The model does not exist, or this key may not use it (`limit: 0`). */
  | 'model-missing'
  /** Google does not accept a tool's declaration, or a schema. */
  | 'schema'
  /** Google cannot read a thought signature. */
  | 'signature'
  /** The model does not offer the requested setting of thinking. */
  | 'thinking'
  /** The prompt is longer than the model's window. */
  | 'context-overflow'
  /** The request has more bytes than Google accepts. */
  | 'too-large'
  /** Media that are too large for the request could not be uploaded. A later upload may succeed. */
  | 'upload-failed'
  /** Google does not take media that are too large for the request. */
  | 'upload-refused'
  /**
   * The request was blocked for its content. (A prompt or answer that Gemini's filters block is not a failure: it is an
   * answer.)
   */
  | 'content-filter'
  /** Google cannot read a picture. */
  | 'media'
  /** Google does not serve the region that the request comes from. */
  | 'region'
  /** Everything else that is wrong with the request. */
  | 'request'
  /** The connection could not be made, or broke. */
  | 'network'
  /** The answer did not come in time. */
  | 'timeout'
  /** The model is overloaded, or a gateway before it is. */
  | 'overloaded'
  /** Google made a mistake of its own. */
  | 'internal'
  /** The answer broke off, or makes no sense. */
  | 'malformed';
