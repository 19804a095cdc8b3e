/**
 * `GET /v1/models` and `/v1/models/{id}`: the ids that a client may ask for, in Anthropic's form (contract section 10).
 * A Claude id has the limits of the Gemini model that answers for it.
 */

import { checkVersionIfGiven } from '../../answer/api-version.ts';
import { MessagesError } from '../../anthropic/errors.ts';
import type { GeminiModel, ModelTable } from '../../gemini/models.ts';
import { today } from '../../lib/ports.ts';
import { quoted } from '../../lib/shown-text.ts';
import { type ModelMap, mapModel, namesGemini, scopeOf } from '../../translate/model-map.ts';
import type { ModelInfo, ModelPage } from '../api-description/answers.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import { jsonResponse } from '../responses.ts';
import { readPageLimit } from './page-limit.ts';

/**
 * The ids that Claude Code and the SDKs know, newest first. Clients show them for choosing. Other Claude ids work as
 * well: older ones, with a date, with `-latest` or `[1m]` at the end.
 */
const CLAUDE_IDS = [
  'claude-opus-5-5',
  'claude-fable-5-2',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'claude-mythos-5-2',
  'claude-opus-5',
  'claude-sonnet-5',
  'claude-opus-4-8',
  'claude-sonnet-4-6',
  'claude-haiku-4-5',
] as const;

const LINES = ['haiku', 'sonnet', 'opus', 'fable', 'mythos'] as const;

const supported = (yes: boolean) => ({ supported: yes });

function capabilities(model: GeminiModel): ModelInfo['capabilities'] {
  const thinks = model.thinking.kind !== 'none';
  return {
    batch: supported(true),
    citations: supported(true),
    code_execution: supported(true),
    context_management: {
      ...supported(true),
      clear_thinking_20251015: supported(true),
      clear_tool_uses_20250919: supported(true),
      compact_20260112: supported(true),
    },
    compaction: supported(true),
    effort: {
      ...supported(thinks),
      low: supported(thinks),
      medium: supported(thinks),
      high: supported(thinks),
      xhigh: supported(thinks),
      max: supported(thinks),
    },
    image_input: supported(true),
    pdf_input: supported(true),
    server_tools: { ...supported(true), code_execution: supported(true), web_search: supported(true) },
    structured_outputs: supported(true),
    thinking: {
      ...supported(thinks),
      types: {
        adaptive: supported(thinks),
        between_tools: supported(thinks),
        disabled: supported(true),
        enabled: supported(thinks),
      },
    },
  };
}

