/** The keys, the models that each can reach, and how these models may be told to think. */
import { ENV_FILE } from '../config/program.ts';
import { isUnreachable, UpstreamError } from '../gemini/errors.ts';
import { failureClass } from '../gemini/failure.ts';
import type { FailureClass } from '../gemini/failure-class.ts';
import type { GeminiModel, Thinking as Range } from '../gemini/models.ts';
import { toClientError } from '../translate/client-error.ts';
import { guidanceFor } from '../translate/errors.ts';
import { mapModel } from '../translate/model-map.ts';
import type { DoctorContext } from './context.ts';
import { type Check, type Finding, hint, ok, stops } from './finding.ts';
import type { Thinking } from './google.ts';
import { GOOGLE_LIMIT_MS } from './network.ts';

/** A model that a client may get, and the setting that names it. */
type Mapped = { model: GeminiModel; setting: string };

function mappedModels({ config: { modelMap, models } }: DoctorContext): Mapped[] {
  const { big, small, patterns } = modelMap;
  const named: [setting: string, id: string][] = [
    ['BIG_MODEL', big],
    ['SMALL_MODEL', small],
    ...patterns.map(([, target]): [string, string] => ['MODEL_MAP', target]),
  ];
  const all = named.map(([setting, id]) => ({ setting, model: mapModel(id, modelMap, models) }));
  return all.filter(({ model }, at) => all.findIndex((other) => other.model.id === model.id) === at);
}

/** Failures that are the same for every key and model. */
const OF_THE_WAY: ReadonlySet<FailureClass> = new Set(['barred', 'address', 'region']);
/** Failures that are the same for every model. */
const OF_THE_KEY: ReadonlySet<FailureClass> = new Set(['key', 'credentials', 'billing', ...OF_THE_WAY]);

const classOf = (error: unknown): FailureClass | undefined =>
  error instanceof UpstreamError ? failureClass(error) : undefined;

/** Each key with what became of each model: undefined where it answered. */
type Tried = { apiKey: string; results: ReadonlyMap<string, unknown> };

const works = ({ results }: Tried): boolean => [...results.values()].includes(undefined);

const tryKeys = ({ google }: DoctorContext, mapped: readonly Mapped[], signal: AbortSignal) =>
  Promise.all(
    google.keys.map(async (apiKey): Promise<Tried> => {
      const results = await Promise.all(
        mapped.map(
          async ({ model }) => [model.id, await google.tried(apiKey, model.id, signal)] as [string, unknown],
        ),
      );
      return { apiKey, results: new Map(results) };
    }),
  );

const told = (error: unknown, { secrets }: DoctorContext): string => toClientError(error, secrets).message;

/** The settings of keys, in the order in which they win. */
const KEY_SETTINGS = ['API_KEYS', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'].flatMap((name) => [
  `${name}_FILE`,
  name,
]);

function keySetting({ ports: { env }, faults }: DoctorContext): string {
  const isRead = (name: string) =>
    (env[name] ?? '').trim() !== '' && !faults.some((fault) => fault.name === name);
  return KEY_SETTINGS.find(isRead) ?? 'GEMINI_API_KEY';
}

/** Of a key that no model answers to, for a reason of its own. */
function keyFinding({ apiKey, results }: Tried, position: number, isOnly: boolean, context: DoctorContext) {
  const error = [...results.values()].find((each) => OF_THE_KEY.has(classOf(each) ?? 'request'));
  const setting = keySetting(context);
  const name = context.google.nameOf(apiKey);
  const which = context.config.vertex ? name : `${name}, key ${position + 1} of ${setting}`;
  const fix = classOf(error) === 'key' ? newKey(setting, isOnly, context) : guidanceFor(error);
  return (isOnly ? stops : hint)(`${which}: ${told(error, context)}`, whyKey(isOnly), fix);
}

function newKey(setting: string, isOnly: boolean, { ports: { env } }: DoctorContext): string {
  const value = isOnly ? '<key>' : '<keys>';
  const mended = setting.endsWith('_FILE')
    ? `\`printf '%s\\n' '${value}' > ${env[setting]}\``
    : `\`${setting}=${value}\``;
  return isOnly
    ? `Get a key at aistudio.google.com/apikey and set it: ${mended}.`
    : `Take it out, or put a new one of aistudio.google.com/apikey in its place: ${mended}.`;
}

