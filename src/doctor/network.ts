/** The way to Gemini: the network, a company's proxy, certificates; and the clock, by what the answer says of the time. */
import { existsSync } from 'node:fs';
import { isUnreachable } from '../gemini/errors.ts';
import { toldText } from '../translate/client-error.ts';
import type { DoctorContext } from './context.ts';
import { type Check, type Finding, hint, ok, orOk, stops } from './finding.ts';

/** Milliseconds: all that asks Gemini shares what it has asked. */
export const GOOGLE_LIMIT_MS = 60_000;

/** Whether `NO_PROXY` spares a host. Bun reads the name in small letters first. */
function isSpared(host: string, env: DoctorContext['ports']['env']): boolean {
  const entries = (env['no_proxy'] || env['NO_PROXY'] || '').split(',').map((entry) => entry.trim());
  return entries.some(
    (entry) =>
      entry === '*' || entry === host || (entry !== '' && host.endsWith(`.${entry.replace(/^\./, '')}`)),
  );
}

/** The variable that sends requests for `url` through a company's proxy, and that proxy's host. Its password is not shown. */
function companyProxy(
  url: string,
  { ports: { env } }: DoctorContext,
): { name: string; host: string } | undefined {
  const { protocol, hostname } = new URL(url);
  const names = [protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY', 'ALL_PROXY'];
  const name = names.flatMap((each) => [each, each.toLowerCase()]).find((each) => env[each]);
  if (name === undefined || isSpared(hostname, env)) return undefined;
  return { name, host: URL.parse(env[name] ?? '')?.host || 'no URL' };
}

const CERTIFICATE = /certificate/;
/** An HTTP proxy that does not open the way to a host, and what it says. */
const NO_TUNNEL = /the HTTP proxy refused the way there: (\d+)/;

function wayFix(context: DoctorContext, said: string): string {
  const { config } = context;
  const proxy = companyProxy(context.google.baseUrl, context);
  if (CERTIFICATE.test(said))
    return 'Ask your company for the root certificate that its network signs with, as a PEM file, and set it in the environment (.env is too late): `NODE_EXTRA_CA_CERTS=<file>`. If the date of this machine is wrong, set that right first.';
  const refused = NO_TUNNEL.exec(said)?.[1];
  if (proxy && refused === '407')
    return `${proxy.host}, which ${proxy.name} names, wants a name and a password that it knows: \`${proxy.name}=http://<name>:<password>@${proxy.host}\`.`;
  if (proxy && refused !== undefined)
    return `Ask whoever runs ${proxy.host}, which ${proxy.name} names, to let requests to ${new URL(context.google.baseUrl).host} through; or go without: \`unset ${proxy.name}\`.`;
  if (proxy)
    return `Requests go through ${proxy.host}, which ${proxy.name} names. Correct it, or go without: \`unset ${proxy.name}\`.`;
  if (config.baseUrl !== undefined)
    return 'Start what should answer there, or ask Google itself: `unset GOOGLE_GEMINI_BASE_URL`.';
  return 'Check the network of this machine. Behind a company proxy, name it: `HTTPS_PROXY=<url>`.';
}

function certificateFindings({ env }: DoctorContext['ports']): Finding[] {
  const file = env['NODE_EXTRA_CA_CERTS'];
  const missing = file !== undefined && file !== '' && !existsSync(file);
  const unchecked = env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';
  return [
    ...(missing
      ? [
          hint(
            `NODE_EXTRA_CA_CERTS names ${file}, which is not there`,
            "Certificates of your company's network are not trusted then.",
            'Name the right file, or none: `unset NODE_EXTRA_CA_CERTS`.',
          ),
        ]
      : []),
    ...(unchecked
      ? [
          hint(
            'NODE_TLS_REJECT_UNAUTHORIZED=0: no certificate is checked',
            'Whoever is between you and Google can read your keys.',
            'Trust one certificate instead: `unset NODE_TLS_REJECT_UNAUTHORIZED` and `NODE_EXTRA_CA_CERTS=<file>`.',
          ),
        ]
      : []),
  ];
}

export const network: Check = {
  name: 'network',
  limitMs: GOOGLE_LIMIT_MS,
  async run(context, signal) {
    const { config, google, ports, secrets } = context;
    const certificates = certificateFindings(ports);
    const [first] = google.keys;
    if (first === undefined)
      return orOk(certificates, `no network is needed: the backend is ${config.backend}`);
    const { error } = await google.list(first, signal);
    const { host } = new URL(google.baseUrl);
    const proxy = companyProxy(context.google.baseUrl, context);
    if (!isUnreachable(error) && !(proxy && isLost(error)))
      return [
        ...certificates,
        ok(`${host} is reached${proxy ? ` through ${proxy.host} (${proxy.name})` : ''}`),
      ];
    const said = toldText(error instanceof Error ? error.message : String(error), secrets);
    return [...certificates, stops(said, 'No request gets to Gemini.', wayFix(context, said))];
  },
};

/** A proxy that breaks connections off, or never answers. */
const isLost = (error: unknown): boolean =>
  error instanceof Error && 'kind' in error && (error.kind === 'network' || error.kind === 'timeout');

// ── clock ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Milliseconds. */
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const SET_CLOCK: Readonly<Record<string, string>> = {
  darwin: 'sudo sntp -sS time.apple.com',
  win32: 'w32tm /resync',
};

function span(milliseconds: number): string {
  const minutes = Math.round(Math.abs(milliseconds) / MINUTE);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1_440)} days`;
}

export const clock: Check = {
  name: 'clock',
  limitMs: GOOGLE_LIMIT_MS,
  async run({ google, ports }, signal) {
    const [first] = google.keys;
    const ahead = first === undefined ? undefined : (await google.list(first, signal)).ahead;
    if (ahead === undefined) return [ok('nobody was asked for the time')];
    if (Math.abs(ahead) < MINUTE) return [ok('within a minute of the time that Gemini tells')];
    const what = `this machine's clock is ${span(ahead)} ${ahead > 0 ? 'ahead' : 'behind'}`;
    const fix = `Let the network set it: \`${SET_CLOCK[ports.platform] ?? 'sudo timedatectl set-ntp true'}\`.`;
    const isDays = Math.abs(ahead) >= DAY;
    return [
      (isDays ? stops : hint)(
        what,
        'Waits for quotas end at the wrong time, and certificates count as expired or not yet valid.',
        fix,
      ),
    ];
  },
};
