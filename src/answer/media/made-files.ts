/** Keeps the files that code has made for a client: they get an id, and `/v1/files` has them. */
import { MessagesError } from '../../anthropic/errors.ts';
import { extensionOf } from '../../files/endings.ts';
import type { MadeFile } from '../../translate/response/turn.ts';
import type { Job } from '../job.ts';
import type { AnswerPorts } from '../ports.ts';

/** Milliseconds. Anthropic keeps what a container has made as long. */
const KEPT_MS = 30 * 86_400_000;

/** The id of the file; undefined, with a warning, where there is no room for it. */
export function keepMadeFile(
  { mimeType, data }: MadeFile,
  { warn }: Pick<Job, 'warn'>,
  { files, ids }: Pick<AnswerPorts, 'files' | 'ids'>,
): string | undefined {
  const id = ids.next('file_');
  const filename = `output${extensionOf(mimeType)}`;
  try {
    const facts = { filename, mimeType, downloadable: true, keepMs: KEPT_MS };
    return files.make(id, Buffer.from(data, 'base64'), facts).id;
  } catch (error) {
    if (!(error instanceof MessagesError)) throw error;
    warn('content-changed', 'answer', `a file that code has made is told in words: ${error.message}`);
    return undefined;
  }
}
