/**
 * Makes what is sent upstream from a client's request, and tells the translation of the answer what it must know about
 * that request.
 */
import { tellsIterations } from '../anthropic/betas.ts';
import type { MessagesRequest } from '../anthropic/request.ts';
import { lifecycleNotice } from '../gemini/lifecycle.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { KeyRoute } from '../keys/keys.ts';
import type { Exchange } from '../lib/ports.ts';
import type { AnsweredCaller } from '../translate/caller.ts';
import { toldText } from '../translate/client-error.ts';
import type { AnswerContext, PageReading, RequestContext } from '../translate/context.ts';
import { ownInstructions } from '../translate/own-words.ts';
import { cacheMarks } from '../translate/request/cache-marks.ts';
import { toGeminiRequest } from '../translate/request/index.ts';
import { type SignatureLookup, signatureKeys } from '../translate/signatures.ts';
import type { Warning } from '../translate/warnings.ts';
import { apiVersion } from './api-version.ts';
import { firstModel, mappedModel, type Wanted } from './fallback-model.ts';
import { foreignTexts } from './foreign-texts.ts';
import type { Job } from './job.ts';
import { keepMadeFile } from './media/made-files.ts';
import type { RequestMedia } from './media/request-media.ts';
import { OutgoingMessage } from './outgoing.ts';
import type { AnswerPorts } from './ports.ts';
import { sessionOf } from './session.ts';
import { tellChosen } from './story.ts';
import { Quarantine } from './tool-quarantine.ts';

/** Chooses the model that answers at present for the id in the client's request. */
export function chooseModel(wanted: Wanted, job: Job, ports: AnswerPorts): GeminiModel {
  const mapped = mappedModel(wanted, ports);
  const first = firstModel(wanted, ports);
  if (first.id !== mapped.id) job.trace.tell({ type: 'model-replaced', from: mapped.id, to: first.id });
  return first;
}

/** Tells the story what the user should know of the model for the client's id. */
export function tellNotice(wanted: Wanted, { trace }: Job, ports: AnswerPorts): void {
  const { models } = ports.settings;
  const { id, lifecycle } = mappedModel(wanted, ports);
  // For the requests after this one: Google's list may know the model's limits.
  if (!models.isKnown(id)) ports.refreshModels();
  const notice = lifecycleNotice(id, lifecycle);
  if (notice !== undefined) trace.tell({ type: 'model-notice', model: id, notice });
}

export function createExchange(caller: string, job: Job, foreign = ''): Exchange {
  return {
    id: job.id,
    labels: { caller, ...(foreign === '' ? {} : { foreign }) },
    note: (what, detail = {}) => job.trace.tell({ type: 'note', what, detail }),
    kept: job.kept,
    silent: (forMs, before) => job.trace.tell({ type: 'silence', forMs, before }),
  };
}

/** Looks signatures up by exact keys first, and by content alone only where the exact keys find none. */
export async function findSignatures(
  messages: MessagesRequest['messages'],
  store: Pick<AnswerPorts['signatures'], 'get'>,
): Promise<SignatureLookup> {
  const keys = signatureKeys(messages);
  const found = await store.get(keys.map(({ exact }) => exact));
  const missing = keys.filter(({ exact }) => !found.has(exact));
  if (missing.length === 0) return found;
  return new Map([...(await store.get(missing.map(({ loose }) => loose()))), ...found]);
}

/**
 * Collects everything that translation may know. The key is chosen and signatures are looked up before, so translation
 * stays pure.
 */
export async function requestContext(
  model: GeminiModel,
  route: Pick<KeyRoute, 'backend'>,
  messages: MessagesRequest['messages'],
  media: RequestMedia,
  job: Job,
  ports: AnswerPorts,
  conversation: AnsweredCaller,
): Promise<RequestContext> {
  const { settings, signatures, lessons } = ports;
  return {
    model: lessons.rowOf(model),
    apiVersion: apiVersion(job.headers),
    maxTokensLimit: settings.maxTokensLimit,
    origin: { family: model.family, keyFingerprint: route.backend().keyFingerprint },
    signatures: model.signatures === 'none' ? new Map() : await findSignatures(messages, signatures),
    media: await media.forModel(model),
    readsPages: pageReading(settings.urlFetch),
    ownInstructions: ownInstructions(settings.words, conversation, model),
    date: ports.date().toISOString(),
  };
}

