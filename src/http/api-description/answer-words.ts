/** The words that the schemas of answers share. */
import { Type } from '@sinclair/typebox';

export const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description });
export const text = (description: string) => Type.String({ description });
export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const date = (description: string) => Type.String({ format: 'date-time', description });
