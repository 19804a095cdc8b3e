/** What Claude Code is told by its environment and its settings files: whether that leads to this proxy. */
import { isKeyOf, isLocked } from '../http/client-key.ts';
import { inTheWay, withoutDetour } from '../launch/environment.ts';
import { lookAt } from '../launch/look.ts';
import { isObject } from '../lib/json.ts';
import type { DoctorContext, SettingsFile } from './context.ts';
import { type Check, type Finding, hint, orOk, stops } from './finding.ts';

/** These are sent along, or are not looked at; with the others Claude Code asks somebody else. */
const HARMLESS: ReadonlySet<string> = new Set(['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN']);

/** The settings file that sets a variable for Claude Code; undefined where the environment does. */
function fileWith(name: string, { files }: DoctorContext): SettingsFile | undefined {
  return files.findLast(({ settings }) => isObject(settings['env']) && settings['env'][name] !== undefined);
}

/** How a variable of Claude Code's is taken away. */
function removal(name: string, context: DoctorContext): string {
  const file = fileWith(name, context);
  if (file === undefined) return `\`unset ${name}\``;
  const who = file.scope === 'managed' ? ', or have whoever manages this machine do so' : '';
  return `remove env.${name} from \`${file.path}\`${who}`;
}

/** How a variable of Claude Code's gets a value: where a file sets it, the environment does not count. */
function assignment(name: string, value: string, context: DoctorContext): string {
  const file = fileWith(name, context);
  return file === undefined ? `\`${name}=${value}\`` : `set env.${name} to ${value} in \`${file.path}\``;
}

const FOR_LAUNCHES = '`bun run claude` overrules it; a plain `claude` goes by it.';
const FOR_ALL =
  'It is laid down for all users of this machine, so `bun run claude` cannot overrule it either.';

function accountFindings(context: DoctorContext): Finding[] {
  const { own } = context;
  const isByHand = Boolean(own['ANTHROPIC_BASE_URL']);
  return inTheWay(own).map((name) => {
    const fix = `Take it away: ${removal(name, context)}.`;
    const isFixed = fileWith(name, context)?.scope === 'managed';
    if (!HARMLESS.has(name) && (isByHand || isFixed))
      return stops(
        isFixed ? `${name} is set for all users` : `${name} is set beside ANTHROPIC_BASE_URL`,
        `Claude Code then asks another provider, and not the proxy.${isFixed ? ` ${FOR_ALL}` : ''}`,
        fix,
      );
    const why =
      name === 'ANTHROPIC_API_KEY'
        ? 'Claude Code sends it to the proxy beside the token, and may ask whether to use it.'
        : FOR_LAUNCHES;
    return hint(`${name} is set`, why, fix);
  });
}

const NOT_RUNNING = hint(
  'a plain claude is told the address of this proxy, which does not run',
  'It cannot connect until the proxy runs.',
  'Start the proxy: `bun run start`.',
);

/** A Claude Code that was connected by hand, or by `--write-settings`. */
async function addressFindings(context: DoctorContext): Promise<Finding[]> {
  const { own, address, expected } = context;
  const url = own['ANTHROPIC_BASE_URL'];
  if (!url) return [];
  const base = URL.parse(url);
  const file = fileWith('ANTHROPIC_BASE_URL', context);
  const plain = (why: string) => (file?.scope === 'managed' ? `${why} ${FOR_ALL}` : why);
  const where = `ANTHROPIC_BASE_URL of ${file?.path ?? 'the environment'} is ${url}`;
  const remedy = `Take it away: ${removal('ANTHROPIC_BASE_URL', context)}. Then \`bun run claude\` finds the proxy.`;
  if (!base) return [stops(`${where}, which is no URL`, plain('A plain `claude` cannot connect.'), remedy)];
  const token = own['ANTHROPIC_AUTH_TOKEN'] || expected.token;
  const found = await lookAt(url.replace(/\/+$/, ''), { ...expected, token });
  const isAddress = base.origin === new URL(address).origin;
  if (found.kind === 'nothing' && isAddress) return [NOT_RUNNING, ...tokenFindings(context)];
  if (found.kind === 'nothing')
    return [stops(`${where}, and nobody listens there`, plain('A plain `claude` cannot connect.'), remedy)];
  // What else listens at our own address is told by the check of the port.
  if (found.kind === 'other' && !(isAddress && base.pathname === '/'))
    return [
      stops(`${where}, where ${found.why}`, plain('A plain `claude` does not ask this proxy.'), remedy),
    ];
  return tokenFindings(context);
}

