/** Says what recordings keep of a client's request and of our answer, and when two requests count as the same. */

import type { Noise } from '../../sim/match.ts';
import type { ClientWire } from '../../sim/record/raw.ts';
import { FALLBACK_HEADER, NOTICE_HEADER } from '../told-headers.ts';
import { settleToolResults } from './settle-tool-results.ts';

/** None of these headers holds the client's key, its session or its machine. */
export const CLIENT_WIRE: ClientWire = {
  requestHeaders: [
    'anthropic-beta',
    'anthropic-version',
    'content-type',
    'user-agent',
    'x-app',
    // A random name of a subagent. Without it the subagent's requests would look like those of the main conversation.
    'x-claude-code-agent-id',
  ],
  responseHeaders: [
    'allow',
    'content-type',
    'request-id',
    'retry-after',
    'x-should-retry',
    FALLBACK_HEADER,
    NOTICE_HEADER,
  ],
  query: ['beta'],
};

/** The first text of Claude Code's system prompt, which is not meant for the model. */
const BILLING = 'x-anthropic-billing-header:';

/**
 * Texts that differ between two runs although the requests mean the same. The list is used for upstream requests too,
 * where the same texts are found in other places. Names that the client makes up are in `client-names.ts`. Nothing else
 * is ignored: instead the client must run under the same conditions (see docs/recording.md).
 */
export const CLIENT_NOISE: readonly Noise[] = [
  { at: ['metadata', 'user_id'], why: 'device, account and session; changes with every session' },
  {
    at: ['system', '*', 'text'],
    begins: BILLING,
    pattern: /\.(?<=\bcc_version=\d{1,6}\.\d{1,6}\.\d{1,6}\.)[0-9a-z]+/,
    why: 'a digest behind the version of Claude Code, of what the conversation began with',
  },
  {
    at: ['system', '*', 'text'],
    begins: BILLING,
    pattern: /(?<!\s)\s*\bcch=[^;]*;?/,
    why: 'a nonce in the billing header; never sent upstream',
  },
  {
    at: ['**'],
    pattern: /(?<=\bduration_ms: |<duration_ms>)\d+(?=\s*<\/(?:usage|duration_ms)>)/g,
    why: 'how long a subagent took, at the end of its report',
  },
  {
    at: ['**'],
    pattern: /(?<=<usage>\s*(?:total_tokens: |<subagent_tokens>))\d+/g,
    why: 'what a subagent cost: partly an estimate of the client',
  },
  {
    at: ['**'],
    pattern: /(?<=\bNext run: )[A-Z][^.\n]*(?=\.)/g,
    why: 'when a scheduled prompt comes next: the client adds some minutes of its own',
  },
  {
    at: ['**'],
    pattern: /(?<=\b(?:after running|running) for )(?:\d+(?:\.\d+)?(?:ms|[smhd])\s?)+/g,
    why: 'how long a command in the background has been running',
  },
  {
    at: ['**'],
    pattern: /(?<=\blast tool call )~\d+ minutes ago/g,
    why: 'how long a subagent has been silent',
  },
  {
    at: ['**'],
    pattern: /(?<=\b(?:Today's date is|The UTC date is)(?: now)? )\d{4}-\d{2}-\d{2}/g,
    why: 'the day',
  },
  {
    settle: settleToolResults,
    why: 'tools run side by side, and their results come in the order in which they happened to end',
  },
];
