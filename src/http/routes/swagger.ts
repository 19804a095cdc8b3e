/**
 * `/swagger`: the documentation of this API. All its files come from this process: the plugin's own page would load
 * scripts from other hosts, so only the plugin's JSON is used.
 */
// Each is the path of the file. An executable has the files in it because they are imported.
import uiStyle from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' };
import ui from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' };
import style from '../api-description/page/page.css' with { type: 'file' };
import script from '../api-description/page/page.js' with { type: 'file' };
import type { ClientRequest } from '../client-request.ts';
import { notFound } from '../responses.ts';

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%234285f4'/%3E%3Cpath d='M5 4 2 8l3 4m6-8 3 4-3 4' fill='none' stroke='%23fff' stroke-width='1.8'/%3E%3Ccircle cx='8' cy='8' r='1.6' fill='%23d97757'/%3E%3C/svg%3E";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Gemini for Claude Code: API</title>
<link rel="stylesheet" href="/swagger/swagger-ui.css">
<link rel="stylesheet" href="/swagger/page.css">
<link rel="icon" href="${ICON}">
</head>
<body>
<div id="ui"></div>
<script src="/swagger/swagger-ui-bundle.js"></script>
<script src="/swagger/page.js"></script>
</body>
</html>
`;

/**
 * The content security policy of the page: a browser loads nothing from elsewhere, even if a later version of the UI
 * tries to.
 */
const POLICY =
  "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CSS = 'text/css; charset=utf-8';
const JAVASCRIPT = 'text/javascript; charset=utf-8';

const ASSETS: Readonly<Record<string, { path: string; type: string }>> = {
  'swagger-ui.css': { path: uiStyle, type: CSS },
  'swagger-ui-bundle.js': { path: ui, type: JAVASCRIPT },
  'page.css': { path: style, type: CSS },
  'page.js': { path: script, type: JAVASCRIPT },
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
