/** What could not be translated, or was changed. The log shows these warnings; nothing is lost in silence. */
export type WarningCode =
  /** A request field without a counterpart was left out. */
  | 'field-ignored'
  /** A value that the model does not accept was replaced by the nearest value that it accepts. */
  | 'value-clamped'
  /** Content was left out, or is shown in another form. */
  | 'content-changed'
  /** History that Google would refuse was put in order. */
  | 'history-repaired'
  /** A tool declaration was rewritten or left out. */
  | 'tool-changed'
  /** A thought signature is foreign, broken or missing. */
  | 'signature'
  /** A lost thought signature of a call was replaced by Google's documented stand-in. Answers get worse with it. */
  | 'stand-in-signature'
  /** Upstream sent something that has no place in our tables. */
  | 'upstream-unknown'
  /** Upstream's bytes were repaired. */
  | 'frame-repaired'
  /** A limit of dollars is nearly reached. */
  | 'budget';

export type Warning = {
  code: WarningCode;
  /** A path into the request (`messages.3.content.0`), or `answer`. */
  path: string;
  /** What was done, in words. */
  detail: string;
};

export type Warn = (code: WarningCode, path: string, detail: string) => void;

/** The most tokens that Anthropic's models give. Claude Code asks for as many, whatever the model takes. */
const MOST_ASKED = 128_000;

/** True for a warning that nearly every request of Claude Code causes, so that no user needs to know about it. `detail`: of such a clamp, `128000 to 65536`. */
export const isRoutine = (code: WarningCode, path: string, detail: string): boolean =>
  code === 'value-clamped' && path === 'max_tokens' && Number.parseInt(detail, 10) <= MOST_ASKED;
