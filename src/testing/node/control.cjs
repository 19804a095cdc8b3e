/** Speaks to a proxy that runs: its journal, its faults. Node's own client, because some test environments have no `fetch`. */
'use strict';

const { request } = require('node:http');

/** @typedef {import('../api.d.cts').Control} Control */
/** @typedef {import('../api.d.cts').OfTest} OfTest */

/**
 * @param {string} url
 * @param {string} method
 * @param {unknown} [body]
 * @returns {Promise<{ status: number, text: string }>}
 */
const send = (url, method, body) =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request(url, { method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece) => {
        text += piece;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });

/**
 * What an error of the API says; the text itself where it is no JSON.
 * @param {string} text
 */
function messageIn(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text;
  }
}

/**
 * @param {string} what The call, for errors.
 * @param {string} url
 * @param {string} method
 * @param {unknown} [body]
 */
async function ask(what, url, method, body) {
  const { status, text } = await send(url, method, body).catch((error) => {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new Error(`${what}: ${new URL(url).origin} cannot be reached (${why}); it may have been stopped`);
  });
  if (status === 404)
    throw new Error(`${what}: ${new URL(url).origin} tells nothing to tests; a mock or a replay would`);
  if (status !== 200) throw new Error(`${what}: ${messageIn(text)}`);
  return JSON.parse(text);
}

/**
 * @param {OfTest} of
 * @returns {Record<string, string>}
 */
const testIdOf = ({ testId }) => (testId === undefined ? {} : { test_id: testId });

/**
 * @param {string} url
 * @returns {Control}
 */
function connect(url) {
  const base = url.replace(/\/+$/, '');
  /** @param {Record<string, string>} query */
  const list = async (query) => {
    const { requests } = await ask(
      'requests',
      `${base}/__mock/requests?${new URLSearchParams(query)}`,
      'GET',
    );
    return requests;
  };
  return {
    url: base,
    requests: (of = {}) => list(testIdOf(of)),
    lastRequest: async (of = {}) => (await list({ ...testIdOf(of), last: '1' })).at(0),
    faults: async (spec, of = {}) => {
      await ask('faults', `${base}/__mock/faults`, 'POST', { faults: spec, ...testIdOf(of) });
    },
    reset: async (of = {}) => {
      await ask('reset', `${base}/__mock/reset`, 'POST', testIdOf(of));
    },
  };
}

module.exports = { connect };
