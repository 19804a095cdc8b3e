/** SHA-256 of `text` as base64url, cut to `length` characters (6 bits each). Stable across processes. */
export function shortHash(text: string, length = 22): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('base64url').slice(0, length);
}
