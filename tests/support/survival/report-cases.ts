/**
 * Cases that ended sessions of real clients, by public reports. Each says what Google, the network or the user's own tools do in it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Trouble } from './google.ts';
import type { SurvivalCase } from './run.ts';
import { LEDGER } from './task.ts';

const refusal = (code: number, status: string, message: string) =>
  Promise.resolve(Response.json({ error: { code, message, status } }, { status: code }));

type Schema = { properties?: Record<string, unknown>; required?: string[] };
type Declaration = { parametersJsonSchema?: Schema };

/** Google's answer to a declaration that requires a property which it does not declare. */
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
      // All tools at once, as many other clients send them.
      ...settings({ ENABLE_TOOL_SEARCH: 'false' }),
    ],
  },
  unreachable: { trouble: () => noWay(), args: settings({ CLAUDE_CODE_MAX_RETRIES: '1' }) },
} satisfies Record<string, SurvivalCase>;
