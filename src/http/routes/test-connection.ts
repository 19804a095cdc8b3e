/**
 * `GET /test-connection`: sends one tiny request for the small model with each key, and gives advice where that fails.
 */

import { tellSpent } from '../../answer/cost/spending.ts';
import { createExchange } from '../../answer/prepare.ts';
import type { ErrorType } from '../../anthropic/errors.ts';
import { UpstreamError } from '../../gemini/errors.ts';
import { tokenCounts } from '../../gemini/token-counts.ts';
import type { GenerateContentRequest, GoogleError, UsageMetadata } from '../../gemini/wire.ts';
import { abortAfter, followSignal } from '../../lib/async.ts';
import type { Exchange } from '../../lib/ports.ts';
import { toClientError } from '../../translate/client-error.ts';
import { guidanceFor } from '../../translate/errors.ts';
import { mapModel } from '../../translate/model-map.ts';
import type { Backend } from '../../upstream/backend.ts';
import type { ConnectionAnswer } from '../api-description/answers.ts';
import type { ClientRequest } from '../client-request.ts';
import type { ServerDeps } from '../deps.ts';
import { jsonResponse } from '../responses.ts';
import { tellKey } from './key-state.ts';

/** Milliseconds within which a key must give its answer. */
const TEST_TIMEOUT_MS = 30_000;

const TINY: GenerateContentRequest = {
  contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
  generationConfig: { maxOutputTokens: 16 },
};

const toldError = (google: GoogleError): UpstreamError =>
  new UpstreamError('stream', google.message ?? 'an error object', { status: google.code, google });

/**
 * Asks for one whole answer with a key, and reads the answer to its end: an error object inside a 200 counts as a
 * failure.
 */
async function askOnce(
  backend: Backend,
  model: string,
  exchange: Exchange,
  signal: AbortSignal,
  onCounted: (usage: UsageMetadata) => void,
): Promise<void> {
  const reply = await backend.generate(
    { model, body: JSON.stringify(TINY), stream: false },
    exchange,
    signal,
  );
  let counted: UsageMetadata | undefined;
  try {
    for await (const frames of reply.frames) {
      for (const frame of frames) {
        if (frame.kind === 'error') throw toldError(frame.error);
        if ('chunk' in frame) counted = tokenCounts(frame.chunk.usageMetadata) ?? counted;
      }
    }
  } finally {
    if (counted) onCounted(counted);
  }
}

async function askInTime(
  backend: Backend,
  model: string,
  client: ClientRequest,
  deps: ServerDeps,
): Promise<void> {
  const controller = new AbortController();
  const unfollow = followSignal(client.signal, controller);
  const late = () => new UpstreamError('timeout', `no answer within ${TEST_TIMEOUT_MS / 1000} s`);
  const cancel = abortAfter(TEST_TIMEOUT_MS, controller, late, deps.clock);
  try {
    const exchange = createExchange('test-connection', client);
    await askOnce(backend, model, exchange, controller.signal, (usage) => {
      const row = deps.settings.models.row(model);
      tellSpent(
        { for: 'test', asked: model, model: row, key: backend.keyFingerprint },
        usage,
        false,
        client,
        deps,
      );
    });
  } finally {
    cancel();
    unfollow();
  }
}

type Told = { error_type: ErrorType; message: string; guidance: string };
export type Tested = { fingerprint: string; latency: number; told: Told | undefined };

/** Tests one key, even a key that is left out: a key that works again is used again. */
export async function testKey(
  backend: Backend,
  model: string,
  client: ClientRequest,
  deps: ServerDeps,
): Promise<Tested> {
  const { settings, keys, clock } = deps;
  const begun = clock.monotonic();
  const error = await askInTime(backend, model, client, deps).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  keys.note(backend, model, error);
  const latency = Math.round(clock.monotonic() - begun);
  const fingerprint = backend.keyFingerprint;
  if (error === undefined) return { fingerprint, latency, told: undefined };
  const { type, message } = toClientError(error, settings.secrets);
  return { fingerprint, latency, told: { error_type: type, message, guidance: guidanceFor(error) } };
}

function summary(
  tested: readonly Tested[],
  kind: Backend['kind'],
): Pick<ConnectionAnswer, 'status' | keyof Told> {
  const failed = tested.filter(({ told }) => told !== undefined);
  const first = failed[0]?.told;
  if (failed.length === tested.length) return { status: 'failed', ...first };
  if (kind === 'vertex') return { status: 'success', message: 'Vertex AI answered' };
  if (kind !== 'gemini') return { status: 'success', message: `No key was tried: the ${kind} answered` };
  if (failed.length === 0) return { status: 'success', message: 'Gemini answered' };
  const working = tested.length - failed.length;
  return { status: 'success', message: `Gemini answered to ${working} of ${tested.length} keys` };
}

/** `message` with what was changed in vain: whoever changes a setting asks here whether that has helped. */
function withAwaited(message: string | undefined, awaitRestart: readonly string[]): string {
  const waiting = `Settings have changed that need a restart: ${awaitRestart.join(', ')}`;
  return [message, ...(awaitRestart.length > 0 ? [waiting] : [])].filter(Boolean).join('. ');
}

export async function testConnection(client: ClientRequest, deps: ServerDeps): Promise<Response> {
  const { settings, keys, clock } = deps;
  client.keepOpen();
  const model = mapModel(settings.modelMap.small, settings.modelMap, settings.models).id;
  const begun = clock.monotonic();
  const tested = await Promise.all(keys.backends.map((backend) => testKey(backend, model, client, deps)));
  const states = keys.states().map((state) => tellKey(state, clock));
  const summed = summary(tested, keys.kind);
  const works = tested.some(({ told }) => told === undefined);
  return jsonResponse<ConnectionAnswer>(
    {
      ...summed,
      message: withAwaited(summed.message, settings.awaitRestart),
      backend: keys.kind,
      model,
      latency_ms: Math.round(clock.monotonic() - begun),
      timestamp: clock.wall().toISOString(),
      keys: tested.map(({ fingerprint, latency, told }) => ({
        ...states.find(({ key }) => key === `#${fingerprint}`),
        latency_ms: latency,
        status: told ? 'failed' : 'ok',
        ...told,
      })),
    },
    works ? 200 : 503,
  );
}
