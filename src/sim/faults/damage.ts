/** Faults that damage bytes. */
import { type Edit, editFirstEvent, fromLatin1, latin1Of } from './events.ts';
import type { Behaviour } from './fault.ts';

/** Find the first character of a text that is shown, or else of an argument. */
const VALUES = [/"text": "(?=[^"])/, /"args": \{\s*"[^"]*": "(?=[^"])/];
/** The first byte of a character of two bytes. The byte that follows it here does not complete the character. */
const LONE_LEAD = '\xc3';

const spoilText: Edit = (event) => {
  const text = latin1Of(event);
  for (const value of VALUES) {
    const match = value.exec(text);
    if (!match) continue;
    const at = match.index + match[0].length;
    return [fromLatin1(text.slice(0, at) + LONE_LEAD + text.slice(at))];
  }
  return undefined;
};

/** Damages the JSON of an event so that its brackets still match: it looks like one object, but is not JSON. */
const spoilJson: Edit = (event) => {
  const text = latin1Of(event);
  return text.includes('": ') ? [fromLatin1(text.replace('": ', '" = '))] : undefined;
};

export const spoilsText: Behaviour = editFirstEvent(spoilText);
export const spoilsJson: Behaviour = editFirstEvent(spoilJson);
