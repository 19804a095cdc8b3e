/** The user's MCP servers: each is started as Claude Code would, asked for its tools, and ended. */
import { abortAfter } from '../lib/async.ts';
import { isObject } from '../lib/json.ts';
import { allSecrets } from '../lib/secrets.ts';
import { toldText } from '../translate/client-error.ts';
import { mapModel } from '../translate/model-map.ts';
import { type DoctorContext, namedSecrets } from './context.ts';
import { type Check, type Finding, hint, ok, orOk, stops } from './finding.ts';
import { McpError, type McpTool, toolsAtUrl, toolsOfProgram } from './mcp-client.ts';
import { expand, type McpServer, readMcpServers } from './mcp-config.ts';
import { verdictOn } from './mcp-tools.ts';

/** Milliseconds. Claude Code's own limit is 30 s; `npx` may have to fetch a package first. */
const START_MS = 30_000;
const LONGEST_MS = 60_000;
/** Changes that are told of one tool, and tools of one server. */
const MOST_TOLD = 5;

function limitOf({ own }: DoctorContext): number {
  const wanted = Number(own['MCP_TIMEOUT']);
  return wanted > 0 ? Math.min(wanted, LONGEST_MS) : START_MS;
}

/** How the user takes a server out, by where it is named. */
const removal = ({ name, scope }: McpServer): string =>
  scope === 'project'
    ? `switch it off with "disabledMcpjsonServers": ["${name}"] in \`.claude/settings.local.json\``
    : `take it out with \`claude mcp remove ${name} --scope ${scope}\``;

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const texts = (value: unknown): Record<string, string> =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)])) : {};

/** Undefined for a kind of server that is not asked. */
function ask(
  row: Record<string, unknown>,
  context: DoctorContext,
  signal: AbortSignal,
): Promise<McpTool[]> | undefined {
  const { command, args, env, url, headers } = row;
  const { own, folder, ports } = context;
  if (typeof command === 'string') {
    const server = { command, args: strings(args), env: { ...own, ...texts(env) }, cwd: folder };
    return toolsOfProgram(server, signal);
  }
  if (typeof url !== 'string' || row['type'] === 'sse') return undefined;
  return toolsAtUrl({ url, headers: texts(headers) }, ports.fetch, signal);
}

function toolFindings(server: McpServer, tools: readonly McpTool[], context: DoctorContext): Finding[] {
  const model = mapModel(context.config.modelMap.big, context.config.modelMap, context.config.models);
  const told = (text: string) => toldText(text, context.secrets);
  const changed: string[] = [];
  const findings: Finding[] = [];
  for (const tool of tools) {
    const verdict = verdictOn(server.name, tool, model);
    const which = `tool ${told(tool.name)} of ${server.name}`;
    if (verdict.kind === 'changed') changed.push(`${told(tool.name)} (${listed(verdict.changes.map(told))})`);
    if (verdict.kind !== 'refused') continue;
    const fix = `Correct the inputSchema of that tool, or ${removal(server)}.`;
    const [level, why] =
      verdict.by === 'the proxy'
        ? ([stops, 'Every request that declares this tool is answered with an error.'] as const)
        : ([
            hint,
            'The proxy then sends the request again with a simpler schema, which costs time.',
          ] as const);
    findings.push(level(`${verdict.by} refuses ${which}: ${told(verdict.why)}`, why, fix));
  }
  if (changed.length > 0) findings.push(changedFinding(server, changed, tools.length));
  return findings;
}

const listed = (texts: readonly string[]): string =>
  texts.length <= MOST_TOLD
    ? texts.join('; ')
    : `${texts.slice(0, MOST_TOLD).join('; ')}; ${texts.length - MOST_TOLD} more`;

const changedFinding = ({ name }: McpServer, changed: readonly string[], of: number): Finding =>
  hint(
    `${changed.length} of ${of} tools of ${name} are declared otherwise to Gemini: ${listed(changed)}`,
    'Gemini does not take these parts of their schemas as they are written.',
    'Nothing need be done. Where the model calls such a tool wrongly, say the same in its description, or correct these parts of its inputSchema.',
  );

/** What a server says may hold the keys that it was given. */
function withSecretsOf(row: unknown, context: DoctorContext): DoctorContext {
  const given = isObject(row) ? [texts(row['env']), texts(row['headers'])] : [];
  return { ...context, secrets: allSecrets(context.secrets, given.flatMap(namedSecrets)) };
}

async function serverFindings(
  server: McpServer,
  outer: DoctorContext,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { row, missing } = expand(server.row, outer.own);
  const context = withSecretsOf(row, outer);
  if (missing.length > 0)
    return [
      hint(
        `MCP server ${server.name} of ${server.file} needs ${missing.join(', ')}`,
        'Claude Code starts it without, or not at all.',
        missing.map((name) => `Set it: \`${name}=<value>\`.`).join(' '),
      ),
    ];
  const limit = limitOf(context);
  const controller = new AbortController();
  const late = () => new McpError(`it did not tell its tools within ${limit / 1_000} s`);
  const callOff = abortAfter(limit, controller, late, context.ports.clock);
  try {
    const asked = ask(isObject(row) ? row : {}, context, AbortSignal.any([signal, controller.signal]));
    if (asked === undefined)
      return [ok(`${server.name} is not asked: it has neither a command nor an http address`)];
    const tools = await asked;
    return orOk(
      toolFindings(server, tools, context),
      `${server.name}: ${tools.length} tools, all as Gemini takes them`,
    );
  } catch (error) {
    if (!(error instanceof McpError)) throw error;
    return [
      hint(
        `MCP server ${server.name} has no tools to offer: ${toldText(error.message, context.secrets)}`,
        'Claude Code works without it.',
        `Correct its row in \`${server.file}\`, or ${removal(server)}.`,
      ),
    ];
  } finally {
    callOff();
  }
}

const notStarted = ({ name, file }: McpServer): Finding =>
  hint(
    `MCP server ${name} of ${file} was not started`,
    'You have not approved it in Claude Code, and it runs whatever that file says.',
    'If you trust the folder: `bun run doctor --start-mcp`.',
  );

export const mcp: Check = {
  name: 'mcp servers',
  limitMs: LONGEST_MS + 10_000,
  async run(context, signal) {
    const { servers, unapproved, findings } = readMcpServers(context);
    const asked = await Promise.all(servers.map((server) => serverFindings(server, context, signal)));
    return orOk([...findings, ...asked.flat(), ...unapproved.map(notStarted)], 'there are none');
  },
};
