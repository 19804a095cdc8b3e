/** From a client's request to what is sent upstream, and what the answer's translation must know of it. */
import type { MessagesRequest } from '../anthropic/request.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { Exchange } from '../lib/ports.ts';
import { callerClass } from '../translate/caller.ts';
import type { AnswerContext, AnswerPlan, RequestContext } from '../translate/context.ts';
import { mapModel } from '../translate/model-map.ts';
import { toGeminiRequest } from '../translate/request/index.ts';
import { exactKeys, looseKeys, type SignatureLookup } from '../translate/signatures.ts';
import type { Warning } from '../translate/warnings.ts';
import { apiVersion } from './api-version.ts';
import type { Call } from './call.ts';
import type { ServerDeps } from './deps.ts';

export type Prepared = {
  model: GeminiModel;
  /** The serialised Gemini request. */
  body: string;
  plan: AnswerPlan;
  exchange: Exchange;
};

/** The model that the client's id stands for; noted for the log. */
export function chooseModel(requested: string, call: Call, deps: ServerDeps): GeminiModel {
  call.facts.model = requested;
  const model = mapModel(requested, deps.settings.modelMap);
  call.facts.geminiModel = model.id;
  return model;
}

export function createExchange(caller: string, call: Call, deps: ServerDeps): Exchange {
  call.facts.caller = caller;
  return {
    id: call.id,
    labels: { caller },
    note: (event, detail = {}) => deps.logger.debug({ request_id: call.id, ...detail }, event),
  };
}

/** First by exact keys; by content only what those did not find. */
async function findSignatures(
  messages: MessagesRequest['messages'],
  store: ServerDeps['signatures'],
): Promise<SignatureLookup> {
  const found = await store.get(exactKeys(messages));
  const loose = looseKeys(messages, found);
  if (loose.length === 0) return found;
  return new Map([...(await store.get(loose)), ...found]);
}

/** All that translation may know. Signatures are looked up before it, which stays pure. */
export async function requestContext(
  model: GeminiModel,
  messages: MessagesRequest['messages'],
  call: Call,
  deps: ServerDeps,
): Promise<RequestContext> {
  const { settings, backend, signatures } = deps;
  return {
    model,
    apiVersion: apiVersion(call.request.headers),
    maxTokensLimit: settings.maxTokensLimit,
    origin: { family: model.family, keyFingerprint: backend.keyFingerprint },
    signatures: model.signatures === 'none' ? new Map() : await findSignatures(messages, signatures),
  };
}

export function reportWarnings(warnings: readonly Warning[], call: Call): void {
  for (const { code, path, detail } of warnings) call.warn(code, path, detail);
}

export async function prepare(request: MessagesRequest, call: Call, deps: ServerDeps): Promise<Prepared> {
  const model = chooseModel(request.model, call, deps);
  const { headers } = call.request;
  const caller = callerClass(request, {
    userAgent: headers.get('user-agent') ?? undefined,
    agentId: headers.get('x-claude-code-agent-id') ?? undefined,
  });
  const exchange = createExchange(caller, call, deps);
  const ctx = await requestContext(model, request.messages, call, deps);
  const { body, plan, warnings } = toGeminiRequest(request, ctx);
  reportWarnings(warnings, call);
  return { model, body: JSON.stringify(body), plan, exchange };
}

export function answerContext(prepared: Prepared, call: Call, deps: ServerDeps): AnswerContext {
  return {
    plan: prepared.plan,
    messageId: deps.ids.next('msg_'),
    origin: { family: prepared.model.family, keyFingerprint: deps.backend.keyFingerprint },
    newToolId: () => deps.ids.next('toolu_'),
    remember: (key, envelope) => deps.signatures.put(key, envelope),
    warn: call.warn,
  };
}
