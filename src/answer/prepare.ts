/** From a client's request to what is sent upstream, and what the answer's translation must know of it. */
import type { MessagesRequest } from '../anthropic/request.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { KeyRoute } from '../keys/keys.ts';
import type { Exchange } from '../lib/ports.ts';
import { callerClass } from '../translate/caller.ts';
import { toldText } from '../translate/client-error.ts';
import type { AnswerContext, AnswerPlan, RequestContext } from '../translate/context.ts';
import { mapModel } from '../translate/model-map.ts';
import { toGeminiRequest } from '../translate/request/index.ts';
import { exactKeys, looseKeys, type SignatureLookup } from '../translate/signatures.ts';
import type { Warning } from '../translate/warnings.ts';
import { apiVersion } from './api-version.ts';
import { nextModel, noteReplaced } from './fallback-model.ts';
import { foreignTexts } from './foreign-texts.ts';
import type { Job } from './job.ts';
import type { RequestMedia } from './media/request-media.ts';
import type { AnswerPorts } from './ports.ts';
import { sessionOf } from './session.ts';
import type { ThinkingMemory } from './thinking-memory.ts';
import { Quarantine } from './tool-quarantine.ts';

/** What is sent upstream, with one model and the key in the route's hand. */
export type Prepared = {
  model: GeminiModel;
  /** The serialised Gemini request. */
  body: string;
  plan: AnswerPlan;
  exchange: Exchange;
  route: KeyRoute;
  quarantine: Quarantine;
  /** What the model was found to refuse of how to think. */
  thinking: ThinkingMemory;
  media: RequestMedia;
};

/** The model that answers to the client's id now; noted for the log. */
export function chooseModel(requested: string, call: Job, deps: AnswerPorts, asker?: string): GeminiModel {
  call.facts.model = requested;
  const mapped = mapModel(requested, deps.settings.modelMap);
  call.facts.geminiModel = mapped.id;
  if (deps.keys.usable(mapped.id, asker)) return mapped;
  const other = nextModel(requested, new Set([mapped.id]), deps, asker);
  if (!other) return mapped;
  noteReplaced({ from: mapped.id, to: other.id, why: undefined }, call);
  return other;
}

export function createExchange(caller: string, call: Job, deps: AnswerPorts, foreign = ''): Exchange {
  call.facts.caller = caller;
  return {
    id: call.id,
    labels: { caller, ...(foreign === '' ? {} : { foreign }) },
    note: (event, detail = {}) => deps.logger.debug({ request_id: call.id, ...detail }, event),
  };
}

/** First by exact keys; by content only what those did not find. */
async function findSignatures(
  messages: MessagesRequest['messages'],
  store: AnswerPorts['signatures'],
): Promise<SignatureLookup> {
  const found = await store.get(exactKeys(messages));
  const loose = looseKeys(messages, found);
  if (loose.length === 0) return found;
  return new Map([...(await store.get(loose)), ...found]);
}

/** All that translation may know. The key is chosen and signatures are looked up before it, which stays pure. */
export async function requestContext(
  model: GeminiModel,
  { backend }: Pick<KeyRoute, 'backend'>,
  messages: MessagesRequest['messages'],
  media: RequestMedia,
  call: Job,
  deps: AnswerPorts,
): Promise<RequestContext> {
  const { settings, signatures } = deps;
  return {
    model,
    apiVersion: apiVersion(call.headers),
    maxTokensLimit: settings.maxTokensLimit,
    origin: { family: model.family, keyFingerprint: backend.keyFingerprint },
    signatures: model.signatures === 'none' ? new Map() : await findSignatures(messages, signatures),
    media: await media.forModel(model),
  };
}

export function reportWarnings(warnings: readonly Warning[], call: Job): void {
  for (const { code, path, detail } of warnings) call.warn(code, path, detail);
}

export const openQuarantine = (
  { family }: GeminiModel,
  call: Job,
  { quarantine: memory, logger }: AnswerPorts,
): Quarantine => new Quarantine({ memory, family, call, logger });

export type Asked = { request: MessagesRequest; asker: string; media: RequestMedia };

export async function prepare(
  { request, asker, media }: Asked,
  model: GeminiModel,
  call: Job,
  deps: AnswerPorts,
): Promise<Prepared> {
  const { headers } = call;
  const caller = callerClass(request, {
    userAgent: headers.get('user-agent') ?? undefined,
    agentId: headers.get('x-claude-code-agent-id') ?? undefined,
  });
  const exchange = createExchange(caller, call, deps, foreignTexts(request.messages));
  const route = deps.keys.route(model.id, sessionOf(headers, request.metadata?.['user_id']), asker);
  const ctx = await requestContext(model, route, request.messages, media, call, deps);
  const { body, plan, warnings } = toGeminiRequest(request, ctx);
  reportWarnings(warnings, call);
  const quarantine = openQuarantine(model, call, deps);
  const { thinking } = deps;
  const text = JSON.stringify(thinking.apply(model.id, quarantine.apply(body)));
  return { model, body: text, plan, exchange, route, quarantine, thinking, media };
}

/** Of the model and the key that answer in the end, whatever was tried before. */
export function answerContext(current: () => Prepared, call: Job, deps: AnswerPorts): AnswerContext {
  return {
    get plan() {
      return current().plan;
    },
    messageId: deps.ids.next('msg_'),
    get origin() {
      const { model, route } = current();
      return { family: model.family, keyFingerprint: route.backend.keyFingerprint };
    },
    newToolId: () => deps.ids.next('toolu_'),
    newServerToolId: () => deps.ids.next('srvtoolu_'),
    remember: (key, envelope) => deps.signatures.put(key, envelope),
    shown: (text) => toldText(text, deps.settings.secrets),
    warn: call.warn,
  };
}
