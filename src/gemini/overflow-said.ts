/**
 * Reads the two numbers from errors that say that the prompt is longer than the window, in the words of the Developer
 * API, of Vertex and of gateways. Claude Code needs both numbers.
 */

export type Overflow = { tokens: number | undefined; maximum: number | undefined };

const N = String.raw`\(?(?<tokens>\d[\d,]*)\)?`;
const M = String.raw`\(?(?<maximum>\d[\d,]*)\)?`;

/** The patterns of these messages. The first that matches counts, so patterns with fewer numbers come last. */
const WORDINGS: readonly RegExp[] = [
  `input token count(?: ${N})? exceeds the maximum number of tokens allowed(?: ${M})?`,
  `input token count (?:is|of) ${N},? (?:but|and|while) (?:the )?model (?:only )?supports (?:only )?up to ${M}`,
  `input token count (?:is|of) ${N},? (?:and |but )?exceeds[^\\d]{0,80}${M}`,
  `prompt is too long: ${N} tokens > ${M} maximum`,
  `maximum (?:context|prompt) length is ${M}(?: tokens)?[^\\d]{1,80}${N} tokens`,
  `maximum (?:context|prompt) length is ${M}`,
  `input token count[^.]{0,80}(?:exceeds|too (?:large|long|many))`,
  `(?:prompt|input(?: context)?|context) is too long\\b`,
  `exceeds (?:the |this )?(?:model's )?(?:context|token) (?:window|length|limit)`,
].map((wording) => new RegExp(wording, 'i'));

const numberOf = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits.replaceAll(',', ''));

/** The numbers in a message that the prompt is too long; undefined where `message` says something else. */
export function overflowSaid(message: string): Overflow | undefined {
  for (const wording of WORDINGS) {
    const found = wording.exec(message);
    if (!found) continue;
    return { tokens: numberOf(found.groups?.['tokens']), maximum: numberOf(found.groups?.['maximum']) };
  }
  return undefined;
}
