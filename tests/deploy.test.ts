/** Dockerfile, compose, manifests and units agree with the program. What only their own tools can tell: docs/deploy/README.md */
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import packageJson from '../package.json' with { type: 'json' };
import { commandIn } from '../src/commands/table.ts';
import { DRAIN_LIMIT_MS } from '../src/compose/closing.ts';
import { BEFORE_START } from '../src/config/before-start.ts';
import { VARIABLES } from '../src/config/variables.ts';
import { MAX_BODY_BYTES } from '../src/http/body.ts';
import { ROUTES } from '../src/http/route-table.ts';
import { isObject } from '../src/lib/json.ts';

const ROOT = join(import.meta.dir, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const PORT = VARIABLES.PORT.default;
const DRAIN_S = DRAIN_LIMIT_MS / 1000;
const IMAGE = `gemini-claude-proxy:${packageJson.version}`;
const VALKEY = /^valkey\/valkey:\d+\.\d+/;

const unknownSettings = (names: readonly string[]) =>
  names.filter((name) => !(name in VARIABLES) && !(name in BEFORE_START) && name !== 'NODE_ENV');
const isProbe = (path: unknown) => ROUTES.some((route) => route.path === path && !route.needsKey);
const firstGroups = (pattern: RegExp, text: string) =>
  [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/** The value at `path`; undefined where there is none. */
const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isObject(node) ? node[key] : undefined;
  }, value);

/** The values of `key`, however deep. */
function under(value: unknown, key: string): unknown[] {
  if (!isObject(value) && !Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name === key ? [inner] : []),
    ...under(inner, key),
  ]);
}

const items = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const namesIn = (value: unknown): unknown[] => items(value).map((item) => at(item, 'name'));

