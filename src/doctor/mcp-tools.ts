/** What becomes of a tool's schema on the way to Gemini, by the same code that translates and checks requests. */
import { MessagesError } from '../anthropic/errors.ts';
import type { Tool } from '../anthropic/tool.ts';
import { parseMessagesRequest } from '../anthropic/validate.ts';
import type { GeminiModel } from '../gemini/models.ts';
import type { JsonObject } from '../lib/json.ts';
import { validateRequest } from '../sim/validator/index.ts';
import type { RequestContext } from '../translate/context.ts';
import { toGeminiRequest } from '../translate/request/index.ts';
import type { McpTool } from './mcp-client.ts';

export type Verdict =
  | { kind: 'fine' }
  /** The tool is sent in another form than its server wrote it. */
  | { kind: 'changed'; changes: readonly string[] }
  /** `by`: the proxy refuses every request with this tool; Google only makes the proxy send it again without. */
  | { kind: 'refused'; by: 'the proxy' | 'Google'; why: string };

const plain = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, '_');

/** As Claude Code names it. */
export const nameOf = (server: string, tool: string): string => `mcp__${plain(server)}__${plain(tool)}`;

const contextFor = (model: GeminiModel): RequestContext => ({
  model,
  apiVersion: '2023-06-01',
  readsPages: 'never',
  maxTokensLimit: undefined,
  origin: { family: model.family, keyFingerprint: 'doctor' },
  signatures: new Map(),
  media: {
    byGoogle: true,
    fetched: new Map(),
    files: new Map(),
    converted: new Map(),
    pages: new Map(),
    moved: new Map(),
  },
  ownInstructions: [],
  date: '',
});

function requestWith(server: string, { name, description, inputSchema }: McpTool) {
  const tool: Tool = {
    name: nameOf(server, name),
    ...(description === undefined ? {} : { description: String(description) }),
    input_schema: (inputSchema ?? {}) as JsonObject,
  };
  return parseMessagesRequest({
    model: 'claude-opus-5-5',
    max_tokens: 1_000,
    messages: [{ role: 'user', content: 'Hello' }],
    tools: [tool],
  });
}

const PLACE = /^tools\.0\.(?:custom\.)?/;
const SCHEMA = /^input_schema: /;

export function verdictOn(server: string, tool: McpTool, model: GeminiModel): Verdict {
  try {
    const { body, warnings } = toGeminiRequest(requestWith(server, tool), contextFor(model));
    // As the wire has it: what JSON cannot say is gone.
    const refused = validateRequest(model, JSON.parse(JSON.stringify(body)));
    if (refused) return { kind: 'refused', by: 'Google', why: (refused.message ?? '').trim() };
    const changes = warnings
      .filter(({ code }) => code === 'tool-changed')
      .map(({ path, detail }) => `${path.replace(PLACE, '')}: ${detail}`.replace(SCHEMA, ''));
    return changes.length === 0 ? { kind: 'fine' } : { kind: 'changed', changes };
  } catch (error) {
    if (!(error instanceof MessagesError)) throw error;
    return { kind: 'refused', by: 'the proxy', why: error.message.replace(PLACE, '') };
  }
}
