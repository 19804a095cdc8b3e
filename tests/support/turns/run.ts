/**
 * One recorded client request, run again through the system that `compose` makes for the proxy, over an upstream that says what
 * was recorded; and recorded anew while it runs. Ids, chance, time and signatures are the recording's, so the same code gives the
 * same bytes.
 */
import { compose } from '../../../src/compose/compose.ts';
import { readConfig } from '../../../src/config/config.ts';
import { CLIENT_WIRE } from '../../../src/http/taping/client-wire.ts';
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import { systemClock, systemRandom } from '../../../src/lib/ports.ts';
import { bytesOf } from '../../../src/sim/cassette/escape.ts';
import type { RecordedSettings } from '../../../src/sim/cassette/settings.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { finishRequest } from '../../../src/sim/record/finish.ts';
import { createRedactor } from '../../../src/sim/redact.ts';
import { VirtualClock } from '../../../src/sim/replay/virtual-clock.ts';
import { TurnPlayer } from './player.ts';
import { readAnswer } from './read-answer.ts';
import { TurnRecorder } from './recorder.ts';
import { type RecordedStore, recordedStore } from './signatures.ts';
import { listen, SILENT, type Warning } from './told.ts';
import { recordedUpstream } from './upstream.ts';

export type TurnRun = {
  /** What a recorder would have written about this run. */
  recorded: RecordedRequest;
  warnings: readonly Warning[];
  /** Errors of ours, which no request should ever cause. */
  bugs: readonly unknown[];
  /** Keys and envelopes that were stored for later turns. */
  remembered: ReadonlyMap<string, string>;
  /** Keys and envelopes that were looked up and found. */
  found: ReadonlyMap<string, string>;
};

const REDACTOR = createRedactor([]);
const CONFIG = readConfig({ BACKEND: 'replay', REPLAY: 'a turn' }, []);

/** `store` answers instead of the look-ups in the recording. Throws for a request that no model is asked for. */
export async function runTurn(
  recorded: RecordedRequest,
  store: RecordedStore = recordedStore(recorded.signatures),
): Promise<TurnRun> {
  const clock = new VirtualClock(recorded.clockStart, () => 0, systemClock);
  const client = new AbortController();
  const fetch = recordedUpstream(recorded, { clock, redactor: REDACTOR, leave: () => client.abort() });
  const recorder = new TurnRecorder(recorded, clock);
  const { told, subscriber } = listen();
  const system = compose(CONFIG, {
    clock,
    random: systemRandom,
    logger: SILENT,
    subscribers: [subscriber],
    player: new TurnPlayer(recorded, { settings: settingsOf(recorded), clock, fetch, signatures: store }),
    recorder,
  });
  const response = await system.handle(clientRequest(recorded, client.signal));
  if (!recorder.hasBegun) {
    await system.close();
    throw new Error(`client-request.json: the proxy answers this with ${response.status}, and asks no model`);
  }
  const { bytes, end } = await readAnswer(response, recorded.answer, client);
  const raw = await recorder.finished;
  await system.close();
  const answer = { ...raw.answer, reads: [{ ms: 0, bytes }], end };
  return {
    recorded: finishRequest({ ...raw, answer }, REDACTOR, CLIENT_WIRE),
    ...told,
    remembered: store.remembered,
    found: store.found,
  };
}

function clientRequest({ request }: RecordedRequest, signal: AbortSignal): Request {
  const { method, path, query, headers, body } = request;
  return new Request(`http://localhost${path}${query ? `?${query}` : ''}`, {
    method,
    headers: { ...headers },
    body: new Uint8Array(bytesOf(body)),
    signal,
  });
}

/** Most cases are about one retry: their upstream has no more to say, and no other model either. */
const FEW_ATTEMPTS = { maxTries: { unary: 2, stream: 2 }, modelFallbacks: [] };

/** What a recording's manifest would tell; what the turn itself says goes before it. */
export function settingsOf(recorded: RecordedRequest): RecordedSettings {
  const {
    modelMap,
    maxTokensLimit = null,
    requestTimeoutMs,
    headTimeoutMs,
    idleTimeoutMs,
    urlFetch,
    autoModeClassifier,
    words,
    localAnswers,
  } = CONFIG;
  const usual = {
    modelMap: { ...modelMap, patterns: modelPatterns(recorded) },
    maxTokensLimit,
    // After a broken stream a later attempt asks for a whole answer.
    upstreamStreaming: recorded.upstream[0]?.request.path.endsWith(':generateContent') !== true,
    // This process reads what it read when it was recorded; other media Google reads.
    urlFetch: recorded.fetched ? { google: false, proxy: true } : urlFetch,
    autoModeClassifier,
    words,
    localAnswers,
    requestTimeoutMs,
    headTimeoutMs,
    idleTimeoutMs,
    ...FEW_ATTEMPTS,
  } satisfies Required<Omit<RecordedSettings, 'host'>>;
  return { ...usual, ...recorded.settings };
}

/** Whatever the settings were: the client's id was mapped to the model that was asked. */
function modelPatterns({ upstream, request }: RecordedRequest): [pattern: string, target: string][] {
  const model = upstream[0]?.model;
  const body = tryParseJson(request.body);
  const requested = isObject(body) ? body['model'] : undefined;
  const isNamed = typeof requested === 'string' && requested !== model;
  return model && isNamed ? [[requested, model]] : [];
}
