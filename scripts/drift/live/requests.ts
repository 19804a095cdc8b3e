/** Small Gemini requests, in the words of the tables of probes. */
import type { GeminiModel } from '../../../src/gemini/models.ts';
import { isObject } from '../../../src/lib/json.ts';
import type { Asked } from './google.ts';
import type { Probe } from './probe.ts';

/** What is asked, and the body, or the body for each model. */
export type Row = readonly [name: string, body: Body];
type Body = object | string | ((model: GeminiModel) => object);

export const user = (...parts: object[]) => ({ role: 'user', parts });
export const model = (...parts: object[]) => ({ role: 'model', parts });
export const HELLO = user({ text: 'Say hello.' });
export const SENTINEL = 'skip_thought_signature_validator';
export const call = (name = 'f', more: object = { thoughtSignature: SENTINEL }) => ({
  functionCall: { name, args: {} },
  ...more,
});
export const response = (name = 'f', more: object = {}) => ({
  functionResponse: { name, response: { output: 'ok' }, ...more },
});
export const says = (...contents: object[]) => ({ contents });
export const tools = (...functionDeclarations: object[]) => ({
  contents: [HELLO],
  tools: [{ functionDeclarations }],
});
export const config = (generationConfig: object) => ({ contents: [HELLO], generationConfig });
export const schema = (parametersJsonSchema: unknown) => tools({ name: 'f', parametersJsonSchema });

/** A probe must not cost more than this where Google, against our tables, answers it. */
export const MOST_OUTPUT = 64;

/** A model that there is not. */
export const UNKNOWN_MODEL = 'gemini-0-nothing';

/** True where an answer of a model is asked for, as a stream or as a whole. */
export const asksForAnswer = ({ path }: Pick<Asked, 'path'>): boolean =>
  /:(?:g|streamG)enerateContent\b/.test(path);

export const generatePath = (id: string) => `models/${id}:streamGenerateContent?alt=sse`;

/** `body` with a limit of output, unless it says something about that itself. */
function limited(body: object): object {
  const { generationConfig, ...rest } = body as { generationConfig?: unknown };
  const given = isObject(generationConfig) ? generationConfig : {};
  return { ...rest, generationConfig: { maxOutputTokens: MOST_OUTPUT, ...given } };
}

function bodyText(body: Body, row: GeminiModel): string {
  if (typeof body === 'string') return body;
  return JSON.stringify(limited(typeof body === 'function' ? body(row) : body));
}

export const generateProbe = ([name, body]: Row, row: GeminiModel): Probe => ({
  name,
  model: row.id,
  asked: { method: 'POST', path: generatePath(row.id), body: bodyText(body, row) },
});

export const post = (path: string, body: object): Asked => ({
  method: 'POST',
  path,
  body: JSON.stringify(body),
});

/** A red picture of 32 by 32, as PNG. */
export const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAMUlEQVR4nGOQizpBU8QwasFoEI2motF8MFpUjJamo/XBaJU52qoYbReNNh2jhkg+AAAqwQBMXIHdwAAAAABJRU5ErkJggg==';
