/** The document in the result of a web fetch, as clients send it back. */
import type { DocumentBlock } from '../../../anthropic/content.ts';
import { isObject } from '../../../lib/json.ts';

type Source = DocumentBlock['source'];

/** Results are not checked where the request is read, so nothing is known of their form. */
function sourceOf(source: unknown): Source | undefined {
  if (!isObject(source)) return undefined;
  const { type, media_type, data } = source;
  if (typeof data !== 'string') return undefined;
  if (type === 'text') return { type, media_type: 'text/plain', data };
  return type === 'base64' && media_type === 'application/pdf' ? { type, media_type, data } : undefined;
}

/** The document of each result: a block that may be cited is known by being the very same object. */
const known = new WeakMap<object, DocumentBlock>();

/** Undefined where the page was not read, or was read by another server in another form. */
export function documentOfPage(result: unknown): DocumentBlock | undefined {
  if (!isObject(result)) return undefined;
  const document = known.get(result) ?? toDocument(result);
  if (document) known.set(result, document);
  return document;
}

function toDocument(result: Record<string, unknown>): DocumentBlock | undefined {
  if (result['type'] !== 'web_fetch_result' || !isObject(result['content'])) return undefined;
  const { source: given, title, citations } = result['content'];
  const source = sourceOf(given);
  if (!source) return undefined;
  const wantsCitations = isObject(citations) && citations['enabled'] === true;
  return {
    type: 'document',
    source,
    title: typeof title === 'string' ? title : null,
    context: typeof result['url'] === 'string' ? `URL: ${result['url']}` : null,
    ...(wantsCitations ? { citations: { enabled: true } } : {}),
  };
}
