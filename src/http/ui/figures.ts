/** The pages of keys and of charts, and the tests of keys and models. */
import { MessagesError } from '../../anthropic/errors.ts';
import { chartsOf, GROUPED, RANGES } from '../../inspector/figures/charts.ts';
import { keysPage } from '../../inspector/figures/keys-page.ts';
import type { ActionAnswer } from '../../inspector/shapes.ts';
import { mapModel } from '../../translate/model-map.ts';
import type { ServerDeps } from '../deps.ts';
import type { Handler } from '../handle-request.ts';
import { notFound } from '../responses.ts';
import { type Tested, testKey } from '../routes/test-connection.ts';
import { action } from './actions.ts';
import { inspected, type Looking, shownJson } from './api.ts';
import { keysFacts } from './keys-facts.ts';

export const showKeys: Handler = inspected(({ deps, inspector }) =>
  shownJson(keysPage(keysFacts(deps, inspector))),
);

const isOne = <Name extends string>(name: string, names: readonly Name[]): name is Name =>
  names.some((one) => one === name);

export const showCharts: Handler = inspected(({ client, deps }) => {
  const range = client.url.searchParams.get('range') ?? '24h';
  const by = client.url.searchParams.get('by') ?? 'model';
  if (range !== '24h' && range !== '7d' && range !== '30d')
    throw new MessagesError('invalid_request_error', `range: expected ${Object.keys(RANGES).join(', ')}`);
  if (!isOne(by, GROUPED))
    throw new MessagesError('invalid_request_error', `by: expected ${GROUPED.join(', ')}`);
  const now = deps.clock.wall().getTime();
  return shownJson(chartsOf(deps.usage, { range, by, now, upstream: deps.keys.kind }));
});

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const saidOf = ({ fingerprint, latency, told }: Tested): string =>
  told
    ? `#${fingerprint}: ${sentence(told.message)} ${told.guidance}`
    : `#${fingerprint} answers, after ${latency} ms.`;

async function tested(
  { client, deps }: Looking,
  isWanted: (fingerprint: string) => boolean,
  model: string,
): Promise<ActionAnswer> {
  const backends = deps.keys.backends.filter(({ keyFingerprint }) => isWanted(keyFingerprint));
  if (backends.length === 0) throw notFound(client.url.pathname, '. There is no such key');
  client.keepOpen();
  const all = await Promise.all(backends.map((backend) => testKey(backend, model, client, deps)));
  return { said: all.map(saidOf).join('\n') };
}

/** The model that costs least. */
const smallModel = ({ settings }: ServerDeps): string =>
  mapModel(settings.modelMap.small, settings.modelMap, settings.models).id;

export const testKeys = action((looking) => tested(looking, () => true, smallModel(looking.deps)));

export const testOneKey = action((looking) =>
  tested(looking, (key) => key === looking.client.params['key'], smallModel(looking.deps)),
);

export const testModel = action((looking) => {
  const { settings } = looking.deps;
  const model = looking.client.params['model'] ?? '';
  if (!settings.models.isKnown(model))
    throw notFound(looking.client.url.pathname, '. There is no such model');
  return tested(looking, () => true, settings.models.row(model).id);
});
