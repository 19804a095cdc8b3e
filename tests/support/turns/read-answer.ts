/** Reads an answer as the recorded client did. */
import type { Answer } from '../../../src/sim/cassette/types.ts';

type Read = Pick<Answer, 'bytes' | 'end'>;

/** To its end. If the client left, this reader leaves too: after the same number of bytes, or at the same time. */
export async function readAnswer(
  response: Response,
  recorded: Answer,
  client: AbortController,
): Promise<Read> {
  const reader = response.body?.getReader();
  const gone = Promise.withResolvers<'gone'>();
  client.signal.addEventListener('abort', () => gone.resolve('gone'), { once: true });
  if (client.signal.aborted) gone.resolve('gone');
  const pieces: Uint8Array[] = [];
  let length = 0;
  const mayLeave = recorded.end === 'client-gone' && recorded.bytes.length > 0;
  for (;;) {
    const next = await Promise.race([reader?.read(), gone.promise]);
    if (next === 'gone') break;
    if (!next?.value) return { bytes: new Uint8Array(Buffer.concat(pieces)), end: 'whole' };
    pieces.push(next.value);
    length += next.value.length;
    if (mayLeave && length >= recorded.bytes.length) {
      client.abort();
      await reader?.cancel();
      break;
    }
  }
  const bytes = Buffer.concat(pieces);
  const kept = mayLeave ? bytes.subarray(0, recorded.bytes.length) : bytes;
  return { bytes: new Uint8Array(kept), end: 'client-gone' };
}
