/** Requests that Google refuses because of something in them, and takes once that thing is gone. */
import type { FunctionDeclaration, GenerateContentRequest } from '../../../src/gemini/wire.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { googleErrorFor } from '../../../src/sim/faults/status.ts';

/** Why Google refuses a body; undefined where it does not. */
type Judge = (body: string) => string | undefined;

const declared = (body: string): FunctionDeclaration[] =>
  ((JSON.parse(body) as GenerateContentRequest).tools ?? []).flatMap(
    ({ functionDeclarations }) => functionDeclarations ?? [],
  );

const firstPlace = (body: string, isBad: (tool: FunctionDeclaration) => boolean): string | undefined => {
  const index = declared(body).findIndex(isBad);
  return index < 0 ? undefined : `GenerateContentRequest.tools[0].function_declarations[${index}]`;
};

const hasFormat = ({ parametersJsonSchema }: FunctionDeclaration) =>
  JSON.stringify(parametersJsonSchema).includes('"format":');
const isOdd = ({ name }: FunctionDeclaration) => name === 'odd';
const INVALID = 'Request contains an invalid argument.';

export const REFUSALS: Readonly<Record<string, Judge>> = {
  'a named tool': (body) => {
    const place = firstPlace(body, hasFormat);
    return place && `* ${place}.parameters.properties[a].format: not supported\n`;
  },
  'some tool': (body) => (firstPlace(body, hasFormat) ? INVALID : undefined),
  'a tool however simple': (body) => {
    const place = firstPlace(body, isOdd);
    return place && `* ${place}.parameters: not supported\n`;
  },
  'all tools': (body) =>
    declared(body).length > 0 ? 'Tool use is not supported for this model.' : undefined,
  'its way to think': (body) =>
    body.includes('"thinkingLevel"') ? 'Thinking level is not supported for this model.' : undefined,
  everything: () => INVALID,
};

const tool = (name: string, inside: object = {}) => ({
  name,
  description: `${name} it`,
  input_schema: { type: 'object', properties: { a: { type: 'string', ...inside } } },
});

/** A request in which each judge finds something. */
export const ODD_REQUEST = {
  tools: [tool('plain'), tool('odd', { format: 'odd' }), tool('other')],
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
};

/** Google's answer, where `judge` finds nothing wrong with the request. */
export const refusing =
  (judge: Judge) =>
  (inner: Fetch): Fetch =>
  async (url, init, exchange) => {
    const message = judge(String(init.body));
    if (message === undefined) return inner(url, init, exchange);
    return Response.json({ error: { ...googleErrorFor(400), message } }, { status: 400 });
  };
