/** What sending a request again would cost; and the request to send. */

import type { GeminiModel } from '../../gemini/models.ts';
import { ratesOf } from '../../prices/prices.ts';
import type { KeptRequest } from '../kept-request.ts';
import type { AgainQuestion, Row } from '../shapes.ts';

const MILLION = 1_000_000;
const BYTES_PER_TOKEN = 4;

/**
 * `at`: the day (ISO). `model`: the one that is asked first; undefined where that is not known. Whether another one has to
 * stand in, and what of the prompt is cached then, is known only once the request is sent.
 */
export function againQuestion(
  kept: KeptRequest,
  row: Row,
  { model, at, toGemini }: { model: GeminiModel | undefined; at: string; toGemini: boolean },
): AgainQuestion {
  const tokens = row.in ?? Math.round((kept.clientBytes()?.byteLength ?? 0) / BYTES_PER_TOKEN);
  const rates = model && ratesOf(model.price, { at, promptTokens: tokens });
  const dollars = rates && (tokens * rates.input + (row.out ?? 0) * rates.output) / MILLION;
  return { model: model?.id, tokens, dollars, toGemini };
}

/** Headers that are of the first sending, and of its bytes on the wire. */
const NOT_AGAIN = [
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'connection',
  'origin',
  'referer',
  'host',
];

/** Undefined where the texts were let go. */
export function requestAgain(kept: KeptRequest): Request | undefined {
  const body = kept.clientBytes();
  if (!body) return undefined;
  const headers = new Headers(kept.headers);
  for (const name of [...headers.keys()]) {
    if (NOT_AGAIN.includes(name) || name.startsWith('sec-')) headers.delete(name);
  }
  return new Request(`http://localhost${kept.path}`, { method: 'POST', headers, body: new Uint8Array(body) });
}
