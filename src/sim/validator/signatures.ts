/**
 * Checks the thought signatures of the current turn (wire section 4). Where the model requires signatures, the first
 * call in each step of that turn must have one. Older turns and parallel calls are not checked.
 */
import type { GeminiModel } from '../../gemini/models.ts';
import type { GoogleError } from '../../gemini/wire.ts';
import { invalidArgument } from './refusal.ts';
import type { ApiContent, ApiRequest } from './request.ts';

/** True where upstream gave this signature out for `model`. */
export type KnownSignature = (signature: string, model: GeminiModel) => boolean;

const DUMMIES = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'];
const SENTINELS = new Set(
  DUMMIES.flatMap((dummy) => {
    const encoded = Buffer.from(dummy).toString('base64');
    return [dummy, encoded, encoded.replace(/=+$/, '')];
  }),
);

/** True for one of the two documented stand-ins for a lost signature, plain or encoded as base64. */
export const isSentinel = (signature: string): boolean => SENTINELS.has(signature);

const startsTurn = ({ role, parts = [] }: ApiContent): boolean =>
  role !== 'model' && parts.length > 0 && parts.every((part) => part.functionResponse === undefined);

/** The index of the user's content that begins the current turn; -1 where there is no such content. */
export function turnStart(contents: readonly ApiContent[]): number {
  return contents.findLastIndex(startsTurn);
}

export function checkSignatures(
  model: GeminiModel,
  request: ApiRequest,
  isKnown: KnownSignature | undefined,
): GoogleError | undefined {
  const contents = request.contents ?? [];
  if (model.signatures === 'none') return undefined;
  for (const content of contents) {
    for (const { thoughtSignature } of content.parts ?? []) {
      if (!thoughtSignature || isSentinel(thoughtSignature)) continue;
      if (isKnown && !isKnown(thoughtSignature, model))
        return invalidArgument('Corrupted thought signature.');
    }
  }
  return model.signatures === 'required' ? (unsignedTool(contents) ?? missingSignature(contents)) : undefined;
}

/** Google wants the parts of its own tools back with their signatures. The words are ours: no such refusal was recorded. */
function unsignedTool(contents: readonly ApiContent[]): GoogleError | undefined {
  const parts = contents.flatMap((content) => content.parts ?? []);
  const found = parts.find(({ toolCall, toolResponse, thoughtSignature }) =>
    Boolean((toolCall ?? toolResponse) && !thoughtSignature),
  );
  return found && invalidArgument('A tool call or tool response part is missing a thought_signature.');
}

function missingSignature(contents: readonly ApiContent[]): GoogleError | undefined {
  for (let index = turnStart(contents) + 1; index < contents.length; index++) {
    const content = contents[index];
    if (content?.role !== 'model') continue;
    const first = content.parts?.find((part) => part.functionCall !== undefined);
    if (!first || first.thoughtSignature) continue;
    return invalidArgument(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${first.functionCall?.name ?? ''}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    );
  }
  return undefined;
}
