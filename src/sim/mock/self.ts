/** What the mock says of itself: it answers in the proxy, or plays Google behind a socket. */

export type MockSelf = {
  /** Continues "This is". */
  name: string;
  /** Which key it wants. */
  keys: string;
  /** What gives real answers. */
  remedy: string;
};

export const OFFLINE_MOCK: MockSelf = {
  name: 'the offline mock',
  keys: 'no key is needed',
  remedy: 'start the proxy with a Gemini key (GEMINI_API_KEY in .env)',
};

export const STAND_IN: MockSelf = {
  name: 'the stand-in for Google (GOOGLE_GEMINI_BASE_URL)',
  keys: 'any key will do',
  remedy: 'start the proxy without GOOGLE_GEMINI_BASE_URL, and with a key of Google (GEMINI_API_KEY in .env)',
};
