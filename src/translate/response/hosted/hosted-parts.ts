/** The parts in which Google tells what its own tools were asked, and what they gave. */
import type { RequestPart } from '../../../gemini/wire.ts';
import { isObject, type JsonObject } from '../../../lib/json.ts';
import { wellFormedObject } from '../../../lib/well-formed.ts';
import type { HostedPlan } from '../../context.ts';

const CALLS = ['toolCall', 'toolResponse'] as const;
/** Pictures that code has drawn come as parts of their own. */
const CODE = ['executableCode', 'codeExecutionResult', 'inlineData'] as const;
export type HostedPartName = (typeof CALLS)[number] | (typeof CODE)[number];

/** The parts that are read as those of a tool, where the request has that tool. */
export const hostedParts = ({ search, code, fetch }: HostedPlan): readonly HostedPartName[] => [
  ...(search?.isAlone === false || code || fetch ? CALLS : []),
  ...(code ? CODE : []),
];

/** The part as it goes back with the history; undefined for a part of another kind. */
export function hostedPart(
  part: Readonly<Record<string, unknown>>,
  names: readonly HostedPartName[],
  signature: string | undefined,
): RequestPart | undefined {
  const name = names.find((one) => isObject(part[one]));
  return (
    name && {
      [name]: wellFormedObject(part[name] as JsonObject),
      ...(signature === undefined ? {} : { thoughtSignature: signature }),
    }
  );
}

export const isCode = ({ executableCode, codeExecutionResult, inlineData }: RequestPart): boolean =>
  (executableCode ?? codeExecutionResult ?? inlineData) !== undefined;
