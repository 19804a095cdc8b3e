/** The one line that a request leaves in the log. No header and no content is ever in it. */
import type { Logger } from '../lib/log.ts';
import type { Call } from './client-request.ts';

/** Asked by orchestrators every few seconds; they would drown the rest. */
const QUIET_PATHS = new Set(['/livez', '/readyz', '/health', '/api/hello']);

export function logCall(call: Call, status: number, durationMs: number, logger: Logger): void {
  const { facts } = call;
  const fields = {
    request_id: call.id,
    method: call.request.method,
    path: call.url.pathname,
    asked_path: call.asked === call.url.pathname ? undefined : call.asked,
    status,
    duration_ms: Math.round(durationMs),
    caller: facts.caller,
    model: facts.model,
    gemini_model: facts.geminiModel,
    in_place_of: facts.replacedModel,
    because: facts.replacedBecause,
    key: facts.key,
    stream: facts.stream,
    first_content_ms: facts.firstContentMs,
    tokens_in: facts.usage?.input_tokens,
    tokens_cached: facts.usage?.cache_read_input_tokens,
    tokens_out: facts.usage?.output_tokens,
    stop_reason: facts.stopReason,
    failovers: facts.failovers || undefined,
    retries: facts.retries || undefined,
    mended: facts.mended || undefined,
    warnings: facts.warnings || undefined,
    error: facts.error,
    class: facts.failureClass,
  };
  const level = levelOf(call, status);
  logger[level](fields, `${call.request.method} ${call.url.pathname} ${status}`);
}

/** Told to come back later: of whatever keeps it from being served the log speaks elsewhere. */
const LATER = new Set([503, 529]);

function levelOf(call: Call, status: number): 'debug' | 'info' | 'warn' | 'error' {
  // That this is not ready, or not well, is what they ask for: no failure of the asking.
  if (QUIET_PATHS.has(call.url.pathname)) return call.facts.error ? 'warn' : 'debug';
  if (status >= 500 && !LATER.has(status)) return 'error';
  return call.facts.error ? 'warn' : 'info';
}
