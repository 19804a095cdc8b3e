/** Damaged bytes. */
import { type Edit, editFirstEvent, fromLatin1, latin1Of } from './events.ts';
import type { Behaviour } from './fault.ts';

/** The first character of a text that is shown, or else of an argument. */
const VALUES = [/"text": "(?=[^"])/, /"args": \{\s*"[^"]*": "(?=[^"])/];
/** The first byte of a character of two bytes; the byte that follows does not complete it. */
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

/** Its brackets match, so it looks like one object, but it is not JSON. */
const spoilJson: Edit = (event) => {
  const text = latin1Of(event);
  return text.includes('": ') ? [fromLatin1(text.replace('": ', '" = '))] : undefined;
};

export const spoilsText: Behaviour = editFirstEvent(spoilText);
export const spoilsJson: Behaviour = editFirstEvent(spoilJson);
