/**
 * JSON whose numbers keep their digits. JavaScript's numbers have 53 bits while ids have 64, and `1.0` would come out
 * as `1`. So a number whose text would change is kept as raw JSON, which prints as it was written. Nearly no text holds
 * such a number, and parsing with the sources of numbers costs ten times as much, so the text is searched for one first
 * (`jsonShape`).
 */
import { comesOutAs, jsonShape } from './json-text.ts';

type Revive = (key: string, value: unknown, context: { source?: string }) => unknown;

// TypeScript's library does not yet declare this part of the language.
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse(text: string, revive: Revive): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/** True for a number that keeps its digits: an object to JavaScript, a number to `JSON.stringify`. */
export const isRawNumber = (value: unknown): boolean => isRawJSON(value);

/** The number that JSON writes as `digits`. Its type is `number` though it may be raw: nobody computes with it. */
export const exactNumber = (digits: string): number =>
  comesOutAs(digits) ? Number(digits) : (rawJSON(digits) as unknown as number);

/**
 * Keeps all digits of all numbers. Throws as `JSON.parse` does, and also where `text` is nested some thousands deep.
 */
export function parseExact(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(source) : value,
  );
}

/** Like `parseExact`, but as cheap as `JSON.parse` where that would lose nothing. */
export const parseKeepingDigits = (text: string): unknown =>
  jsonShape(text).exact ? JSON.parse(text) : parseExact(text);
