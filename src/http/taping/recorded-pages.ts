/** Pages of the web in a recording: what was read of each, and when. */
import type { Failure } from '../../answer/pages/fetch-page.ts';
import type { Page } from '../../answer/pages/page-reader.ts';
import type { FetchedFile } from '../../sim/cassette/types.ts';

export function recordedPage(page: Page): FetchedFile {
  const { at } = page;
  if ('failed' in page) return { problem: page.failed, at };
  if (page.mimeType === 'application/pdf') return { mimeType: page.mimeType, data: page.data, at };
  const { mimeType, text, title } = page;
  return { mimeType, text, at, ...(title === undefined ? {} : { name: title }) };
}

/** What is not in the recording was not read. */
export function pageOf(file: FetchedFile | undefined): Page {
  if (!file || 'size' in file) return { failed: 'unavailable', at: '' };
  const { at = '' } = file;
  if ('problem' in file) return { failed: file.problem as Failure, at };
  if ('data' in file) return { mimeType: 'application/pdf', data: file.data, at };
  return { mimeType: 'text/plain', text: file.text, title: file.name, at };
}
