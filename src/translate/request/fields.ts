/**
 * Every key of a request body and what becomes of it. A key that is missing here is accepted and told about: the
 * contract is open, and new keys come with any release of a client.
 */
import type { MessagesRequest } from '../../anthropic/request.ts';
import type { Warn } from '../warnings.ts';

export type Fate =
  /** Translated, checked, or answered by the plan. */
  | 'used'
  /** Taken as it is meant: nothing is lost by not sending it on. */
  | { needless: string }
  /** Left out, and the client may feel it. */
  | { ignored: string };

export const FATES: Readonly<Record<string, Fate>> = {
  model: 'used',
  max_tokens: 'used',
  messages: 'used',
  system: 'used',
  stream: { needless: 'says how the answer is sent' },
  stop_sequences: 'used',
  temperature: 'used',
  top_p: 'used',
  top_k: 'used',
  thinking: 'used',
  output_config: 'used',
  output_format: 'used',
  tools: 'used',
  tool_choice: 'used',
  context_management: 'used',
  safeguards: 'used',
  thread: 'used',
  compaction: 'used',
  container: 'used',
  mcp_servers: 'used',
  fallbacks: 'used',
  metadata: { needless: 'names the session, not the work' },
  cache_control: { needless: 'Gemini caches by itself' },
  diagnostics: { needless: 'answered as null' },
  fallback_credit_token: { needless: 'an accounting matter of Anthropic' },
  billing_policy: { needless: 'an accounting matter of Anthropic' },
  betas: { needless: 'says which fields may come' },
  service_tier: { ignored: 'served as standard' },
  speed: { ignored: 'served as standard' },
  inference_geo: { ignored: 'Google decides where' },
};

const OUTPUT_FIELDS: ReadonlySet<string> = new Set(['effort', 'format']);

const DEFAULTS: ReadonlySet<unknown> = new Set([null, undefined, 'auto', 'standard', 'standard_only']);

export function warnOfFields(request: MessagesRequest, warn: Warn): void {
  for (const [key, value] of Object.entries(request)) {
    const fate = Object.hasOwn(FATES, key) ? FATES[key] : undefined;
    if (fate === undefined) warn('field-ignored', key, 'not known, left out');
    else if (fate !== 'used' && 'ignored' in fate && !DEFAULTS.has(value))
      warn('field-ignored', key, fate.ignored);
  }
  for (const key of Object.keys(request.output_config ?? {})) {
    if (!OUTPUT_FIELDS.has(key))
      warn('field-ignored', `output_config.${key}`, 'has no counterpart, left out');
  }
}