const whyKey = (isOnly: boolean): string =>
  isOnly ? 'No key works, so no request is answered.' : 'The other keys do its work, and share their quotas.';

/** The first model that would answer in place of `id`, or that the user may set. */
async function substitute(
  { id }: GeminiModel,
  key: string,
  context: DoctorContext,
  signal: AbortSignal,
): Promise<{ id: string; isFallback: boolean } | undefined> {
  const { config, google } = context;
  const groups = config.modelFallbacks;
  const own = groups.findIndex((group) => group.includes(id));
  const next = own < 0 ? [] : groups.slice(own + 1).flat();
  const { models } = await google.list(key, signal);
  const listed = config.models.rows.filter((model) => models?.has(model.id)).map((model) => model.id);
  const candidates = [...new Set([...next, ...listed])].filter((other) => other !== id).slice(0, MOST_TRIED);
  for (const other of candidates) {
    if ((await google.tried(key, other, signal)) === undefined)
      return { id: other, isFallback: next.includes(other) };
  }
  return undefined;
}

/** Failures that are over in a while. */
const PASSING: ReadonlySet<FailureClass> = new Set([
  'quota-minute',
  'overloaded',
  'internal',
  'network',
  'timeout',
  'malformed',
]);

/** Each costs a request. */
const MOST_TRIED = 6;

/** Of a model that no working key reaches. */
async function modelFinding(
  { model, setting }: Mapped,
  tried: readonly Tried[],
  context: DoctorContext,
  signal: AbortSignal,
): Promise<Finding[]> {
  const errors = tried.map(({ results }) => results.get(model.id));
  if (errors.includes(undefined)) return [];
  const error = errors.find((each) => !OF_THE_KEY.has(classOf(each) ?? 'request')) ?? errors[0];
  const key = tried.find(works)?.apiKey ?? tried[0]?.apiKey ?? '';
  const other = await substitute(model, key, context, signal);
  const what = `${model.id} (${setting}) does not answer: ${told(error, context)}`;
  const isPassing = PASSING.has(classOf(error) ?? 'request');
  if (other?.isFallback)
    return [
      hint(
        what,
        `${other.id} of MODEL_FALLBACKS answers in its place.`,
        `${guidanceFor(error)} Or name that model yourself: \`${assignment(setting, model.id, other.id, context)}\`.`,
      ),
    ];
  const fix = other
    ? `This model answers to your key: \`${assignment(setting, model.id, other.id, context)}\`.`
    : guidanceFor(error);
  return [(isPassing ? hint : stops)(what, 'Requests for this model are not answered.', fix)];
}

/** The variable with another model in it. */
function assignment(setting: string, id: string, other: string, { config }: DoctorContext): string {
  if (setting !== 'MODEL_MAP') return `${setting}=${other}`;
  const { modelMap, models } = config;
  const renamed = modelMap.patterns.map(([pattern, target]) => [
    pattern,
    mapModel(target, modelMap, models).id === id ? other : target,
  ]);
  return `MODEL_MAP='${JSON.stringify(Object.fromEntries(renamed))}'`;
}

const NO_KEY = hint(
  'no Gemini key is set: the built-in mock answers, and everything in its answers is made up',
  'No model is asked.',
  `Get a key at aistudio.google.com/apikey and put it into ${ENV_FILE}: \`GEMINI_API_KEY=<key>\`.`,
);

export const keys: Check = {
  name: 'keys',
  limitMs: GOOGLE_LIMIT_MS,
  async run(context, signal) {
    const { config, google } = context;
    if (google.keys.length === 0)
      return [
        config.apiKeys.length === 0 && config.backend === 'mock'
          ? NO_KEY
          : ok(`the ${config.backend} needs none`),
      ];
    const mapped = mappedModels(context);
    const lists = await Promise.all(google.keys.map((key) => google.list(key, signal)));
    if (lists.every(({ error }) => isUnreachable(error)))
      return [hint('the keys were not tried', 'There is no way to Gemini.', 'See "network" above.')];
    const tried = await tryKeys(context, mapped, signal);
    const barred = wayFinding(tried, context);
    if (barred) return [barred];
    const isBad = ({ results }: Tried) =>
      [...results.values()].every((error) => OF_THE_KEY.has(classOf(error) ?? 'request'));
    const anyWorks = tried.some((each) => !isBad(each));
    const perKey = tried.map((each, position) =>
      isBad(each) ? [keyFinding(each, position, !anyWorks, context)] : reaches(each, context),
    );
    if (!anyWorks) return perKey.flat();
    const sound = tried.filter((each) => !isBad(each));
    const perModel = await Promise.all(mapped.map((each) => modelFinding(each, sound, context, signal)));
    return [...perKey, ...perModel].flat();
  },
};

