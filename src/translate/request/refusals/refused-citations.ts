/**
 * Refuses wishes for citations that Anthropic's API refuses. Pages that a web fetch has read are not judged: they come in
 * the middle of an answer, which must not fail because of them.
 */
import type { CountTokensRequest } from '../../../anthropic/request.ts';
import { type CitablePlace, citablePlaces, wantsCitations } from '../../citing/sources.ts';
import { refuse } from './refuse.ts';

const NAMES = { document: 'documents', search_result: 'search results' } as const;

/** Documents and search results are judged apart: their indexes are counted apart as well. */
function refuseMixed(places: readonly CitablePlace[], type: keyof typeof NAMES): void {
  const same = places.filter(({ block }) => block.type === type);
  const without = same.find(({ block }) => !wantsCitations(block));
  if (!without || !same.some(({ block }) => wantsCitations(block))) return;
  refuse(`${without.path}.${type}.citations: citations must be enabled on all or none of the ${NAMES[type]}`);
}

export function refuseCitations({
  messages,
  output_config: config,
  output_format: format,
}: CountTokensRequest): void {
  const places = citablePlaces(messages).filter(({ isFetched }) => !isFetched);
  refuseMixed(places, 'document');
  refuseMixed(places, 'search_result');
  const field = config?.format ? 'output_config.format' : 'output_format';
  if (!config?.format && !format) return;
  const cited = places.find(({ block }) => wantsCitations(block));
  if (cited)
    refuse(`${field}: cannot be used together with citations (${cited.path}.${cited.block.type}.citations)`);
}
