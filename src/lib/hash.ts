/** SHA-256 of `text` as base64url, cut to `length` characters (6 bits each). Stable across processes. */
export function shortHash(text: string, length = 22): string {
  return Bun.CryptoHasher.hash('sha256', text, 'base64url').slice(0, length);
}

/** What is told of a key: enough to know it again, and nothing to use it with. */
export const keyFingerprint = (key: string): string => shortHash(key, FINGERPRINT);
const FINGERPRINT = 8;

/**
 * 128 bits of xxHash3 in base 36: four times as fast as SHA-256, and the same in all processes. For look-ups by
 * content, where a whole conversation is hashed on every turn. It gives no protection against forged content.
 */
export function contentHash(text: string): string {
  return Bun.hash.xxHash3(text, 1n).toString(36) + Bun.hash.xxHash3(text, 2n).toString(36);
}

/** The label of a conversation of that name, which does not say whose it is. */
export const sessionLabel = (name: string): string => shortHash(name.trim(), SESSION_LABEL);
const SESSION_LABEL = 12;

/** SHA-256 of `text` in hexadecimal digits. */
export const sha256Of = (text: string): string => Bun.CryptoHasher.hash('sha256', text, 'hex');
