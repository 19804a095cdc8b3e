/**
 * `/swagger`: the documentation of this API. All its files come from this process: the plugin's own page would load
 * scripts from other hosts, so only the plugin's JSON is used.
 */
// Each is the path of the file. An executable has the files in it because they are imported.
import css from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' };
import bundle from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' };
import type { ClientRequest } from '../client-request.ts';
import { notFound } from '../responses.ts';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Gemini for Claude Code: API</title>
<link rel="stylesheet" href="/swagger/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="ui"></div>
<script src="/swagger/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: '/swagger/json', dom_id: '#ui', validatorUrl: null, tryItOutEnabled: true });</script>
</body>
</html>
`;

/**
 * The content security policy of the page: a browser loads nothing from elsewhere, even if a later version of the UI
 * tries to.
 */
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

const ASSETS: Readonly<Record<string, { path: string; type: string }>> = {
  'swagger-ui.css': { path: css, type: 'text/css; charset=utf-8' },
  'swagger-ui-bundle.js': { path: bundle, type: 'text/javascript; charset=utf-8' },
};

export function answerSwaggerPage(): Response {
  return new Response(PAGE, {
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY },
  });
}

export function answerSwaggerAsset(client: ClientRequest): Response {
  const name = client.params['asset'] ?? '';
  const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (asset === undefined) throw notFound(client.url.pathname);
  const { path, type } = asset;
  return new Response(Bun.file(path), {
    headers: { 'content-type': type, 'cache-control': 'max-age=86400' },
  });
}
