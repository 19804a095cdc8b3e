/**
 * Reads calls that Google did not understand and shows in `finishMessage` instead, in the model's inner syntax
 * (recordings section 4). They are read completely or not at all: a call that is nearly right could damage somebody's
 * files.
 */
import { readBraceCalls } from './braces.ts';
import { Cursor, NotRead } from './cursor.ts';
import { readPythonCalls } from './python.ts';
import type { LostCall } from './values.ts';

const ANNOUNCED = /^(?:Malformed function call|Unexpected tool call):\s*/;

/** Characters. A model can write only a small part of that many. */
const MAX_LENGTH = 1024 * 1024;

/**
 * Reads the calls in a message. Never throws. Returns an empty list where any part of the message is not understood.
 */
export function readLostCalls(message: string): LostCall[] {
  if (message.length > MAX_LENGTH) return [];
  const announced = ANNOUNCED.exec(message)?.[0];
  if (announced === undefined) return [];
  const cursor = new Cursor(message.slice(announced.length).trimEnd());
  try {
    return cursor.text.startsWith('call:') ? readBraceCalls(cursor) : readPythonCalls(cursor);
  } catch (error) {
    if (error instanceof NotRead) return [];
    throw error;
  }
}
