/** The last upstream request as a command. It names the variable in which the key is, never the key. */
import type { Opened } from '../texts/opened.ts';

const END = 'END_OF_REQUEST';

/** Undefined where nothing was sent, or the texts were let go. */
export function curlOf(opened: Opened): string | undefined {
  const exchange = opened.request.exchanges.at(-1);
  const body = exchange && opened.sentIn(exchange);
  if (!exchange || !body) return undefined;
  const isVertex = URL.parse(exchange.url)?.hostname.endsWith('aiplatform.googleapis.com') ?? false;
  const credential = isVertex
    ? `-H "authorization: Bearer $(gcloud auth print-access-token)"`
    : `-H "x-goog-api-key: $GEMINI_API_KEY"`;
  const url = opened.shown.text(exchange.url).replaceAll("'", '%27');
  return [
    `curl --no-buffer '${url}' \\`,
    `  ${credential} \\`,
    `  -H 'content-type: application/json' \\`,
    `  --data-binary @- <<'${END}'`,
    body.text,
    END,
  ].join('\n');
}
