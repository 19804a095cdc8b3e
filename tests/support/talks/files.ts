/** Files uploaded to a proxy before a Google that answers everything, for the tests of files. */
import { expect } from 'bun:test';
import { type Clock, systemClock } from '../../../src/lib/ports.ts';
import { googleStream, startProxy, type TestProxy, textChunk } from '../proxy.ts';

export const MB = 1024 * 1024;
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
export const PDF = Buffer.from('%PDF-1.4\n%of nothing\n');

/** `sent` holds the bodies of all requests to Google. */
export async function fileProxy(env: Record<string, string> = {}, clock: Clock = systemClock) {
  const sent: string[] = [];
  const proxy = await startProxy({
    env,
    clock,
    fetch: async (url, init) => {
      sent.push(String(init.body));
      if (url.includes(':countTokens')) return Response.json({ totalTokens: 7 });
      return googleStream(textChunk('Seen.', 'STOP'));
    },
  });
  return { ...proxy, sent };
}

export type Upload = {
  bytes?: Uint8Array | string;
  name?: string;
  type?: string;
  fields?: Record<string, string>;
};

export function formOf({
  bytes = 'of nothing',
  name = 'a.txt',
  type = 'text/plain',
  fields = {},
}: Upload): FormData {
  const form = new FormData();
  form.append('file', new File([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)], name, { type }));
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  return form;
}

export const post = (proxy: TestProxy, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(`${proxy.url}/v1/files`, { method: 'POST', body, headers });

export async function upload(
  proxy: TestProxy,
  what: Upload = {},
): Promise<Record<string, unknown> & { id: string }> {
  const response = await post(proxy, formOf(what));
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return body;
}

export const get = async (proxy: TestProxy, path: string, init: RequestInit = {}) => {
  const response = await fetch(`${proxy.url}${path}`, init);
  return { status: response.status, body: await response.json() };
};
export const remove = (proxy: TestProxy, id: string) => get(proxy, `/v1/files/${id}`, { method: 'DELETE' });

export const errorOf = async (response: Response) => {
  const { error } = await response.json();
  return { status: response.status, type: error.type, message: error.message, ...error.details };
};
