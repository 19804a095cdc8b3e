/**
 * Whether there is a newer version of this program. It is npm that is asked, since npm knows the user's registry, proxy and certificates;
 * and only on demand ([why](../../docs/decisions/0085-no-look-for-updates-unasked.md)).
 */
import { PACKAGE } from '../config/config.ts';
import { isObject, tryParseJson } from '../lib/json.ts';
import { FORM, type Form } from '../lib/program/own-files.ts';
import { toldText } from '../translate/client-error.ts';
import { type Check, type Finding, hint, ok } from './finding.ts';
import { outputOf } from './run-program.ts';

/** What npm says of a package. */
export type Answer =
  | { kind: 'version'; version: string }
  | { kind: 'no such package' }
  | { kind: 'failed'; why: string }
  | { kind: 'no npm' };

const VERSION = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** Reads the output of `npm view <package> version --json`; undefined where npm could not be run. */
export function readAnswer(output: string | undefined): Answer {
  if (output === undefined || output.trim() === '') return { kind: 'no npm' };
  const told = tryParseJson(output);
  if (typeof told === 'string' && VERSION.test(told)) return { kind: 'version', version: told };
  const error = isObject(told) && isObject(told['error']) ? told['error'] : {};
  const { code, summary } = error;
  if (code === 'E404') return { kind: 'no such package' };
  return { kind: 'failed', why: String(summary || code || 'npm said something that is no version') };
}

/** How each form of the program is brought up to date without npm's registry, and with it. */
const WAYS: Readonly<Record<Form, { without: string; with: (name: string) => string }>> = {
  clone: { without: 'In this clone: `git pull`.', with: () => 'In this clone: `git pull`.' },
  package: {
    without: 'Install the package anew from where you got it.',
    with: (name) => `Install it: \`npm install -g ${name}@latest\`.`,
  },
  executable: {
    without: 'Put a newer executable in the place of this one, from where you got it.',
    with: () => 'Put a newer executable in the place of this one, from where you got it.',
  },
};

export type Own = { name: string; version: string; isPublished: boolean };

export function updateFinding(answer: Answer, { name, version, isPublished }: Own, form: Form): Finding {
  switch (answer.kind) {
    case 'no such package':
      return ok(`this is ${version}; the npm registry has no ${name}. ${WAYS[form].without}`);
    case 'version':
      // A name that nobody has taken can be taken by anybody.
      if (!isPublished)
        return hint(
          `the npm registry has a ${name} ${answer.version}, which is not this program`,
          'This program is not published there: somebody else uses its name.',
          `Do not install that package. ${WAYS[form].without}`,
        );
      if (Bun.semver.order(answer.version, version) <= 0)
        return ok(`this is ${version}; the newest in the npm registry is ${answer.version}`);
      return hint(
        `${answer.version} is out; this is ${version}`,
        'Its CHANGELOG.md says what has changed.',
        WAYS[form].with(name),
      );
    case 'failed':
      return hint(
        `npm could not ask its registry: ${answer.why}`,
        'So nothing is known of a newer version. Nothing else needs that registry.',
        'Try again where there is a network. Behind a company proxy, name it: `HTTPS_PROXY=<url>`; another registry: `npm_config_registry=<url>`.',
      );
    case 'no npm':
      return hint(
        'npm cannot be run, and only npm is asked for newer versions',
        'So nothing is known of a newer version. Nothing else needs npm.',
        `Install Node with npm, or do without. ${WAYS[form].without}`,
      );
  }
}

/** Milliseconds that npm waits for its registry; its own start takes some more. */
const REGISTRY_MS = 8_000;
/** npm would repeat what fails, for minutes, and look for a newer npm. */
const NPM_ENV = {
  npm_config_fetch_retries: '0',
  npm_config_fetch_timeout: String(REGISTRY_MS),
  npm_config_update_notifier: 'false',
};

export const updates: Check = {
  name: 'updates',
  limitMs: 20_000,
  async run({ ports, secrets }, signal) {
    const output = await outputOf(
      {
        command: ports.platform === 'win32' ? 'npm.cmd' : 'npm',
        args: ['view', PACKAGE.name, 'version', '--json'],
        env: { ...ports.outside, ...NPM_ENV },
        // Not the folder of a project, whose `.npmrc` may name a registry of its own.
        cwd: ports.home,
      },
      signal,
    );
    const answer = readAnswer(output);
    const told: Answer =
      answer.kind === 'failed' ? { kind: 'failed', why: toldText(answer.why, secrets) } : answer;
    return [updateFinding(told, PACKAGE, FORM)];
  },
};
