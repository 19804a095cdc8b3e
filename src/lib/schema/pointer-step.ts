/** A step of a JSON pointer in a URL (`#/a~1b/c%20d`) as the name of a member; undefined where a `%` begins no escape. */
export function pointerStep(step: string): string | undefined {
  try {
    return withoutTildes(decodeURIComponent(step));
  } catch {
    return undefined;
  }
}

/** The name with the escapes of JSON pointers undone: `~1` is a slash, `~0` a tilde. */
export const withoutTildes = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');
