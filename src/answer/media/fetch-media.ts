/**
 * Reads one picture or document from a public https URL, under guard (`guarded-fetch.ts`). The type of the file is judged
 * by its bytes.
 */
import type { FetchedMedia } from '../../translate/context.ts';
import { mediaTypeOf } from '../../translate/request/media/media-type.ts';
import {
  type ByteBudget,
  openGuarded,
  readGuarded,
  type UrlFetchPorts,
  UrlProblem,
} from './guarded-fetch.ts';

/** A URL, and the number of places where the request has it: its bytes are sent once for each place. */
export type WantedUrl = { url: string; uses: number };

const ACCEPT = 'image/png, image/jpeg, image/webp, image/gif, application/pdf';

/** `url` has passed `urlProblem`. Rejects only with the signal's reason. */
export async function fetchUrl(
  { url, uses }: WantedUrl,
  budget: ByteBudget,
  ports: UrlFetchPorts,
  signal: AbortSignal,
): Promise<FetchedMedia> {
  // Ends the connection of a body that is not read to its end.
  const done = new AbortController();
  try {
    const wanted = { url: new URL(url), accept: ACCEPT };
    const response = await openGuarded(wanted, ports, AbortSignal.any([signal, done.signal]));
    const { status } = response;
    if (status >= 300 && status < 400)
      throw new UrlProblem('it leads on to another address, which is not followed');
    if (status !== 200) throw new UrlProblem(`its host answered ${status}`);
    const bytes = await readGuarded(response, uses, budget);
    const mimeType = mediaTypeOf(bytes);
    if (mimeType === undefined) throw new UrlProblem('it is neither a picture that Gemini reads nor a PDF');
    return { mimeType, data: Buffer.from(bytes).toString('base64') };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: error instanceof UrlProblem ? error.message : 'it could not be read to its end' };
  } finally {
    done.abort();
  }
}
