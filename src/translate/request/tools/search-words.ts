/**
 * The words of a search that this process made, in `encrypted_content` of its first page: the client sends them back
 * unread, and the model is shown them again.
 */
import { isObject } from '../../../lib/json.ts';

const SEAL = 'g1s:';

export const sealWords = (text: string): string => `${SEAL}${Buffer.from(text, 'utf8').toString('base64')}`;

/** The words in a result's content; empty for results of other servers. */
export function sealedWords(content: unknown): string {
  const pages: unknown[] = Array.isArray(content) ? content : [];
  const sealed = pages.flatMap((page) => (isObject(page) ? [page['encrypted_content']] : []));
  const found = sealed.find((text) => typeof text === 'string' && text.startsWith(SEAL));
  return typeof found === 'string' ? Buffer.from(found.slice(SEAL.length), 'base64').toString('utf8') : '';
}
