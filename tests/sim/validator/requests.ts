/** Small Gemini requests, and what the validator says about them. */
import { modelRow } from '../../../src/gemini/model-rows.ts';
import { type ValidateOptions, validateRequest } from '../../../src/sim/validator/index.ts';

export const ARGON = 'gemini-4-argon';
export const user = (...parts: object[]) => ({ role: 'user', parts });
export const model = (...parts: object[]) => ({ role: 'model', parts });
export const hello = user({ text: 'hello' });
export const signed = { thoughtSignature: 'skip_thought_signature_validator' };
export const call = (name = 'f', extra: object = signed) => ({ functionCall: { name, args: {} }, ...extra });
export const response = (name = 'f') => ({ functionResponse: { name, response: { output: 'ok' } } });
export const tools = (...functionDeclarations: object[]) => ({
  contents: [hello],
  tools: [{ functionDeclarations }],
});
export const config = (generationConfig: object) => ({ contents: [hello], generationConfig });
export const thinking = (thinkingConfig: object) => config({ thinkingConfig });
export const schema = (parametersJsonSchema: unknown) => tools({ name: 'f', parametersJsonSchema });

export const messageOf = (body: unknown, id = ARGON, options: ValidateOptions = {}) =>
  validateRequest(modelRow(id), body, options)?.message;

/** What is sent, Google's text (undefined: accepted), and the model where it is not the newest. */
export type Row = [what: string, body: unknown, message: string | undefined, model?: string];
