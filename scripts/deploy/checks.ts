/** Each file that is deployed, and the validators that know its form. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPOSE, type Step, type Tools } from './tools.ts';

const ROOT = join(import.meta.dir, '../..');
const UNIT = 'gemini-claude-proxy.service';
const PLIST = 'docs/deploy/gemini-claude-proxy.plist';
const MANIFESTS = 'docs/deploy/kubernetes.yaml';
/** Those that still get fixes, the oldest and the newest, and one between. */
const KUBERNETES = ['1.31.0', '1.34.0', '1.37.0'];
/** In tenths: systemd calls up to 2.0 "OK". */
const MOST_EXPOSURE = 20;

export type Check = {
  file: string;
  by: string;
  /** Programs without which the check is not run. */
  needs: readonly string[];
  /** Each step must exit with 0. */
  run(tools: Tools): Step[];
  /** Matches what a validator says of a fault and still exits with 0. */
  fault?: RegExp;
  /** What of the output is worth a word. */
  summary?(said: string): string | undefined;
};

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const PARSE_COMPOSE = `
import sys, compose_spec
project = compose_spec.PyCompose.from_yaml(open(sys.argv[1]).read())
project.validate()
missing = [name for service in project.services.values() for name in (service.depends_on or {}) if name not in project.services]
sys.exit('services that are not there: ' + ', '.join(missing) if missing else 0)
`;

/** The unit with a program that is there in place of ours, which need not be installed. */
function unitWithProgram({ folder }: Tools): string {
  const path = join(folder, UNIT);
  writeFileSync(
    path,
    read(`docs/deploy/${UNIT}`).replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`),
  );
  return path;
}

/** The server within the smallest configuration around it, with a certificate of its own, and a port that needs no rights. */
function nginxSteps(tools: Tools): Step[] {
  const at = (name: string) => join(tools.folder, name);
  mkdirSync(at('logs'), { recursive: true });
  const server = read('docs/deploy/nginx.conf')
    .replace(/(ssl_certificate(?:_key)?) \S+\/(\S+);/g, (_, name, file) => `${name} ${at(file)};`)
    .replace(/(?<=listen (?:\[::\]:)?)443/g, '48443');
  writeFileSync(at('nginx.conf'), `pid ${at('pid')};\nevents {}\nhttp {\n${server}\n}\n`);
  const subject = ['-subj', '/CN=claude.example.com', '-days', '1'];
  const certificate = [
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    at('privkey.pem'),
    '-out',
    at('fullchain.pem'),
  ];
  return [
    { command: [tools.at('openssl'), 'req', '-x509', ...certificate, ...subject] },
    { command: [tools.at('nginx'), '-t', '-p', tools.folder, '-e', at('error.log'), '-c', at('nginx.conf')] },
  ];
}

export const CHECKS: readonly Check[] = [
  {
    file: 'Dockerfile',
    by: 'hadolint',
    needs: ['hadolint'],
    run: (tools) => [{ command: [tools.at('hadolint'), 'Dockerfile'] }],
  },
  {
    file: 'compose.yaml',
    by: 'compose-spec',
    needs: ['python'],
    run: (tools) => [{ command: [tools.at('python'), '-c', PARSE_COMPOSE, 'compose.yaml'] }],
  },
  {
    file: 'compose.yaml',
    by: 'docker compose config',
    needs: [COMPOSE],
    run: (tools) => [{ command: [tools.at(COMPOSE), 'compose', 'config', '--quiet'] }],
  },
  ...KUBERNETES.map(
    (version): Check => ({
      file: 'kubernetes.yaml',
      by: `kubernetes-validate ${version}`,
      needs: ['kubernetes-validate'],
      run: (tools) => [{ command: [tools.at('kubernetes-validate'), '--strict', '-k', version, MANIFESTS] }],
      summary: (said) => `${said.match(/^INFO/gm)?.length ?? 0} objects`,
    }),
  ),
  {
    file: UNIT,
    by: 'systemd-analyze verify',
    needs: ['systemd-analyze'],
    run: (tools) => [{ command: [tools.at('systemd-analyze'), 'verify', unitWithProgram(tools)] }],
    // It warns of a directive that it does not know. Other units of this machine do not count.
    fault: /gemini-claude-proxy\.service:/,
  },
  {
    file: UNIT,
    by: 'systemd-analyze security',
    needs: ['systemd-analyze'],
    run: (tools) => [
      {
        command: [
          tools.at('systemd-analyze'),
          'security',
          '--offline=true',
          `--threshold=${MOST_EXPOSURE}`,
          '--no-pager',
          unitWithProgram(tools),
        ],
      },
    ],
    summary: (said) => /exposure level for .*?: ([\d.]+ \w+)/.exec(said)?.[1],
  },
  {
    file: 'gemini-claude-proxy.plist',
    by: "Python's plistlib",
    needs: ['python'],
    run: (tools) => [
      {
        command: [
          tools.at('python'),
          '-c',
          'import plistlib, sys; plistlib.load(open(sys.argv[1], "rb"))',
          PLIST,
        ],
      },
    ],
  },
  {
    file: 'gemini-claude-proxy.plist',
    by: 'plutil -lint',
    needs: ['plutil'],
    run: (tools) => [{ command: [tools.at('plutil'), '-lint', PLIST] }],
  },
  {
    file: 'nginx.conf',
    by: 'nginx -t',
    needs: ['nginx', 'openssl'],
    run: nginxSteps,
  },
];
