/** Answers `models` and `models/{id}` as Google does. */

import type { GeminiModel } from '../../gemini/models.ts';

const PAGE_SIZE = 50;

export function modelEntry(model: GeminiModel) {
  return {
    name: `models/${model.id}`,
    version: model.id.replace(/^gemini-/, ''),
    displayName: model.displayName,
    description: `${model.displayName} (offline mock)`,
    inputTokenLimit: model.inputTokens,
    outputTokenLimit: model.outputTokens,
    supportedGenerationMethods: [
      'generateContent',
      'countTokens',
      ...(model.caching ? ['createCachedContent'] : []),
    ],
    temperature: 1,
    topP: 0.95,
    topK: 64,
    maxTemperature: 2,
    ...(model.thinking.kind === 'none' ? {} : { thinking: true }),
  };
}

/** One page of the list. The token of a page is the position at which the next page begins. */
export function modelPage(all: readonly GeminiModel[], query: URLSearchParams) {
  const size = Number(query.get('pageSize') ?? PAGE_SIZE) || PAGE_SIZE;
  const start = Number(query.get('pageToken') ?? 0) || 0;
  const models = all.slice(start, start + size).map(modelEntry);
  const end = start + models.length;
  return { models, ...(end < all.length ? { nextPageToken: String(end) } : {}) };
}