/** Google is asked first, unless the setting names this process alone. */
const pageReading = ({ google, proxy }: AnswerPorts['settings']['urlFetch']): PageReading => {
  if (google) return 'where Google cannot';
  return proxy ? 'always' : 'never';
};

export function reportWarnings(warnings: readonly Warning[], job: Job): void {
  for (const { code, path, detail } of warnings) job.warn(code, path, detail);
}

export const openQuarantine = (
  { family }: GeminiModel,
  job: Job,
  { quarantine: memory, logger }: AnswerPorts,
): Quarantine => new Quarantine({ memory, family, job, logger });

/**
 * `caller`: the kind of this request. `conversation`: the kind of the client's request that it serves; the proxy itself
 * may have made this one, to ask for a summary. `media` holds the media of the request. They are read once for all
 * models that are asked. `readsPages`: who reads pages, where that is not as the settings say.
 */
export type Asked = {
  request: MessagesRequest;
  caller: AnsweredCaller;
  conversation: AnsweredCaller;
  asker: string;
  media: RequestMedia;
  readsPages?: PageReading | undefined;
};

export async function prepare(
  { request, caller, conversation, asker, media, readsPages }: Asked,
  model: GeminiModel,
  job: Job,
  ports: AnswerPorts,
): Promise<OutgoingMessage> {
  const exchange = createExchange(caller, job, foreignTexts(request.messages));
  const session = sessionOf(job.headers, request.metadata?.['user_id']);
  const route = ports.keys.route(model.id, session, asker);
  tellChosen(model, route, job);
  const found = await requestContext(model, route, request.messages, media, job, ports, conversation);
  const ctx = { ...found, readsPages: readsPages ?? found.readsPages };
  const began = ports.clock.monotonic();
  const { made, moved, whole } = media.fitted(
    model,
    (apart) => toGeminiRequest(request, { ...ctx, media: { ...ctx.media, moved: apart } }),
    ({ body }) => body,
  );
  const { body, plan, warnings } = made;
  job.trace.tell({ type: 'translated', tookMs: ports.clock.monotonic() - began });
  job.kept?.translated(request, ctx);
  reportWarnings(warnings, job);
  const quarantine = openQuarantine(model, job, ports);
  const { kept, lessons, sizes, uploads } = ports;
  const applied = lessons.apply(model, quarantine.apply(body));
  const caching = ports.caching.open({
    model,
    marks: () => cacheMarks(request, body, ctx),
    mayKeep: caller === conversation,
    session,
    job,
  });
  return new OutgoingMessage(
    {
      model,
      request: applied,
      ...(moved.length > 0 ? { moved: { media: moved, whole } } : {}),
      uploads,
      exchange,
      route,
      quarantine,
      lessons,
      media,
      sizes,
      session,
      caching,
    },
    plan,
    kept,
    job,
  );
}

/** Collects what the translation of the answer may know about the model and the key that answer in the end. */
export function answerContext(outgoing: () => OutgoingMessage, job: Job, ports: AnswerPorts): AnswerContext {
  return {
    plan: () => outgoing().plan,
    messageId: ports.ids.next('msg_'),
    origin: () => {
      const { model, route } = outgoing();
      return { family: model.family, keyFingerprint: route.backend().keyFingerprint };
    },
    newToolId: () => ports.ids.next('toolu_'),
    newServerToolId: () => ports.ids.next('srvtoolu_'),
    tellsIterations: tellsIterations(job.headers.get('anthropic-beta')),
    remember: (key, envelope) => ports.signatures.put(key, envelope),
    keepFile: (file) => keepMadeFile(file, job, ports),
    cacheWritten: () => ports.caching.written(job),
    shown: (text) => toldText(text, ports.settings.secrets),
    warn: job.warn,
  };
}
