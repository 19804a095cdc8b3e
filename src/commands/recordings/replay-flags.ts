/** The flags of a replay, which stand for settings with longer names. */

const SHORT_FLAG = /^--(?=(?:speed|match|on-miss|repeat)(?:=|$))/;

export const asReplayFlags = (flags: readonly string[]): string[] =>
  flags.map((flag) => flag.replace(SHORT_FLAG, '--replay-'));
