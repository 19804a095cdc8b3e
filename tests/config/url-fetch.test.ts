/** Who reads media by URL, as the setting may be written. */
import { expect, test } from 'bun:test';
import { readConfig } from '../../src/config/config.ts';

const read = (URL_FETCH: string) => readConfig({ BACKEND: 'mock', URL_FETCH }, []).urlFetch;

test.each([
  ['', { google: true, proxy: false }],
  ['google', { google: true, proxy: false }],
  ['Proxy', { google: false, proxy: true }],
  [' GOOGLE , proxy ', { google: true, proxy: true }],
  ['proxy,google', { google: true, proxy: true }],
  ['"google"', { google: true, proxy: false }],
  ['OFF', { google: false, proxy: false }],
])('%j', (text, readers) => {
  expect(read(text)).toEqual(readers);
});

test.each(['none', 'off,google', 'google,,proxy', 'google proxy', 'google,proxy,google', 'googles'])(
  '%j is refused by the name of the setting',
  (text) => {
    expect(() => read(text)).toThrow(/^URL_FETCH: expected "google", "proxy", "google,proxy" or "off", got /);
  },
);