/** Where Claude Code is connected, and the proxy takes one token alone. */
function tokenFindings(context: DoctorContext): Finding[] {
  const { own, config } = context;
  const token = own['ANTHROPIC_AUTH_TOKEN'] || own['ANTHROPIC_API_KEY'];
  if (token === undefined || token === '')
    return [
      stops(
        'ANTHROPIC_BASE_URL is set, and ANTHROPIC_AUTH_TOKEN is not',
        'Claude Code then sends what you have logged in with, or asks you to log in.',
        !isLocked(config)
          ? `Any word will do: ${assignment('ANTHROPIC_AUTH_TOKEN', 'dummy', context)}.`
          : `Give it the PROXY_API_KEY: ${assignment('ANTHROPIC_AUTH_TOKEN', '<PROXY_API_KEY>', context)}.`,
      ),
    ];
  if (!isLocked(config) || isKeyOf(token, config)) return [];
  return [
    stops(
      'ANTHROPIC_AUTH_TOKEN is not the PROXY_API_KEY',
      'The proxy answers 401 to every request of a plain `claude`.',
      `Give it the PROXY_API_KEY: ${assignment('ANTHROPIC_AUTH_TOKEN', '<PROXY_API_KEY>', context)}.`,
    ),
  ];
}

/** A company's proxy cannot reach this machine. */
function detourFindings(context: DoctorContext): Finding[] {
  const { own, address } = context;
  const wanted = withoutDetour(address, own);
  const list = wanted['NO_PROXY'] ?? wanted['no_proxy'];
  if (list === undefined) return [];
  const level = own['ANTHROPIC_BASE_URL'] ? stops : hint;
  return [
    level(
      `HTTP_PROXY is set, and NO_PROXY does not name ${new URL(address).hostname}`,
      `A plain \`claude\` sends requests for this machine to the company's proxy. ${FOR_LAUNCHES}`,
      `Name this machine: ${assignment('NO_PROXY', list, context)} and ${assignment('no_proxy', list, context)}.`,
    ),
  ];
}

function tasteFindings(context: DoctorContext): Finding[] {
  const { own, files } = context;
  const isByHand = Boolean(own['ANTHROPIC_BASE_URL']);
  const discovery = own['CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY'];
  const search = own['ENABLE_TOOL_SEARCH'];
  const helper = files.findLast(({ settings }) => typeof settings['apiKeyHelper'] === 'string');
  return [
    ...(isByHand && !isOn(discovery)
      ? [
          hint(
            'model discovery is off',
            '/model does not list what the proxy has.',
            `Switch it on: ${assignment('CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY', '1', context)}.`,
          ),
        ]
      : []),
    ...(search !== undefined && search !== '' && !isOn(search)
      ? [
          hint(
            `ENABLE_TOOL_SEARCH=${search}: tools need not be searched for`,
            'The declarations of MCP tools are then sent with each request, which costs tokens and time.',
            `Leave it on: ${removal('ENABLE_TOOL_SEARCH', context)}.`,
          ),
        ]
      : []),
    ...(helper
      ? [
          hint(
            `apiKeyHelper is set in ${helper.path}`,
            'Claude Code runs it for a key, which is not one of this proxy.',
            `Remove apiKeyHelper from \`${helper.path}\`.`,
          ),
        ]
      : []),
  ];
}

const isOn = (text: string | undefined): boolean => /^(?:1|true|yes|on)$/i.test(text ?? '');

const unreadable = ({ files }: DoctorContext): Finding[] =>
  files.flatMap(({ problem, path }) =>
    problem === undefined
      ? []
      : [
          stops(
            problem.replace(/ Comments and commas.*$| Nothing was changed$/s, ''),
            'Claude Code leaves out all of this file, or does not start.',
            `Mend \`${path}\`: it must be one JSON object, without comments and without a comma at the end.`,
          ),
        ],
  );

export const connection: Check = {
  name: 'connection',
  limitMs: 15_000,
  async run(context) {
    const findings = [
      ...unreadable(context),
      ...accountFindings(context),
      ...(await addressFindings(context)),
      ...detourFindings(context),
      ...tasteFindings(context),
    ];
    const url = context.own['ANTHROPIC_BASE_URL'];
    return orOk(
      findings,
      url
        ? `a plain claude is told ${url}`
        : 'nothing is in the way of bun run claude; a plain claude asks Anthropic',
    );
  },
};
