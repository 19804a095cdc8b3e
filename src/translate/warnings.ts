/** What could not be carried over, or was changed on the way. The log tells it; nothing is lost in silence. */
export type WarningCode =
  /** A request field that has no counterpart and was left out. */
  | 'field-ignored'
  /** A value that the model does not take, replaced by the nearest that it takes. */
  | 'value-clamped'
  /** Content that was left out, or is shown in another form. */
  | 'content-changed'
  /** History that Google would refuse, and that was put in order. */
  | 'history-repaired'
  /** A tool declaration that was rewritten or left out. */
  | 'tool-changed'
  /** A thought signature that is foreign, broken or missing. */
  | 'signature'
  /** Something that upstream sent and that has no place in our tables. */
  | 'upstream-unknown'
  /** Upstream bytes that were repaired. */
  | 'frame-repaired';

export type Warning = {
  code: WarningCode;
  /** A path into the request (`messages.3.content.0`), or `answer`. */
  path: string;
  /** What was done, in words. */
  detail: string;
};

export type Warn = (code: WarningCode, path: string, detail: string) => void;

/** Codes and paths of warnings that nearly every request of Claude Code causes, and that nobody can do anything about. */
const ROUTINE: ReadonlySet<string> = new Set([
  // Claude Code asks for as many tokens as Anthropic's largest model gives.
  'value-clamped max_tokens',
]);

/** Nothing that a user need know of. */
export const isRoutine = (code: WarningCode, path: string): boolean => ROUTINE.has(`${code} ${path}`);
