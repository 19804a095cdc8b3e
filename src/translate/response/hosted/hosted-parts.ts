/** The parts in which Google tells what its own tools were asked, and what they gave. */
import type { RequestPart } from '../../../gemini/wire.ts';
import { isObject, type JsonObject } from '../../../lib/json.ts';
import { wellFormedObject } from '../../../lib/well-formed.ts';
import type { HostedPlan } from '../../context.ts';

const KEYS = ['toolCall', 'toolResponse'] as const;

/** True where Google tells the calls of its own tools one by one. */
export const hasHosted = ({ search }: HostedPlan): boolean => search?.isAlone === false;

const keyOf = (part: Readonly<Record<string, unknown>>) => KEYS.find((key) => isObject(part[key]));

export const isHostedPart = (part: Readonly<Record<string, unknown>>): boolean => keyOf(part) !== undefined;

/** The part as it goes back with the history. */
export function hostedPart(
  part: Readonly<Record<string, unknown>>,
  signature: string | undefined,
): RequestPart {
  const key = keyOf(part);
  if (key === undefined) throw new Error('this part is not about a tool of Google');
  return {
    [key]: wellFormedObject(part[key] as JsonObject),
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}
