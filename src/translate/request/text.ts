/** Text of ours around that of the client. */

/** `<tag>` around lines; the lines themselves stay as they are, so that nothing of the client's text is altered. */
export function tagged(tag: string, lines: readonly (string | null | undefined)[]): string {
  const body = lines.filter((line) => line !== null && line !== undefined && line !== '').join('\n');
  return `<${tag}>\n${body}\n</${tag}>`;
}
