/** Looks at what listens at an address: one of our proxies, ready and right for these settings, or why not. */
import { Agent, get } from 'node:http';
import { differing, type SettingDigests } from '../config/setting-names.ts';
import { isObject, tryParseJson } from '../lib/json.ts';

/** Milliseconds. A proxy of this machine answers in a few. */
const LOOK_MS = 3_000;
const SERVICE = 'gemini-claude-proxy';

export type Found =
  /** Nothing listens there. */
  | { kind: 'nothing' }
  /** `why` continues "at <address>": it is told to the user. */
  | { kind: 'other'; why: string }
  | {
      kind: 'ours';
      inputTokens: number;
      /** The variables of the settings that the proxy has otherwise. */
      differing: readonly string[];
      /** Why the proxy could not reach Gemini when it last tried. */
      upstreamProblem: string | undefined;
    };

/** What the proxy must be for these settings. */
export type Expected = { token: string; version: string; backend: string; settings: SettingDigests };

type Answer = { status: number; body: unknown };

/** Asks with an agent of its own: `fetch`, and Node's usual agent, would go through a company's proxy, which cannot reach this machine. */
function ask(url: string, token: string, limitMs = LOOK_MS): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'anthropic-version': '2023-06-01' };
    const signal = AbortSignal.timeout(limitMs);
    const request = get(url, { agent: new Agent(), headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: tryParseJson(text) }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  /REFUSED|FailedToOpenSocket|ENOTFOUND/.test(String(error.code));

/** The smallest window that a Claude id leads to; `body` is the answer of `/v1/models`. */
export function smallestWindow(models: unknown): number | undefined {
  const listed = Array.isArray(models) ? models.filter(isObject) : [];
  const windows = listed.flatMap(({ id, max_input_tokens: tokens }) =>
    String(id).startsWith('claude-') && typeof tokens === 'number' ? [tokens] : [],
  );
  return windows.length === 0 ? undefined : Math.min(...windows);
}

type Refusal = string | undefined;

function refusalOf(root: Answer, ready: Answer, models: Answer, expected: Expected): Refusal {
  const { version, backend } = isObject(root.body) ? root.body : {};
  if (version !== expected.version) return `is version ${version}, and this is ${expected.version}`;
  if (backend !== expected.backend)
    return `has the backend ${backend}, and these settings mean ${expected.backend}`;
  if (ready.status !== 200) return 'is shutting down';
  if (models.status === 401) return 'wants another PROXY_API_KEY';
  return models.status === 200 ? undefined : `answers ${models.status} for its models`;
}

function stateOf(health: unknown, { settings }: Expected) {
  const { upstream_problem: problem, settings: told } = isObject(health) ? health : {};
  return {
    differing: isObject(told) ? differing(settings, told) : [],
    upstreamProblem: typeof problem === 'string' ? problem : undefined,
  };
}

/** What comes of the proxy's own request to Gemini: undefined where Gemini answered, or else what is said and advised. */
export async function tryConnection(
  url: string,
  token: string,
  limitMs: number,
): Promise<{ message: string; guidance: string } | undefined> {
  const { status, body } = await ask(`${url}/test-connection`, token, limitMs);
  if (status === 200) return undefined;
  const { message, guidance } = isObject(body) ? body : {};
  return { message: String(message ?? `status ${status}`), guidance: String(guidance ?? '') };
}

export async function lookAt(url: string, expected: Expected): Promise<Found> {
  try {
    const root = await ask(`${url}/`, expected.token);
    if (!isObject(root.body) || root.body['service'] !== SERVICE)
      return { kind: 'other', why: 'another program listens' };
    const ready = await ask(`${url}/readyz`, expected.token);
    const models = await ask(`${url}/v1/models?limit=1000`, expected.token);
    const refusal = refusalOf(root, ready, models, expected);
    if (refusal !== undefined) return { kind: 'other', why: `a proxy ${refusal}` };
    const window = smallestWindow(isObject(models.body) ? models.body['data'] : undefined);
    if (window === undefined) return { kind: 'other', why: 'a proxy lists no models' };
    const health = await ask(`${url}/health?settings`, expected.token);
    return { kind: 'ours', inputTokens: window, ...stateOf(health.body, expected) };
  } catch (error) {
    if (isRefused(error)) return { kind: 'nothing' };
    return { kind: 'other', why: 'something listens and does not answer' };
  }
}
