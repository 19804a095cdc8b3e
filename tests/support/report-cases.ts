/** What ended sessions of real clients, by public reports: what Google, the model or the user's own tools do in each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Trouble } from './survival-google.ts';
import type { SurvivalCase } from './survival-run.ts';
import { LEDGER } from './survival-task.ts';

const refusal = (code: number, status: string, message: string) =>
  Promise.resolve(Response.json({ error: { code, message, status } }, { status: code }));

/** A model that calls `name` instead of what the task wants, in the tries `nths` of the session. */
const calls =
  (name: string, args: object, nths: readonly number[]): Trouble =>
  ({ caller, nth }) => {
    if (caller !== 'main' || !nths.includes(nth)) return undefined;
    const candidate = {
      content: { role: 'model', parts: [{ functionCall: { name, args } }] },
      finishReason: 'STOP',
      index: 0,
    };
    const usageMetadata = { promptTokenCount: 900, candidatesTokenCount: 9, totalTokenCount: 909 };
    const chunk = `data: ${JSON.stringify({ candidates: [candidate], usageMetadata })}\r\n\r\n`;
    return Promise.resolve(new Response(chunk, { headers: { 'content-type': 'text/event-stream' } }));
  };

type Schema = { properties?: Record<string, unknown>; required?: string[] };
type Declaration = { parametersJsonSchema?: Schema };

/** Google's answer to a declaration that requires what it does not declare. */
const checksRequired: Trouble = ({ body }) => {
  const tools: { functionDeclarations?: Declaration[] }[] = JSON.parse(body).tools ?? [];
  for (const { parametersJsonSchema } of tools.flatMap((tool) => tool.functionDeclarations ?? [])) {
    const { properties = {}, required = [] } = parametersJsonSchema ?? {};
    const missing = required.find((name) => !Object.hasOwn(properties, name));
    if (missing === undefined) continue;
    return refusal(400, 'INVALID_ARGUMENT', `schema at top-level requires unspecified property '${missing}'`);
  }
  return undefined;
};

const LEDGER_SERVER = readFileSync(join(import.meta.dir, 'ledger-server.ts'), 'utf8');

const noWay = () => Promise.reject(Object.assign(new Error('Unable to connect'), { code: 'ECONNREFUSED' }));

const settings = (env: Record<string, string>) => ['--settings', JSON.stringify({ env })];

export const REPORTS = {
  undeclaredCall: { trouble: calls('list_directory', { path: '.' }, [2]) },
  deferredCall: { trouble: calls('WebFetch', { url: 'https://example.test', prompt: 'what is it' }, [2]) },
  schemaOfServer: {
    trouble: checksRequired,
    prompts: [LEDGER.prompt],
    project: {
      'ledger-server.ts': LEDGER_SERVER,
      'ledger.json': JSON.stringify({
        mcpServers: { ledger: { command: process.execPath, args: ['ledger-server.ts'] } },
      }),
    },
    args: [
      '--mcp-config',
      'ledger.json',
      '--allowedTools',
      `${LEDGER.tool},Bash`,
      // All tools at once, as with many other clients.
      ...settings({ ENABLE_TOOL_SEARCH: 'false' }),
    ],
  },
  noCredit: {
    trouble: () =>
      refusal(
        429,
        'RESOURCE_EXHAUSTED',
        'Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.',
      ),
  },
  unreachable: { trouble: () => noWay(), args: settings({ CLAUDE_CODE_MAX_RETRIES: '1' }) },
} satisfies Record<string, SurvivalCase>;

/** For a client that declares all its tools: the model insists on its own name. */
export const REPORTS_WITHOUT_DEFERRED = {
  undeclaredTwice: { trouble: calls('list_directory', { path: '.' }, [2, 3]) },
} satisfies Record<string, SurvivalCase>;
