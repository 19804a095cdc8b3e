/** What git leaves in a file that was changed on both sides. */

const MARK = /^(?:<{7}|={7}|>{7})(?:\s|$)/;

/** The problem of a text in which git has left a conflict; undefined where there is none. */
export function conflictIn(text: string): string | undefined {
  const line = text.split('\n').findIndex((one) => MARK.test(one));
  return line < 0 ? undefined : `git has left a merge conflict in line ${line + 1}`;
}