/** The display name of an id: `claude-opus-5-5` and `claude-opus-5-5-20261101` become `Claude Opus 5.5`. */
const claudeName = (id: string) =>
  id
    .replace(/-\d{8}$/, '')
    .replace(/-(\d{1,2})-(\d{1,2})\b/, ' $1.$2')
    .split(/[- ]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');

const CLAUDE_LINE = new RegExp(`^claude-.*(?:${LINES.join('|')})`);

function displayName(id: string, model: GeminiModel): string {
  if (id === model.id) return model.displayName;
  return CLAUDE_LINE.test(id) ? `${claudeName(id)} (${model.displayName})` : `${id} (${model.displayName})`;
}

const STAGES = ['active', 'deprecated', 'retired'] as const;
type Stage = (typeof STAGES)[number];
const isStage = (text: string): text is Stage => STAGES.some((stage) => stage === text);

const dateTime = (day: string | undefined) => (day === undefined ? null : `${day}T00:00:00Z`);

/** How long the model is served. An id that is mapped to a model is served as long as the map says so. */
function served(id: string, { id: own, lifecycle }: GeminiModel) {
  const { stage, deprecated, retires } = lifecycle;
  if (id !== own || stage === 'stable' || stage === 'preview')
    return { lifecycle: 'active' as const, deprecated_at: null, retires_at: null };
  return { lifecycle: stage, deprecated_at: dateTime(deprecated), retires_at: dateTime(retires) };
}

function modelInfo(id: string, model: GeminiModel): ModelInfo {
  return {
    id,
    type: 'model',
    display_name: displayName(id, model),
    created_at: `${model.released}T00:00:00Z`,
    line: LINES.find((line) => id.startsWith('claude-') && id.includes(line)) ?? null,
    ...served(id, model),
    max_input_tokens: model.inputTokens,
    max_tokens: model.outputTokens,
    capabilities: capabilities(model),
  };
}

/** Ids of the user's own: those of `MODEL_MAP` without a `*`, for every kind of request. */
const ownIds = ({ patterns }: ModelMap): string[] =>
  patterns
    .map(([pattern]) => pattern)
    .filter((pattern) => !pattern.includes('*') && scopeOf(pattern).caller === undefined);

/**
 * The models, newest first. The date is that of the Gemini model which answers for an id. Where two dates are equal,
 * Claude's ids come before Gemini's.
 */
export function listModels(map: ModelMap, models: ModelTable): ModelInfo[] {
  const mapped = [...new Set([...CLAUDE_IDS, ...ownIds(map)])].filter((id) => models.own(id) === undefined);
  const claude = mapped.map((id) => modelInfo(id, mapModel(id, map, models)));
  const gemini = models.rows.map((model) => modelInfo(model.id, model));
  return [...claude, ...gemini].sort((a, b) => b.created_at.localeCompare(a.created_at));
}

/** The stages that the client asks for: `lifecycle` or `lifecycle[]`, once or several times. Without it all but `retired`. */
function wantedStages(query: URLSearchParams): ReadonlySet<Stage> {
  const given = [...query.getAll('lifecycle'), ...query.getAll('lifecycle[]')].flatMap((text) =>
    text.split(','),
  );
  const stages = given.filter(isStage);
  if (stages.length < given.length)
    throw new MessagesError('invalid_request_error', `lifecycle: Input should be ${STAGES.join(', ')}`);
  return new Set(stages.length > 0 ? stages : ['active', 'deprecated']);
}

function cursor(
  all: readonly ModelInfo[],
  query: URLSearchParams,
  name: 'after_id' | 'before_id',
): number | undefined {
  const id = query.get(name);
  if (id === null) return undefined;
  const index = all.findIndex((model) => model.id === id);
  if (index < 0) throw new MessagesError('invalid_request_error', `${name}: no model ${quoted(id)}`);
  return index;
}

/** One page of the list of models. With `before_id` it is the page that ends just before the model of that id. */
export function pageOfModels(all: readonly ModelInfo[], query: URLSearchParams): ModelPage {
  const limit = readPageLimit(query.get('limit'));
  const after = cursor(all, query, 'after_id');
  const before = cursor(all, query, 'before_id');
  const range = all.slice(after === undefined ? 0 : after + 1, before ?? all.length);
  const data = before === undefined ? range.slice(0, limit) : range.slice(-limit);
  return {
    data,
    has_more: data.length < range.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

export async function answerModels(client: ClientRequest, deps: ServerDeps): Promise<Response> {
  checkVersionIfGiven(client.request.headers);
  const query = client.url.searchParams;
  const stages = wantedStages(query);
  const models = (await deps.modelsForShowing()).on(today(deps.clock));
  const { modelMap } = deps.settings;
  return jsonResponse(
    pageOfModels(
      listModels(modelMap, models).filter(({ lifecycle }) => stages.has(lifecycle)),
      query,
    ),
  );
}

export function answerModel(client: ClientRequest, deps: ServerDeps): Response {
  checkVersionIfGiven(client.request.headers);
  const id = client.params['id'] ?? '';
  const { modelMap } = deps.settings;
  const models = deps.settings.models.on(today(deps.clock));
  const listed = listModels(modelMap, models).find((model) => model.id === id.replace(/^models\//, ''));
  if (listed) return jsonResponse(listed);
  // Other ids that are mapped are served, too. Whether a Gemini id exists, only Google can tell.
  if (!namesGemini(id, modelMap)) return jsonResponse(modelInfo(id, mapModel(id, modelMap, models)));
  throw new MessagesError('not_found_error', `model: ${id}`);
}