function documentsOf(path: string): unknown[] {
  const documents = parseAllDocuments(read(path));
  if (!Array.isArray(documents)) throw new Error(`${path} holds nothing`);
  return documents.map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

describe('Dockerfile', () => {
  const text = read('Dockerfile');
  const env = Object.fromEntries(
    (/^ENV ((?:.*\\\n)*.*)/m.exec(text)?.[1] ?? '')
      .split(/\\\n/)
      .map((line) => line.trim().split('=') as [string, string]),
  );

  test('has the Bun that the lockfile is made for', () => {
    const images = firstGroups(/^FROM oven\/bun:(\S+)-slim/gm, text);
    expect(images).toEqual(Array(2).fill(packageJson.devDependencies['bun-types']));
  });

  test('sets what Bun reads before the start, and settings that there are', () => {
    expect(env).toMatchObject(BEFORE_START);
    expect(unknownSettings(Object.keys(env))).toEqual([]);
    expect([env['HOST'], env['PORT']]).toEqual(['0.0.0.0', String(PORT)]);
    expect(firstGroups(/^EXPOSE (.*)/gm, text)).toEqual([String(PORT)]);
    expect(firstGroups(/^VOLUME (.*)/gm, text)).toEqual([env['DATA_DIR'] ?? '']);
  });

  test('runs as a user without rights, and starts a command that there is', () => {
    expect(firstGroups(/^USER (.*)/gm, text)).toEqual(['1000:1000']);
    const [program, main]: string[] = JSON.parse(firstGroups(/^ENTRYPOINT (.*)/gm, text)[0] ?? '[]');
    expect([program, existsSync(join(ROOT, main ?? ''))]).toEqual(['bun', true]);
    const command: string[] = JSON.parse(firstGroups(/^CMD (.*)/gm, text)[0] ?? '[]');
    expect(commandIn(command)).toEqual({ command: 'start', rest: [] });
  });

  test('asks a path that needs no key whether it is alive', () => {
    const [path] = firstGroups(/path: '([^']+)'/g, text);
    expect(isProbe(path)).toBe(true);
  });

  test('copies only what .dockerignore lets in, and all of that', () => {
    const copied = firstGroups(/^COPY (?!--)(.*) \S+$/gm, text).flatMap((sources) => sources.split(' '));
    const letIn = firstGroups(/^!(.*)/gm, read('.dockerignore')).filter((path) => path !== 'fixtures');
    expect([...new Set(copied)].sort()).toEqual(letIn.sort());
    expect(letIn.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(read('.dockerignore').split('\n')).toContain('*');
  });
});

describe('compose.yaml', () => {
  const [compose] = documentsOf('compose.yaml');
  const proxy = at(compose, 'services.proxy');
  const env = at(proxy, 'environment');

  test('sets settings that there are, and names secrets that it mounts', () => {
    const names = Object.keys(isObject(env) ? env : {});
    expect([names.length > 0, unknownSettings(names)]).toEqual([true, []]);
    const secrets = items(at(proxy, 'secrets'));
    const files = names.filter((name) => name.endsWith('_FILE')).map((name) => at(env, name));
    expect(files).toEqual(secrets.map((name) => `/run/secrets/${name}`));
    expect(Object.keys(at(compose, 'secrets') ?? {})).toEqual(secrets.map(String));
    for (const name of secrets) expect(at(compose, `secrets.${name}.file`)).toBe(`./secrets/${name}`);
  });

  test('no secret can be committed, or copied into the image', () => {
    expect(read('.gitignore').split('\n')).toContain('secrets/');
    expect(read('.dockerignore')).not.toContain('secrets');
  });

  test('opens the port for this machine alone, and waits for answers under way', () => {
    expect(at(proxy, 'ports')).toEqual([`127.0.0.1:${PORT}:${PORT}`]);
    expect(Number.parseInt(String(at(proxy, 'stop_grace_period')), 10)).toBeGreaterThan(DRAIN_S);
  });

  test('names the images by version, and the Valkey by its service', () => {
    expect(at(proxy, 'image')).toBe(IMAGE);
    expect(at(compose, 'services.valkey.image')).toMatch(VALKEY);
    const { hostname } = new URL(String(at(env, 'REDIS_URL')));
    expect(Object.keys(at(compose, 'services') ?? {})).toContain(hostname);
  });
});

describe('kubernetes.yaml', () => {
  const all = documentsOf('docs/deploy/kubernetes.yaml');
  const named = (kind: string, name: string) =>
    all.find((each) => at(each, 'kind') === kind && at(each, 'metadata.name') === name);
  const deployments = all.filter((each) => at(each, 'kind') === 'Deployment');
  const pod = at(named('Deployment', 'gemini-claude-proxy'), 'spec.template.spec');
  const proxy = at(pod, 'containers.0');

  test('probes ask paths that need no key, at the port of the proxy', () => {
    const probes = under(proxy, 'httpGet');
    expect(probes.map((probe) => [isProbe(at(probe, 'path')), at(probe, 'port')])).toEqual(
      Array(3).fill([true, 'http']),
    );
    expect(at(proxy, 'ports')).toEqual([{ name: 'http', containerPort: PORT }]);
  });

  test('sets settings that there are, from secrets that are mounted', () => {
    const env = items(at(proxy, 'env'));
    expect(env.length).toBeGreaterThan(0);
    expect(unknownSettings(namesIn(env).map(String))).toEqual([]);
    const mounts = items(at(proxy, 'volumeMounts')).map((mount) => String(at(mount, 'mountPath')));
    const files = env.filter((each) => String(at(each, 'name')).endsWith('_FILE'));
    for (const file of files) {
      const path = String(at(file, 'value'));
      expect(mounts.some((mount) => path.startsWith(`${mount}/`))).toBe(true);
    }
    const redis = env.find((each) => at(each, 'name') === 'REDIS_URL');
    expect(named('Service', new URL(String(at(redis, 'value'))).hostname)).toBeDefined();
  });

  test('waits for answers under way', () => {
    const before = Number(at(proxy, 'lifecycle.preStop.sleep.seconds'));
    expect(Number(at(pod, 'terminationGracePeriodSeconds'))).toBeGreaterThanOrEqual(before + DRAIN_S);
  });

  test('the volume for data holds all files that may be uploaded', () => {
    const setting = items(at(proxy, 'env')).find((each) => at(each, 'name') === 'FILES_TOTAL_MB');
    const volume = items(at(pod, 'volumes')).find((each) => at(each, 'name') === 'data');
    const gibibytes = Number(/^(\d+)Gi$/.exec(String(at(volume, 'emptyDir.sizeLimit')))?.[1]);
    expect(Number(at(setting, 'value'))).toBeLessThan(gibibytes * 1024);
  });

  test('every selector means the pods of a Deployment', () => {
    const pods = deployments.map((each) => at(each, 'spec.template.metadata.labels'));
    const selectors = [
      ...under(all, 'matchLabels'),
      ...all.filter((each) => at(each, 'kind') === 'Service').map((each) => at(each, 'spec.selector')),
    ];
    const ours = selectors.filter((labels) => JSON.stringify(labels).includes('gemini-claude-proxy'));
    expect(ours.length).toBeGreaterThanOrEqual(8);
    for (const labels of ours) expect(pods).toContainEqual(labels);
  });

  test('every volume that is mounted is there, and the image is of this version', () => {
    for (const each of deployments) {
      const spec = at(each, 'spec.template.spec');
      expect(namesIn(at(spec, 'containers.0.volumeMounts')).sort()).toEqual(
        namesIn(at(spec, 'volumes')).sort(),
      );
    }
    expect(at(proxy, 'image')).toBe(IMAGE);
    expect(at(deployments[1], 'spec.template.spec.containers.0.image')).toMatch(VALKEY);
  });

  test('the autoscaler alone sets the number of pods, two at least', () => {
    const scaler = named('HorizontalPodAutoscaler', 'gemini-claude-proxy');
    const { kind, name } = at(scaler, 'spec.scaleTargetRef') as { kind: string; name: string };
    expect(at(named(kind, name), 'spec.replicas')).toBeUndefined();
    expect(named(kind, name)).toBeDefined();
    expect(Number(at(scaler, 'spec.minReplicas'))).toBeGreaterThanOrEqual(2);
  });

  test('every container is without rights', () => {
    for (const each of deployments) {
      const spec = at(each, 'spec.template.spec');
      expect(at(spec, 'securityContext')).toMatchObject({ runAsNonRoot: true });
      expect(at(spec, 'containers.0.securityContext')).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });
});

describe('the services of one machine', () => {
  const unit = read('docs/deploy/gemini-claude-proxy.service');
  const plist = read('docs/deploy/gemini-claude-proxy.plist');

  test('systemd: settings that there are, a key out of a file, time for answers under way', () => {
    const names = firstGroups(/^Environment=(\w+)=/gm, unit);
    expect([names.length > 0, unknownSettings(names)]).toEqual([true, []]);
    const [credential] = firstGroups(/^LoadCredential=([^:]+):/gm, unit);
    expect(unit).toContain(`Environment=GEMINI_API_KEY_FILE=%d/${credential}\n`);
    expect(Number(firstGroups(/^TimeoutStopSec=(\d+)$/gm, unit)[0])).toBeGreaterThan(DRAIN_S);
    const [, ...command] = (firstGroups(/^ExecStart=(.*)/gm, unit)[0] ?? '').split(' ');
    expect(commandIn(command)).toEqual({ command: 'start', rest: [] });
  });

  test('launchd: each element is closed, settings that there are, time for answers under way', () => {
    const open: string[] = [];
    for (const [, slash, name = '', closed] of plist.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (slash === '/') expect(open.pop()).toBe(name);
      else if (closed !== '/') open.push(name);
    }
    expect(open).toEqual([]);
    const [settings = ''] = firstGroups(/<key>EnvironmentVariables<\/key>\s*<dict>(.*?)<\/dict>/gs, plist);
    const names = firstGroups(/<key>(.*?)<\/key>/g, settings);
    expect([names.length > 0, unknownSettings(names)]).toEqual([true, []]);
    const [wait] = firstGroups(/<key>ExitTimeOut<\/key>\s*<integer>(\d+)</g, plist);
    expect(Number(wait)).toBeGreaterThan(DRAIN_S);
    const [started = ''] = firstGroups(/<key>ProgramArguments<\/key>\s*<array>(.*?)<\/array>/gs, plist);
    const [, ...command] = firstGroups(/<string>(.*?)<\/string>/g, started);
    expect(commandIn(command)).toEqual({ command: 'start', rest: [] });
  });

  test('nginx: the port, no buffering, a longer time and a larger body than the proxy takes', () => {
    const text = read('docs/deploy/nginx.conf');
    expect(text).toContain(`server 127.0.0.1:${PORT};`);
    expect(text).toContain('proxy_buffering off;');
    const [seconds] = firstGroups(/proxy_read_timeout (\d+)s;/g, text);
    expect(Number(seconds)).toBeGreaterThan(VARIABLES.REQUEST_TIMEOUT.default);
    const [megabytes] = firstGroups(/client_max_body_size (\d+)m;/g, text);
    expect(Number(megabytes) * 1024 * 1024).toBeGreaterThan(MAX_BODY_BYTES);
  });
});
