/**
 * What Vertex AI wants otherwise than the Gemini API, and words otherwise. The translation is the same for both; it only
 * reads `host` of a model's row (why: docs/decisions/0112-vertex.md).
 */
import { isObject, tryParseJson } from '../lib/json.ts';
import type { UpstreamError } from './errors.ts';
import { failureClass } from './failure.ts';
import type { FailureClass } from './failure-class.ts';
import { PRICES } from './model-rows.ts';
import { ModelTable } from './models.ts';
import { reasonsOf } from './said.ts';

/**
 * The same models, as Vertex AI serves them: calls have no ids until it gives some, results stand alone, and all models
 * read URLs. The prices of the Gemini API say nothing about those of Vertex AI; what a user's own file says of prices
 * holds. What Vertex AI keeps of prompts belongs to a project and a place; it is not used.
 */
export const onVertex = ({ rows }: ModelTable): ModelTable =>
  new ModelTable(
    rows.map((row) => {
      const isOfGeminiApi = row.price.source.page === PRICES.page;
      const price = isOfGeminiApi ? { ...row.price, tiers: [] } : row.price;
      return {
        ...row,
        price,
        host: 'vertex',
        callIds: false,
        responsesAlone: true,
        readsUrls: true,
        caching: undefined,
      };
    }),
  );

/** All that Vertex AI's countTokens knows of a request. It refuses any other field. */
const COUNTED = ['contents', 'systemInstruction', 'tools', 'generationConfig'];

/** The body for a count: the request itself, where the Gemini API wants the request wrapped. */
export function vertexCountBody(body: string): string {
  const request = tryParseJson(body);
  if (!isObject(request)) return body;
  return JSON.stringify(Object.fromEntries(COUNTED.map((name) => [name, request[name]])));
}

/** An account that may not use Vertex AI. The sentence of this error names a model, but no model would answer. */
const NO_ROLE = 'IAM_PERMISSION_DENIED';

/** What an error of Vertex AI means, where that differs from the same error of the Gemini API. */
export function vertexMeaning(error: UpstreamError): FailureClass | undefined {
  const isOfCredentials = failureClass(error) === 'key' || reasonsOf(error).includes(NO_ROLE);
  return isOfCredentials ? 'credentials' : undefined;
}

/** Matches the address of an object in Cloud Storage, which Vertex AI reads with the credentials of its project. */
const STORAGE_OBJECT = /^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}\/[^\s#?]+$/;

export const isStorageObject = (url: string): boolean => STORAGE_OBJECT.test(url);
