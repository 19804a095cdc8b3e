/** Endings of names by media type. The first ending of a type is the one that an unnamed file gets. */
export const ENDINGS: readonly (readonly [type: string, ...endings: string[]])[] = [
  ['application/pdf', 'pdf'],
  ['text/plain', 'txt', 'text', 'log'],
  ['text/markdown', 'md', 'markdown'],
  ['text/csv', 'csv'],
  ['text/html', 'html', 'htm'],
  ['application/json', 'json'],
  ['image/png', 'png'],
  ['image/jpeg', 'jpg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
];

/** The ending that the type means, with its dot; empty where the type means none. */
export function extensionOf(mimeType: string): string {
  const ending = ENDINGS.find(([type]) => type === mimeType)?.[1];
  return ending === undefined ? '' : `.${ending}`;
}
