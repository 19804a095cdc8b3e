/** Speaks to a proxy that runs: its journal, its faults. Node's own client, because some test environments have no `fetch`. */
'use strict';

const { request } = require('node:http');

/** @typedef {import('../api.d.cts').Control} Control */
/** @typedef {import('../api.d.cts').OfTest} OfTest */

/** @typedef {{ url: string, method: string, key?: string | undefined, body?: unknown }} Question */

/**
 * @param {Question} question
 * @returns {Promise<{ status: number, text: string }>}
 */
const send = ({ url, method, key, body }) =>
  new Promise((resolve, reject) => {
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'x-api-key': key }),
    };
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
 * @param {Question} question
 */
async function ask(what, question) {
  const { origin } = new URL(question.url);
  const { status, text } = await send(question).catch((error) => {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new Error(`${what}: ${origin} cannot be reached (${why}); it may have been stopped`);
  });
  if (status === 401 && question.key === undefined)
    throw new Error(`${what}: ${origin} wants its PROXY_API_KEY; give it: connect(url, { key })`);
  if (status === 404)
    throw new Error(`${what}: ${origin} has no journal; a mock, a replay and a proxy of startProxy have one`);
  if (status !== 200) {
    const message = messageIn(text);
    throw new Error(message.startsWith(`${what}: `) ? message : `${what}: ${message}`);
  }
  return JSON.parse(text);
}

/**
 * Which test is meant. Without this check, a misspelt `testId`, or one that is null, would mean all tests.
 * @param {string} what The call, for errors.
 * @param {OfTest} of
 * @returns {Record<string, string>}
 */
function testIdOf(what, of) {
  const names = typeof of === 'object' && of !== null ? Object.keys(of) : undefined;
  const isText = typeof of?.testId === 'string' || of?.testId === undefined;
  if (!names || !isText || names.some((name) => name !== 'testId'))
    throw new Error(`${what}: expected { testId } or nothing to say which test, got ${JSON.stringify(of)}`);
  return of.testId === undefined ? {} : { test_id: of.testId };
}

/**
 * @param {string} url
 * @param {{ key?: string | undefined }} [options]
 * @returns {Control}
 */
function connect(url, { key } = {}) {
  if (typeof url !== 'string' || !/^http:\/\/[^/]/.test(url))
    throw new Error(
      `connect: expected the url of a mock that runs, such as http://127.0.0.1:8082, got ${url}`,
    );
  const base = url.replace(/\/+$/, '');
  /** @param {Record<string, string>} query */
  const list = async (query) => {
    const at = `${base}/__mock/requests?${new URLSearchParams(query)}`;
    const { requests } = await ask('requests', { url: at, method: 'GET', key });
    return requests;
  };
  /**
   * @param {string} what
   * @param {Record<string, string>} body
   */
  const tell = (what, body) => ask(what, { url: `${base}/__mock/${what}`, method: 'POST', key, body });
  return {
    url: base,
    requests: async (of = {}) => list(testIdOf('requests', of)),
    lastRequest: async (of = {}) => (await list({ ...testIdOf('lastRequest', of), last: '1' })).at(0),
    faults: async (spec, of = {}) => {
      await tell('faults', { ...testIdOf('faults', of), faults: spec });
    },
    reset: async (of = {}) => {
      await tell('reset', testIdOf('reset', of));
    },
  };
}

module.exports = { connect };
