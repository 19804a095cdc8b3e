/** Makes Google's refusal of a request: a 400 with one of Google's own sentences. */
import type { GoogleError } from '../../gemini/wire.ts';
import type { Json } from '../../lib/json.ts';

/** One fault of a field. `field` is a path in snake case; it is empty for the whole body. */
export type FieldViolation = { field: string; description: string };

export function invalidArgument(message: string, details?: Json[]): GoogleError {
  return { code: 400, message, status: 'INVALID_ARGUMENT', ...(details ? { details } : {}) };
}

/** The refusal for what the JSON parser found: one line for each violation, and all of them again in the details. */
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

/** The refusal for what the checks after parsing found: lines of the form `* path: rule`, each with a newline. */
export function listed(lines: readonly string[]): GoogleError {
  return invalidArgument(lines.map((line) => `* GenerateContentRequest.${line}\n`).join(''));
}
