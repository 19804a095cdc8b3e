/** The routes of the server. `paths.ts` decides which route a path means. */

import type { Handler } from './handle-request.ts';
import {
  batchResults,
  cancelBatch,
  createBatch,
  deleteBatch,
  getBatch,
  listBatches,
} from './routes/batches.ts';
import { countTokens } from './routes/count-tokens.ts';
import { deleteFile, downloadFile, getFile, listFiles, uploadFile } from './routes/files.ts';
import { answerHealth, answerHello, answerLive, answerReady, answerRoot } from './routes/health.ts';
import { answerMessages } from './routes/messages.ts';
import { answerMetrics } from './routes/metrics.ts';
import { resetMock, setFaults, tellRequests } from './routes/mock.ts';
import { answerModel, answerModels } from './routes/models.ts';
import { answerSwaggerAsset, answerSwaggerPage } from './routes/swagger.ts';
import { testConnection } from './routes/test-connection.ts';
import { adoptRequest, askAdopt, askAgain, copyAsCurl, saveRequest, sendAgain } from './ui/actions.ts';
import { answerPage, answerPageAsset } from './ui/answer-page.ts';
import { showRequest, streamRows } from './ui/api.ts';
import { showCharts, showKeys, testKeys, testModel, testOneKey } from './ui/figures.ts';
import {
  showChanges,
  showConversation,
  showFrames,
  showRaw,
  showText,
  showUsage,
} from './ui/request-texts.ts';
import { searchRequests } from './ui/search.ts';

export type Route = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  handler: Handler;
  /** The client must send the proxy's key. A route without this mark is open to everyone, unless it asks a model. */
  needsKey?: true;
  /** The route is the operator's: where PROXY_API_KEY is set, the key of a client is not enough. */
  isOperators?: true;
  /** The route asks a model. Its requests are recorded, and a replay answers them. */
  asksModel?: true;
  /**
   * The route is a GET that costs something: no page of another site may make a browser send it, not even by a link.
   */
  spends?: true;
  /** Only programs of this machine may ask. */
  isLocal?: true;
  /** The route is there only with the mock or a replay. */
  ofMock?: true;
  /** The API description does not list the route: it is a part of one of the proxy's own pages. */
  isPage?: true;
};

/** The data of the inspector's page. It shows conversations, so no page of another site may lead a browser there. */
const PAGE_DATA = { needsKey: true, isOperators: true, spends: true, isPage: true } as const;

/** What a test asks of the mock. It shows conversations, and changes what is answered. */
const FOR_TESTS = { needsKey: true, isOperators: true, spends: true, isLocal: true, ofMock: true } as const;

const TABLE = [
  { method: 'POST', path: '/v1/messages', handler: answerMessages, needsKey: true, asksModel: true },
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    handler: countTokens,
    needsKey: true,
    asksModel: true,
  },
  { method: 'GET', path: '/v1/models', handler: answerModels, needsKey: true },
  { method: 'GET', path: '/v1/models/:id', handler: answerModel, needsKey: true },
  { method: 'POST', path: '/v1/messages/batches', handler: createBatch, needsKey: true },
  { method: 'GET', path: '/v1/messages/batches', handler: listBatches, needsKey: true },
  { method: 'GET', path: '/v1/messages/batches/:id', handler: getBatch, needsKey: true },
  { method: 'DELETE', path: '/v1/messages/batches/:id', handler: deleteBatch, needsKey: true },
  { method: 'POST', path: '/v1/messages/batches/:id/cancel', handler: cancelBatch, needsKey: true },
  { method: 'GET', path: '/v1/messages/batches/:id/results', handler: batchResults, needsKey: true },
  { method: 'POST', path: '/v1/files', handler: uploadFile, needsKey: true },
  { method: 'GET', path: '/v1/files', handler: listFiles, needsKey: true },
  { method: 'GET', path: '/v1/files/:id', handler: getFile, needsKey: true },
  { method: 'DELETE', path: '/v1/files/:id', handler: deleteFile, needsKey: true },
  { method: 'GET', path: '/v1/files/:id/content', handler: downloadFile, needsKey: true },
  { method: 'GET', path: '/', handler: answerRoot },
  { method: 'GET', path: '/api/hello', handler: answerHello },
  { method: 'GET', path: '/health', handler: answerHealth },
  { method: 'GET', path: '/metrics', handler: answerMetrics, needsKey: true, isOperators: true },
  { method: 'GET', path: '/livez', handler: answerLive },
  { method: 'GET', path: '/readyz', handler: answerReady },
  {
    method: 'GET',
    path: '/test-connection',
    handler: testConnection,
    needsKey: true,
    isOperators: true,
    spends: true,
  },
  { method: 'GET', path: '/__mock/requests', handler: tellRequests, ...FOR_TESTS },
  { method: 'POST', path: '/__mock/reset', handler: resetMock, ...FOR_TESTS },
  { method: 'POST', path: '/__mock/faults', handler: setFaults, ...FOR_TESTS },
  { method: 'GET', path: '/swagger', handler: answerSwaggerPage, isPage: true },
  { method: 'GET', path: '/swagger/:asset', handler: answerSwaggerAsset, isPage: true },
  { method: 'GET', path: '/ui', handler: answerPage, isPage: true },
  { method: 'GET', path: '/ui/keys', handler: answerPage, isPage: true },
  { method: 'GET', path: '/ui/charts', handler: answerPage, isPage: true },
  { method: 'GET', path: '/ui/requests/:id', handler: answerPage, isPage: true },
  { method: 'GET', path: '/ui/api/live', handler: streamRows, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id', handler: showRequest, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id/changes', handler: showChanges, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id/frames', handler: showFrames, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id/conversation', handler: showConversation, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id/usage', handler: showUsage, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id/raw', handler: showRaw, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id/text', handler: showText, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id/again', handler: askAgain, ...PAGE_DATA },
  { method: 'POST', path: '/ui/api/requests/:id/again', handler: sendAgain, ...PAGE_DATA },
  { method: 'POST', path: '/ui/api/requests/:id/save', handler: saveRequest, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/requests/:id/adopt', handler: askAdopt, ...PAGE_DATA },
  { method: 'POST', path: '/ui/api/requests/:id/adopt', handler: adoptRequest, ...PAGE_DATA },
  { method: 'POST', path: '/ui/api/requests/:id/curl', handler: copyAsCurl, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/search', handler: searchRequests, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/keys', handler: showKeys, ...PAGE_DATA },
  { method: 'POST', path: '/ui/api/keys/test', handler: testKeys, ...PAGE_DATA },
  { method: 'POST', path: '/ui/api/keys/:key/test', handler: testOneKey, ...PAGE_DATA },
  { method: 'POST', path: '/ui/api/models/:model/test', handler: testModel, ...PAGE_DATA },
  { method: 'GET', path: '/ui/api/charts', handler: showCharts, ...PAGE_DATA },
  { method: 'GET', path: '/ui/assets/:asset', handler: answerPageAsset, isPage: true },
  { method: 'GET', path: '/ui/assets/:asset/:inner', handler: answerPageAsset, isPage: true },
] as const satisfies readonly Route[];

export const ROUTES: readonly Route[] = TABLE;

type Described<One extends Pick<Route, 'method' | 'path'>> = One extends { isPage: true }
  ? never
  : `${One['method']} ${One['path']}`;

/** The routes that the API description lists. A route without a description does not compile. */
export type DescribedRoute = Described<(typeof TABLE)[number]>;
