/** What could not be carried over, or had to be bent. Told in the log and the inspector; never silence. */
export type WarningCode =
  /** A request field that has no counterpart and was left out. */
  | 'field-ignored'
  /** A value outside what the model takes, moved to the nearest it takes. */
  | 'value-clamped'
  /** Content that was left out, or shown in another form. */
  | 'content-changed'
  /** History that Google would refuse, put in order. */
  | 'history-repaired'
  /** A tool declaration that was rewritten or left out. */
  | 'tool-changed'
  /** A thought signature that is foreign, broken or missing. */
  | 'signature'
  /** Something upstream sent that we know no place for. */
  | 'upstream-unknown'
  /** Upstream bytes that were repaired. */
  | 'frame-repaired';

export type Warning = {
  code: WarningCode;
  /** Where, as a path into the request (`messages.3.content.0`) or the answer. */
  path: string;
  /** What was done, for a human. */
  detail: string;
};

export type Warn = (code: WarningCode, path: string, detail: string) => void;

/** By code and path: nearly every request of Claude Code has one of these, and nothing is to be done about it. */
const ROUTINE: ReadonlySet<string> = new Set([
  // It asks for as many tokens as Anthropic's largest model gives.
  'value-clamped max_tokens',
]);

/** Nothing that a user need know of. */
export const isRoutine = (code: WarningCode, path: string): boolean => ROUTINE.has(`${code} ${path}`);
