/**
 * Quotes what anybody may have written, as JSON in one line. Characters that nobody sees, or that look like the end of a
 * line, are escaped: with them a text could hide what it says, or seem to go on outside of the quotation.
 */
const UNSEEN = /[\p{Cf}\p{Zl}\p{Zp}\u0085]/gu;

const escaped = (text: string): string =>
  [...Array(text.length).keys()]
    .map((index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');

export const quote = (value: unknown): string => (JSON.stringify(value) ?? 'null').replace(UNSEEN, escaped);

export const withoutUnseen = (text: string): string => text.replace(UNSEEN, '');
