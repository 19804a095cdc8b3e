/**
 * Makes of a kept request what a test is told of it. A test compares that with what its program meant to send, so only credentials are
 * blotted out: those of the settings, and what looks like one. The key that the client sends is no reason to change the same word in the
 * body, for tests send any word in place of a key.
 */
import { parseKeepingDigits } from '../../lib/exact-json.ts';
import { type Json, tryParseJson } from '../../lib/json.ts';
import { namesCredential, type Redactor } from '../../sim/redact.ts';
import type { JournalAttempt, JournalEntry } from '../api-description/mock-answers.ts';
import type { JournaledAttempt, JournaledRequest } from './journaled-request.ts';

type Hide = (text: string) => string;

const BLOT = 'x';
const MODEL = /\/models\/([^/:]+)(?::(\w+))?$/;

/** A credential of any length: a test's key may be too short to be searched for in texts. */
const hiddenValue = (value: string): string => BLOT.repeat(value.length);

const QUERY_VALUE = /([^?&=]+)=([^&]*)/g;
const blotted = (whole: string, name: string, value: string): string =>
  namesCredential(name) ? `${name}=${hiddenValue(value)}` : whole;

/** The parsed body; the text where the body is no JSON; null where none was read. */
function bodyOf(text: string | undefined, hide: Hide): Json {
  if (text === undefined || text === '') return null;
  const clean = hide(text);
  const parsed = tryParseJson(clean, parseKeepingDigits);
  return parsed === undefined ? clean : (parsed as Json);
}

function shownAttempt(
  { url, body, status, error, source, faults }: JournaledAttempt,
  hide: Hide,
): JournalAttempt {
  const [, model, method] = MODEL.exec(new URL(url).pathname) ?? [];
  return {
    model: model === undefined ? null : decodeURIComponent(model),
    method: method ?? null,
    body: bodyOf(body, hide),
    status: status ?? null,
    error: error === undefined ? null : hide(error),
    source: source ?? null,
    faults: [...faults],
  };
}

export function shownEntry(entry: JournaledRequest, redactor: Redactor): JournalEntry {
  const { method, url, headers: asked, received, meant, error, attempts } = entry;
  const hide: Hide = (text) => redactor.text(text, '', []);
  const search = URL.parse(url)?.search.replace(QUERY_VALUE, blotted) ?? '';
  const headers = [...asked].map(([name, value]): [string, string] => [
    name,
    namesCredential(name) ? hiddenValue(value) : hide(value),
  ]);
  return {
    id: entry.id,
    at: (received?.at ?? new Date(0)).toISOString(),
    test_id: entry.testId,
    method,
    path: hide(`${received?.askedPath ?? received?.path ?? ''}${search}`),
    headers: Object.fromEntries(headers),
    body: bodyOf(entry.body && new TextDecoder().decode(entry.body), hide),
    caller: meant?.caller ?? null,
    answer: {
      status: entry.status ?? null,
      stop_reason: entry.stopReason ?? null,
      error: error ? { type: error.error, message: hide(error.message) } : null,
      source: entry.source ?? null,
    },
    faults: attempts.flatMap(({ faults }) => faults),
    attempts: attempts.map((attempt) => shownAttempt(attempt, hide)),
  };
}
