/** `GET /test-connection`: one tiny live call with the small model, and what to do where it fails. */
import type { MessagesError } from '../anthropic/errors.ts';
import { UpstreamError } from '../gemini/errors.ts';
import type { GenerateContentRequest } from '../gemini/wire.ts';
import { followSignal, ignoreFailure } from '../lib/async.ts';
import { mapModel } from '../translate/model-map.ts';
import type { Call } from './call.ts';
import { toClientError } from './client-error.ts';
import type { ServerDeps } from './deps.ts';
import { createExchange } from './prepare.ts';
import { jsonResponse } from './responses.ts';

/** Milliseconds. */
const TEST_TIMEOUT_MS = 30_000;

const TINY: GenerateContentRequest = {
  contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
  generationConfig: { maxOutputTokens: 16 },
};

const GUIDANCE: Partial<Record<MessagesError['type'], string>> = {
  invalid_request_error: 'Gemini refused the request; check SMALL_MODEL and GOOGLE_GEMINI_BASE_URL.',
  authentication_error: 'The Gemini key is not valid; get one at aistudio.google.com and set GEMINI_API_KEY.',
  billing_error: "The key's project has no billing; enable it, or use a model of the free tier.",
  permission_error: 'The key may not use this API or model from here; check its restrictions and region.',
  not_found_error: 'The model is not available to this key; set SMALL_MODEL to one that is.',
  rate_limit_error: "The key's quota is used up; wait, raise it, or use another key.",
  timeout_error: 'Gemini did not answer in time; check the network and any HTTP proxy.',
  overloaded_error: 'Gemini could not be reached or is overloaded; check the network, then try again.',
};

/** One unary call, read to its end: an error object inside a 200 counts as a failure. */
async function callOnce(model: string, call: Call, deps: ServerDeps, signal: AbortSignal): Promise<void> {
  const exchange = createExchange('sdk', call, deps);
  const reply = await deps.backend.generate(
    { model, body: JSON.stringify(TINY), stream: false },
    exchange,
    signal,
  );
  for await (const frames of reply.frames) {
    for (const frame of frames) {
      if (frame.kind !== 'error') continue;
      const { code, message } = frame.error;
      throw new UpstreamError('stream', message ?? 'an error object', { status: code, google: frame.error });
    }
  }
}

async function callInTime(model: string, call: Call, deps: ServerDeps): Promise<void> {
  const controller = new AbortController();
  const unfollow = followSignal(call.signal, controller);
  const off = new AbortController();
  const late = deps.clock
    .sleep(TEST_TIMEOUT_MS, off.signal)
    .then(() =>
      controller.abort(new UpstreamError('timeout', `no answer within ${TEST_TIMEOUT_MS / 1000} s`)),
    );
  // Rejects when it is called off.
  ignoreFailure(late);
  try {
    await callOnce(model, call, deps, controller.signal);
  } finally {
    off.abort();
    unfollow();
  }
}

export async function testConnection(call: Call, deps: ServerDeps): Promise<Response> {
  const { settings, backend, clock } = deps;
  call.keepOpen();
  const model = mapModel(settings.modelMap.small, settings.modelMap).id;
  const begun = clock.now();
  const failure = await callInTime(model, call, deps).then(
    () => undefined,
    (error: unknown) => toClientError(error, settings.secrets),
  );
  const latency = Math.round(clock.now() - begun);
  const key = { key: `#${backend.keyFingerprint}`, latency_ms: latency };
  const facts = {
    backend: backend.kind,
    model,
    latency_ms: latency,
    timestamp: new Date(clock.now()).toISOString(),
  };
  if (!failure) {
    return jsonResponse({
      status: 'success',
      message:
        backend.kind === 'gemini' ? 'Gemini answered' : `No key was tried: the ${backend.kind} answered`,
      ...facts,
      keys: [{ ...key, status: 'ok' }],
    });
  }
  const guidance = GUIDANCE[failure.type] ?? 'See the log for what Gemini said.';
  const told = { error_type: failure.type, message: failure.message, guidance };
  return jsonResponse(
    { status: 'failed', ...told, ...facts, keys: [{ ...key, status: 'failed', ...told }] },
    503,
  );
}
