/** What a proxy says of itself when it listens. */
import { type Config, VERSION } from '../../config/config.ts';
import { unreadEnvFile } from '../../config/program.ts';
import { withoutSecrets } from '../../config/setting-names.ts';
import { GUIDANCE_VERSION } from '../../translate/own-words.ts';
import type { Serving } from './serving.ts';

const connectLine = (config: Config, url: string): string =>
  `ANTHROPIC_BASE_URL=${url} ANTHROPIC_AUTH_TOKEN=${config.proxyApiKey === undefined ? 'dummy' : '<PROXY_API_KEY>'} claude --permission-mode acceptEdits`;

/** A person should know that everything is now written to the disk. */
const RECORDS = 'every request and answer, without keys; Ctrl-C ends it and says what there is';

/** Whoever has forgotten that should see it before wondering at the answers. */
const NOT_GOOGLE = 'GOOGLE_GEMINI_BASE_URL: not Google itself';

/** What the operator has switched on; empty where nothing is. */
function extras({ words, localAnswers, cacheControl }: Config): string[] {
  const on = [
    ...(words.guidance ? [`guidance ${GUIDANCE_VERSION}`] : []),
    ...(words.identity ? ['identity'] : []),
    ...(localAnswers ? ['local answers to titles and probes'] : []),
    ...(cacheControl === 'explicit' ? ['explicit caching'] : []),
  ];
  return on.length === 0 ? [] : [`  extras   ${on.join(' · ')}`];
}

const watchText = ({ proxyApiKey, clients }: Pick<Config, 'proxyApiKey' | 'clients'>): string =>
  proxyApiKey === undefined && clients.length > 0
    ? 'closed: it shows all clients, so it needs PROXY_API_KEY'
    : 'each request as it runs';

function banner(config: Config, url: string): string {
  const { big, small, patterns } = config.modelMap;
  const mock = config.backend === 'mock' ? '   *** MOCK: no model answers, everything is made up ***' : '';
  return [
    `Gemini for Claude Code ${VERSION}`,
    `  backend  ${config.backend}${mock}`,
    ...(config.vertex ? [`  project  ${config.vertex.project} in ${config.vertex.location}`] : []),
    `  url      ${url}   (docs: ${url}/swagger)`,
    ...(config.inspector ? [`  watch    ${url}/ui   (${watchText(config)})`] : []),
    ...(config.baseUrl === undefined
      ? []
      : [`  Gemini   ${withoutSecrets(config.baseUrl)}   (${NOT_GOOGLE})`]),
    ...(config.workers === 1 ? [] : [`  workers  ${config.workers} processes`]),
    `  models   opus, sonnet, fable → ${big} · haiku → ${small}`,
    ...patterns.map(([pattern, target]) => `           ${pattern} → ${target}`),
    ...extras(config),
    ...(config.record === undefined ? [] : [`  records  ${config.record}   (${RECORDS})`]),
    ...(config.replay === undefined ? [] : [`  replays  ${config.replay.folder}`]),
    `  connect  ${connectLine(config, url)}`,
    '',
  ].join('\n');
}

/**
 * A JSON log must hold nothing but JSON: the text for people goes to stderr, and the log has the same facts in one
 * line.
 */
export function announce(url: string, { config, format, logger, forPrograms }: Serving): void {
  const isForPeople = format === 'pretty' && !forPrograms.json;
  (isForPeople ? process.stdout : process.stderr).write(`${banner(config, url)}\n`);
  const unread = forPrograms.isolated ? undefined : unreadEnvFile();
  for (const notice of [...config.notices, ...(unread ? [unread] : [])]) logger.warn({}, notice);
  const { backend, modelMap } = config;
  const { record } = config;
  const recording = record === undefined ? {} : { record };
  const fields = {
    version: VERSION,
    backend,
    url,
    ...(config.workers === 1 ? {} : { workers: config.workers }),
    models: modelMap,
    ...recording,
    connect: connectLine(config, url),
  };
  if (format === 'json') logger.info(fields, 'listening');
  if (forPrograms.json) process.stdout.write(`${JSON.stringify({ url, pid: process.pid, backend })}\n`);
}
