/** The routes of the server. `paths.ts` decides which route a path means. */

import type { Handler } from './handle-request.ts';
import { countTokens } from './routes/count-tokens.ts';
import { answerHealth, answerHello, answerLive, answerReady, answerRoot } from './routes/health.ts';
import { answerMessages } from './routes/messages.ts';
import { answerModel, answerModels } from './routes/models.ts';
import { answerSwaggerAsset, answerSwaggerPage } from './routes/swagger.ts';
import { testConnection } from './routes/test-connection.ts';

export type Route = {
  method: 'GET' | 'POST';
  path: string;
  handler: Handler;
  /** The client must send the proxy's key. A route without this mark is open to everyone, unless it asks a model. */
  needsKey?: true;
  /** The route asks a model. Its requests are recorded, and a replay answers them. */
  asksModel?: true;
  /**
   * The route is a GET that costs something: no page of another site may make a browser send it, not even by a link.
   */
  spends?: true;
  /** The text for this route in the API description. */
  summary: string;
  tag: 'Messages' | 'Models' | 'Operation';
};

export const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/messages',
    handler: answerMessages,
    needsKey: true,
    asksModel: true,
    summary: 'Create a message, streamed or whole',
    tag: 'Messages',
  },
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    handler: countTokens,
    needsKey: true,
    asksModel: true,
    summary: 'Count the input tokens of a message',
    tag: 'Messages',
  },
  {
    method: 'GET',
    path: '/v1/models',
    handler: answerModels,
    needsKey: true,
    summary: 'List models',
    tag: 'Models',
  },
  {
    method: 'GET',
    path: '/v1/models/:id',
    handler: answerModel,
    needsKey: true,
    summary: 'One model',
    tag: 'Models',
  },
  { method: 'GET', path: '/', handler: answerRoot, summary: 'What this is', tag: 'Operation' },
  {
    method: 'GET',
    path: '/api/hello',
    handler: answerHello,
    summary: 'Start-up probe of Claude Code',
    tag: 'Operation',
  },
  {
    method: 'GET',
    path: '/health',
    handler: answerHealth,
    summary: 'State, counts, recent errors',
    tag: 'Operation',
  },
  { method: 'GET', path: '/livez', handler: answerLive, summary: 'The process runs', tag: 'Operation' },
  {
    method: 'GET',
    path: '/readyz',
    handler: answerReady,
    summary: 'New requests are welcome',
    tag: 'Operation',
  },
  {
    method: 'GET',
    path: '/test-connection',
    handler: testConnection,
    needsKey: true,
    spends: true,
    summary: 'One tiny live request with the small model and each key',
    tag: 'Operation',
  },
  {
    method: 'GET',
    path: '/swagger',
    handler: answerSwaggerPage,
    summary: 'This documentation',
    tag: 'Operation',
  },
  {
    method: 'GET',
    path: '/swagger/:asset',
    handler: answerSwaggerAsset,
    summary: 'Its assets',
    tag: 'Operation',
  },
];
