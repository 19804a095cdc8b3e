/** What Google tells of the tools that it runs itself: parts before the text, and data with the last chunk. */
import type { Candidate, ResponsePart } from '../../gemini/wire.ts';
import { type ApiRequest, hasTool } from '../validator/request.ts';
import { type Spoken, spokenText } from './choose.ts';
import { groundingMetadata } from './grounding.ts';

/** A call that is told in its place, and its end. */
const told = (
  toolType: string,
  args: Record<string, string[]>,
  response: Record<string, string>,
  id: string,
) => [{ toolCall: { toolType, args, id } }, { toolResponse: { toolType, response, id } }];

const outcomeOf = (failed: true | 'deadline' | undefined): string => {
  if (failed === 'deadline') return 'OUTCOME_DEADLINE_EXCEEDED';
  return failed ? 'OUTCOME_FAILED' : 'OUTCOME_OK';
};

const SUGGESTIONS = { search_suggestions: '<div class="container"></div>\n' };

/** The parts for searches, pages and code. Calls of searches and pages are told where the request wants that. */
export function hostedParts(
  { grounding, code = [], pages }: Spoken,
  request: ApiRequest,
  newId: () => string,
): ResponsePart[] {
  const areTold = request.toolConfig?.includeServerSideToolInvocations === true;
  return [
    ...(areTold && grounding && hasTool(request, 'googleSearch')
      ? told('GOOGLE_SEARCH_WEB', { queries: [...grounding.queries] }, SUGGESTIONS, newId())
      : []),
    ...(areTold && pages ? told('URL_CONTEXT', { urls: pages.map(({ url }) => url) }, {}, newId()) : []),
    ...code.flatMap(({ source, output, failed, picture }): ResponsePart[] => [
      { executableCode: { language: 'PYTHON', code: source } },
      { codeExecutionResult: { outcome: outcomeOf(failed), output } },
      ...(picture === undefined ? [] : [{ inlineData: { mimeType: 'image/png', data: picture } }]),
    ]),
  ];
}

/** What the last chunk says of searches and pages. */
export function hostedData(
  spoken: Spoken,
  request: ApiRequest,
): Pick<Candidate, 'groundingMetadata' | 'urlContextMetadata'> {
  const { grounding, pages } = spoken;
  const urlMetadata = pages?.map(({ url, failed = 'success' }) => ({
    retrievedUrl: url,
    urlRetrievalStatus: `URL_RETRIEVAL_STATUS_${failed.toUpperCase()}`,
  }));
  return {
    ...(grounding && hasTool(request, 'googleSearch')
      ? { groundingMetadata: groundingMetadata(grounding, spokenText(spoken)) }
      : {}),
    ...(urlMetadata ? { urlContextMetadata: { urlMetadata } } : {}),
  };
}
