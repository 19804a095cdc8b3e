/**
 * The blocks of a history whose content is not sent. The history itself stays as it is: signatures are found by what
 * the client sent, and a tool that a cleared result has loaded stays loaded.
 */
export type Cleared = {
  /** Results whose content is left out. A result stays in its place, because Google wants one for each call. */
  readonly results: ReadonlySet<object>;
  /** Calls whose arguments are left out. */
  readonly inputs: ReadonlySet<object>;
};

export const NOTHING_CLEARED: Cleared = { results: new Set(), inputs: new Set() };

/** What the model reads in place of a result that was cleared. */
export const CLEARED_RESULT = '[This tool result was cleared to save context.]';
