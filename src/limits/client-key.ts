/** A client of this proxy that has a name, a key, and limits of its own. */

/** Requests and tokens a minute, dollars a day. Undefined: as much as it likes. */
export type ClientLimits = {
  requests: number | undefined;
  tokens: number | undefined;
  dollars: number | undefined;
};

export type ClientKey = {
  name: string;
  /** SHA-256 of the key, in hexadecimal digits: the key itself is not kept. */
  digest: string;
  limits: ClientLimits;
};