/** Where no key is at fault: something before Gemini answers, or Google does not serve this place. */
function wayFinding(tried: readonly Tried[], context: DoctorContext): Finding | undefined {
  const errors = tried.flatMap(({ results }) => [...results.values()]);
  const [first] = errors;
  if (!errors.every((error) => OF_THE_WAY.has(classOf(error) ?? 'request'))) return undefined;
  const isOtherAddress = classOf(first) === 'address' && context.config.baseUrl !== undefined;
  const fix = isOtherAddress
    ? `${guidanceFor(first)} For Google itself: \`unset GOOGLE_GEMINI_BASE_URL\`.`
    : guidanceFor(first);
  return stops(
    `${new URL(context.google.baseUrl).host}: ${told(first, context)}`,
    'No key gets an answer.',
    fix,
  );
}

/** Nothing where no model answers: each model then says why. */
function reaches({ apiKey, results }: Tried, { google }: DoctorContext): Finding[] {
  const reached = [...results].flatMap(([id, error]) => (error === undefined ? [id] : []));
  return reached.length === 0 ? [] : [ok(`${google.nameOf(apiKey)} reaches ${reached.join(', ')}`)];
}

// ── thinking ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The least and the most that our table says a model may be told to think. */
function ends(range: Range): Thinking[] {
  switch (range.kind) {
    case 'none':
      return [];
    case 'budget':
      return [range.min, range.max].map((thinkingBudget) => ({ thinkingBudget }));
    case 'level':
      return [range.levels[0], range.levels.at(-1)].flatMap((thinkingLevel) =>
        thinkingLevel === undefined ? [] : [{ thinkingLevel }],
      );
  }
}

function limits(range: Range): string {
  switch (range.kind) {
    case 'none':
      return 'does not think';
    case 'budget':
      return `thinks with ${range.min} to ${range.max} tokens${range.off ? ', or not at all' : ''}`;
    case 'level':
      return `thinks at ${range.levels.join(', ')}`;
  }
}

async function thinkingOf(
  { model, setting }: Mapped,
  context: DoctorContext,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { config, google } = context;
  const key = await firstThatWorks(model.id, context, signal);
  if (key === undefined) return [];
  const unknown = config.models.isKnown(model.id)
    ? []
    : [
        hint(
          `${model.id} is not in this version's table of models`,
          'Its limits are taken to be those of the newest model.',
          `Update the proxy, or choose a model that it knows: \`${assignment(setting, model.id, fallbackOf(config), context)}\`.`,
        ),
      ];
  const wishes = ends(config.models.row(model.id).thinking);
  const errors = await Promise.all(wishes.map((wish) => google.tried(key, model.id, signal, wish)));
  const refused = wishes.filter((_, at) => classOf(errors[at]) === 'thinking');
  if (refused.length === 0) return [...unknown, ok(`${model.id} ${limits(model.thinking)}`)];
  const odd = hint(
    `${model.id} refuses to think as it should be able to: ${refused.map((wish) => JSON.stringify(wish)).join(', ')}`,
    'The proxy sends such a request again without that, so each first one takes longer.',
    `Choose another model: \`${assignment(setting, model.id, fallbackOf(config), context)}\`.`,
  );
  return [...unknown, odd];
}

const fallbackOf = ({ modelFallbacks, models }: DoctorContext['config']): string =>
  modelFallbacks.flat().find((id) => models.isKnown(id)) ?? models.rows[0]?.id ?? '';

async function firstThatWorks(model: string, { google }: DoctorContext, signal: AbortSignal) {
  for (const key of google.keys) if ((await google.tried(key, model, signal)) === undefined) return key;
  return undefined;
}

export const thinking: Check = {
  name: 'thinking',
  limitMs: GOOGLE_LIMIT_MS,
  async run(context, signal) {
    const mapped = mappedModels(context);
    if (context.google.keys.length === 0)
      return mapped.map(({ model }) => ok(`${model.id} ${limits(model.thinking)}`));
    const found = (await Promise.all(mapped.map((each) => thinkingOf(each, context, signal)))).flat();
    return found.length > 0 ? found : [ok('not tried: no model answered')];
  },
};
