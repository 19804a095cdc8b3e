/**
 * Translates how hard the model should think: Anthropic's `thinking` and `effort` become what the model's row allows.
 * Gemini 2.5 accepts a budget of tokens, later models accept a level, and in the newest thinking cannot be switched off
 * (wire section 7).
 */
import type { CountTokensRequest, Effort, Message } from '../../anthropic/request.ts';
import type { Thinking } from '../../gemini/models.ts';
import type { ThinkingConfig, ThinkingLevel } from '../../gemini/wire.ts';
import type { ThinkingDisplay } from '../context.ts';
import type { Warn } from '../warnings.ts';
import { isCleared, lastUserIndex } from './messages.ts';

export type ThinkingPlan = {
  config: ThinkingConfig | undefined;
  /** The number of tokens for thoughts that are allowed in addition to the client's limit. */
  headroom: number;
};

type Wish =
  | { kind: 'least' }
  /** The client asks with `enabled` for a budget of tokens, which is a part of `max_tokens`. */
  | { kind: 'budget'; tokens: number }
  | { kind: 'effort'; effort: Effort }
  /** The client asks for adaptive thinking and gives no effort. */
  | { kind: 'free' };

const LEVELS: readonly ThinkingLevel[] = ['minimal', 'low', 'medium', 'high', 'xhigh'];

const EFFORT_LEVEL = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'xhigh',
} as const satisfies Record<Effort, ThinkingLevel>;

/** How many tokens of thought a level or an effort usually uses. */
const LEVEL_TOKENS = {
  minimal: 1_024,
  low: 4_096,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
} as const satisfies Record<ThinkingLevel, number>;

const AUTOMATIC_BUDGET = -1;

/** The effort that holds now: the last effort named in the conversation, or else the effort of the request. */
export function latestEffort(request: CountTokensRequest): Effort | undefined {
  const lastUser = lastUserIndex(request.messages);
  const named = (message: Message, index: number) =>
    message.role === 'system' && !isCleared(message, index, lastUser) && message.output_config?.effort;
  const message = request.messages.findLast(named);
  return message?.output_config?.effort ?? request.output_config?.effort ?? undefined;
}

function wishOf(request: CountTokensRequest): Wish {
  const effort = latestEffort(request);
  const type = request.thinking?.type;
  if (type === 'disabled' || type === 'between_tools') return { kind: 'least' };
  if (type === 'enabled') return { kind: 'budget', tokens: request.thinking?.budget_tokens ?? 0 };
  if (effort) return { kind: 'effort', effort };
  return type === 'adaptive' ? { kind: 'free' } : { kind: 'least' };
}

const budgetLevel = (tokens: number): ThinkingLevel =>
  LEVELS.slice(1).find((level) => tokens <= LEVEL_TOKENS[level]) ?? 'xhigh';

function wishedLevel(wish: Wish): ThinkingLevel {
  if (wish.kind === 'least') return 'minimal';
  if (wish.kind === 'budget') return budgetLevel(wish.tokens);
  return wish.kind === 'effort' ? EFFORT_LEVEL[wish.effort] : 'high';
}

/**
 * The lowest level of the row that is at least the level that was asked for; if there is none, the row's highest level.
 */
function byLevel(levels: readonly ThinkingLevel[], wish: Wish, warn: Warn): ThinkingPlan {
  const wished = wishedLevel(wish);
  const enough = levels.find((level) => LEVELS.indexOf(level) >= LEVELS.indexOf(wished));
  const level = enough ?? levels.at(-1) ?? 'low';
  if (level !== wished && wish.kind !== 'least') {
    warn('value-clamped', 'thinking', `level ${wished} is not offered, ${level} is used`);
  }
  const counted = wish.kind === 'budget' ? wish.tokens : 0;
  const config = { includeThoughts: true, thinkingLevel: level };
  return { config, headroom: Math.max(0, LEVEL_TOKENS[level] - counted) };
}

function byBudget(row: Extract<Thinking, { kind: 'budget' }>, wish: Wish, warn: Warn): ThinkingPlan {
  if (wish.kind === 'least' && row.off) return { config: { thinkingBudget: 0 }, headroom: 0 };
  if (wish.kind === 'free') {
    const config = { includeThoughts: true, thinkingBudget: AUTOMATIC_BUDGET };
    return { config, headroom: LEVEL_TOKENS.medium };
  }
  const wished = wish.kind === 'budget' ? wish.tokens : LEVEL_TOKENS[wishedLevel(wish)];
  const budget = wish.kind === 'least' ? row.min : Math.min(row.max, Math.max(row.min, wished));
  if (wish.kind === 'budget' && budget !== wished) {
    warn('value-clamped', 'thinking.budget_tokens', `${wished} is not offered, ${budget} is used`);
  }
  const counted = wish.kind === 'budget' ? wish.tokens : 0;
  return {
    config: { includeThoughts: true, thinkingBudget: budget },
    headroom: Math.max(0, budget - counted),
  };
}

export function planThinking(request: CountTokensRequest, row: Thinking, warn: Warn): ThinkingPlan {
  const wish = wishOf(request);
  if (row.kind === 'level') return byLevel(row.levels, wish, warn);
  if (row.kind === 'budget') return byBudget(row, wish, warn);
  if (wish.kind === 'budget') warn('field-ignored', 'thinking', 'this model does not think');
  return { config: undefined, headroom: 0 };
}

/**
 * How thoughts are shown. The answer to a request without `thinking` must have no thinking block: simple programs read
 * `content[0].text`.
 */
export function thinkingDisplay(request: CountTokensRequest): ThinkingDisplay {
  const { thinking } = request;
  if (!thinking || thinking.type === 'disabled') return 'hidden';
  return thinking.display === 'omitted' ? 'omitted' : 'shown';
}
