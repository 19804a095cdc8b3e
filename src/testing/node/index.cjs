/** This package for Node: the calls of src/testing/in-process.ts, each in a program of its own. */
'use strict';

const { connect } = require('./control.cjs');
const { start } = require('./start.cjs');

/** @type {typeof import('../api.d.cts').startMock} */
const startMock = (options = {}) => start('startMock', options);
/** @type {typeof import('../api.d.cts').startReplay} */
const startReplay = (options) => start('startReplay', options);
/** @type {typeof import('../api.d.cts').startProxy} */
const startProxy = (options) => start('startProxy', options);

module.exports = { connect, startMock, startProxy, startReplay };
