/**
 * Makes the error where no key may be used for longer than a request may wait. It says which key comes back when, and
 * what the operator can do.
 */
import { withoutWait } from '../gemini/error-facts.ts';
import { UpstreamError } from '../gemini/errors.ts';
import { type Clock, dateOf } from '../lib/ports.ts';
import type { KeyRecord, Wanted } from './record.ts';

/** `records` are the keys that may be used for the model at all; `first` is the key among them that comes back first. */
export function noKeyError(
  wanted: Wanted,
  records: readonly KeyRecord[],
  first: KeyRecord,
  clock: Clock,
): UpstreamError {
  const { model } = wanted;
  const { why, until } = first.hindrance(wanted);
  const retryAfter = Math.max(1, Math.ceil((until - clock.monotonic()) / 1000));
  const keys = records.map((record) => `${nameOf(record)}: ${stateOf(record, wanted, clock)}`).join('; ');
  if (why === 'breaker') {
    return new UpstreamError(
      'not-sent',
      `${model} keeps failing, so it is not asked now (${keys}). Try again in a moment, or map to another model.`,
      { status: 503, retryAfter, means: 'overloaded' },
    );
  }
  const isDay = why === 'quota' && first.isAway(model);
  const last = why === 'quota' ? first.quotas.of(model)?.last : undefined;
  const own = why === 'rate' ? 'KEY_RPM or KEY_TPM is reached.' : 'Quota exceeded.';
  // The time in Google's sentence is left out: Google counted it from the moment of its answer, so it is too long by
  // now.
  const said = withoutWait(last?.message ?? '') || own;
  const advice = 'Add a key of another project to API_KEYS, raise its quota, or map this model to another.';
  return new UpstreamError('not-sent', `${said} No key may be asked for ${model} now (${keys}). ${advice}`, {
    status: 429,
    retryAfter,
    means: isDay ? 'quota-day' : 'quota-minute',
    cause: last,
  });
}

const nameOf = ({ fingerprint }: KeyRecord) => `#${fingerprint}`;

function stateOf(record: KeyRecord, wanted: Wanted, clock: Clock): string {
  const hindrance = record.hindrance(wanted);
  const { until } = hindrance;
  const at = dateOf(clock, Math.max(until, clock.monotonic())).toISOString();
  const back = `back at ${at}`;
  switch (hindrance.why) {
    case 'breaker':
      return `failing, tried again at ${at}`;
    case 'rate':
      return `at its KEY_RPM or KEY_TPM, ${back}`;
    case 'quota':
      return hindrance.isDay ? `the day's quota is used up, ${back}` : `out of quota, ${back}`;
    case 'nothing':
      return 'free now';
  }
}
