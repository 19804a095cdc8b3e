/** Counts tokens without a tokenizer. The counts are the same in every run, and close to real ones. */
import { shortHash } from '../../lib/hash.ts';
import { RecentMap } from '../../lib/recent-map.ts';
import type { ApiContent, ApiPart, ApiRequest } from '../validator/request.ts';

const CHARACTERS_PER_TOKEN = 4;
/** Tokens that Google bills for a small image, and for a page of a PDF. */
const TOKENS_PER_MEDIUM = 258;

export const textTokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

function partTokens(part: ApiPart): number {
  const { inlineData, functionResponse, thoughtSignature: _, ...rest } = part;
  const media = (inlineData ? 1 : 0) + (functionResponse?.parts?.length ?? 0);
  const answer = functionResponse ? { ...functionResponse, parts: undefined } : undefined;
  const text = rest.text ?? (Object.keys(rest).length > 0 ? JSON.stringify(rest) : '');
  return media * TOKENS_PER_MEDIUM + textTokens(text) + (answer ? textTokens(JSON.stringify(answer)) : 0);
}

const contentTokens = (content: ApiContent | undefined): number =>
  (content?.parts ?? []).reduce((sum, part) => sum + partTokens(part), 0);

/** The request in pieces that prompts may share: what comes before the conversation, then each content. */
function pieces(request: ApiRequest): { text: string; tokens: number }[] {
  const { systemInstruction, tools = [], toolConfig, contents = [] } = request;
  const head = JSON.stringify([systemInstruction ?? null, tools, toolConfig ?? null]);
  const headTokens =
    contentTokens(systemInstruction) + (tools.length > 0 ? textTokens(JSON.stringify(tools)) : 0);
  return [
    { text: head, tokens: headTokens },
    ...contents.map((content) => ({ text: JSON.stringify(content), tokens: contentTokens(content) })),
  ];
}

export type PromptCount = { prompt: number; cached: number };

export const countPrompt = (request: ApiRequest): number =>
  Math.max(
    pieces(request).reduce((sum, piece) => sum + piece.tokens, 0),
    1,
  );

/**
 * Remembers beginnings of prompts, as the implicit cache does. The beginnings that were seen longest ago are forgotten
 * first.
 */
export class PrefixMemory {
  readonly #seen: RecentMap<string, true>;

  constructor(size: number) {
    this.#seen = new RecentMap(size);
  }

  /** Counts `request` for `model`. A known beginning of at least `minimum` tokens counts as cached. */
  count(model: string, request: ApiRequest, minimum: number): PromptCount {
    let prompt = 0;
    let cached = 0;
    let chain = model;
    for (const piece of pieces(request)) {
      chain = shortHash(`${chain}\n${piece.text}`);
      prompt += piece.tokens;
      if (this.#seen.get(chain)) cached = prompt;
      else this.#seen.set(chain, true);
    }
    return { prompt: Math.max(prompt, 1), cached: cached >= minimum ? cached : 0 };
  }
}
