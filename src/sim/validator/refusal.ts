/** How Google says no to a request: a 400 with one of its own sentences. */
import type { GoogleError } from '../../gemini/wire.ts';
import type { Json } from '../../lib/json.ts';

/** One thing that is wrong with a field; `field` is a snake_case path, empty at the top. */
export type FieldViolation = { field: string; description: string };

export function invalidArgument(message: string, details?: Json[]): GoogleError {
  return { code: 400, message, status: 'INVALID_ARGUMENT', ...(details ? { details } : {}) };
}

/** What the JSON parser found, all at once: one line a violation, and each again in the details. */
export function badRequest(violations: readonly FieldViolation[]): GoogleError {
  return invalidArgument(violations.map((violation) => violation.description).join('\n'), [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: violations.map(({ field, description }) =>
        field === '' ? { description } : { field, description },
      ),
    },
  ]);
}

/** What the checks after parsing found: a list of `* path: rule` lines, each ended by a newline. */
export function listed(lines: readonly string[]): GoogleError {
  return invalidArgument(lines.map((line) => `* GenerateContentRequest.${line}\n`).join(''));
}
