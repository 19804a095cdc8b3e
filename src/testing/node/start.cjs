/** Starts the program with the Bun that came with this package, and ends it. */
'use strict';

const { spawn } = require('node:child_process');
const { Socket } = require('node:net');
const { createInterface } = require('node:readline');
const { argumentsFor, BEFORE_START, findBun } = require('../../../bin/find-bun.cjs');
const { connect } = require('./control.cjs');

/** @typedef {import('../api.d.cts').Running} Running */
/** @typedef {import('node:child_process').ChildProcessWithoutNullStreams} Program */

const PROGRAM = 'src/testing/program.ts';
/** Milliseconds after which a program that does not end is killed. */
const STOP_MS = 15_000;
/** Characters of what the program has written, for the error of one that does not start. */
const TAIL = 2_000;

/** What a program needs of its machine: where it may write, and find other programs. Nothing of it is a setting. */
const OF_THE_MACHINE = ['PATH', 'HOME', 'USERPROFILE', 'LOCALAPPDATA', 'SystemRoot', 'TMPDIR', 'TEMP', 'TMP'];
/** Bun goes by these for every request, so they are settings and variables at the same time. */
const HTTP_PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];

/**
 * @param {Readonly<Record<string, unknown>>} settings
 * @returns {NodeJS.ProcessEnv}
 */
function environment(settings) {
  const machine = OF_THE_MACHINE.map((name) => [name, process.env[name]]);
  const proxies = HTTP_PROXIES.map((name) => [name, settings[name]]);
  const given = [...machine, ...proxies].filter(([, value]) => value !== undefined);
  return { ...BEFORE_START, ...Object.fromEntries(given) };
}

/**
 * Resolves with the program's first line. Rejects where it ends before that.
 * @param {Program} child
 * @returns {Promise<{ url: string, key?: string } | { error: string }>}
 */
function firstLine(child) {
  return new Promise((resolve, reject) => {
    let tail = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      tail = `${tail}${text}`.slice(-TAIL);
      process.stderr.write(text);
    });
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    child.on('error', (error) => reject(new Error(`${child.spawnfile} cannot be run: ${error.message}`)));
    child.on('close', (code, signal) =>
      reject(new Error(`the program ended before it listened (${signal ?? `exit ${code}`})\n${tail.trim()}`)),
    );
  });
}

/**
 * Whether this process waits for the program. It does while the program starts and ends: in between, a test that forgets to stop it
 * still ends, and the program with it.
 * @param {Program} child
 * @param {'ref' | 'unref'} how
 */
function hold(child, how) {
  child[how]();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) {
    if (pipe instanceof Socket) pipe[how]();
  }
}

/**
 * The end of its input tells the program to end. The system closes the input as well where this process is killed.
 * @param {Program} child
 * @returns {Promise<void>}
 */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  hold(child, 'ref');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end();
  await closed;
  clearTimeout(killer);
}

/**
 * JSON that is one line for all readers: Node's, and Bun's, take these two characters for ends of lines.
 * @param {unknown} value
 */
const lineOf = (value) =>
  JSON.stringify(value).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);

/**
 * What the program is told to serve.
 * @param {string} call
 * @param {unknown} options
 */
function orderOf(call, options) {
  try {
    return lineOf({ call, options });
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new Error(`${call}: the options: another program is started with them, as JSON: ${why}`);
  }
}

/**
 * @param {string} call The name of the function of src/testing/in-process.ts.
 * @param {{ settings?: Readonly<Record<string, unknown>> | undefined } | undefined} options
 * @returns {Promise<Running>}
 */
async function start(call, options) {
  const order = orderOf(call, options);
  const child = spawn(findBun(), argumentsFor(PROGRAM), {
    env: environment(options?.settings ?? {}),
    windowsHide: true,
  });
  // Where the program has ended before it has read its order, `close` says so.
  child.stdin.on('error', () => {});
  child.stdin.write(`${order}\n`);
  const told = await firstLine(child);
  if ('error' in told) throw new Error(told.error);
  hold(child, 'unref');
  return { ...connect(told.url, { key: told.key }), stop: () => stop(child) };
}

module.exports = { start };
