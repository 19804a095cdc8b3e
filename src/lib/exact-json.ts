/**
 * Parses JSON so that its numbers keep their digits. JavaScript's numbers have 53 bits while ids have 64, and `1.0`
 * would be printed as `1`. So a number whose text would change is kept as raw JSON, which is printed as it was written.
 * Few texts contain such a number, and exact parsing costs ten times as much, so each text is first searched for such a
 * number (`jsonShape`).
 */
import { comesOutAs, jsonShape } from './json-text.ts';

type Revive = (key: string, value: unknown, context: { source?: string }) => unknown;

// TypeScript's library does not yet declare this part of the language.
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse(text: string, revive: Revive): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/**
 * True for a number that is kept as raw JSON. JavaScript sees it as an object, and `JSON.stringify` prints it as a
 * number.
 */
export const isRawNumber = (value: unknown): boolean => isRawJSON(value);

/**
 * The number that JSON writes as `digits`. Its type is `number` although it may be raw JSON, because no code computes
 * with it.
 */
export const exactNumber = (digits: string): number =>
  comesOutAs(digits) ? Number(digits) : (rawJSON(digits) as unknown as number);

/**
 * Parses JSON and keeps all digits of all numbers. Throws as `JSON.parse` does, and also where `text` is nested some
 * thousands of levels deep.
 */
export function parseExact(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(source) : value,
  );
}

/** Like `parseExact`, but as cheap as `JSON.parse` for a text in which `JSON.parse` would lose nothing. */
export const parseKeepingDigits = (text: string): unknown =>
  jsonShape(text).exact ? JSON.parse(text) : parseExact(text);
