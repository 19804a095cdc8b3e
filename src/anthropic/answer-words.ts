/** The words from which the schemas of Anthropic's answers are made. */
import { type TProperties, Type } from '@sinclair/typebox';
import type { JsonObject } from '../lib/json.ts';

/** An object that is told from others by its `type`. */
export const tagged = <T extends string, P extends TProperties>(
  type: T,
  properties: P,
  description: string,
) => Type.Object({ type: Type.Literal(type), ...properties }, { description });

export const AnyObject = (description: string) => Type.Unsafe<JsonObject>({ type: 'object', description });

export const Caller = tagged('direct', {}, 'The model itself called the tool.');
