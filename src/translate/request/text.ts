/** Tags that the proxy puts around the client's text. */

/** Puts lines between `<tag>` and `</tag>`. The lines themselves are not changed. */
export function tagged(tag: string, lines: readonly (string | null | undefined)[]): string {
  const body = lines.filter((line) => line !== null && line !== undefined && line !== '').join('\n');
  return `<${tag}>\n${body}\n</${tag}>`;
}
