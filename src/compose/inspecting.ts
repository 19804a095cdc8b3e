/** What the inspector keeps, from whom it hears, and what its page can have done. */
import { join } from 'node:path';
import { NO_QUESTIONS, openQuestions, type Questions } from '../cluster/questions.ts';
import type { SharedState } from '../cluster/shared.ts';
import { SDK_VERSION, VERSION } from '../config/config.ts';
import { asCalled, RECORDINGS } from '../config/program.ts';
import type { Door } from '../http/app.ts';
import type { Saved, ServerDeps } from '../http/deps.ts';
import { CLIENT_WIRE } from '../http/taping/client-wire.ts';
import { untouched } from '../http/taping/untouched.ts';
import { answersColleagues, asksForRows } from '../http/ui/colleagues.ts';
import { rawRequestOf, replayedAttempts } from '../inspector/actions/recording.ts';
import { Elsewhere } from '../inspector/elsewhere.ts';
import { Inspector } from '../inspector/inspector.ts';
import type { KeptRequest } from '../inspector/kept-request.ts';
import { systemClock } from '../lib/ports.ts';
import { requestName } from '../sim/cassette/layout.ts';
import { openManifest } from '../sim/cassette/manifest.ts';
import type { RecordedSettings } from '../sim/cassette/settings.ts';
import { ThreadedWriter } from '../sim/record/threaded-writer.ts';
import { ThreadedRedactor } from '../sim/threaded-redactor.ts';
import { createBackend, type HearsKeys, logsKeyEvents } from './keys.ts';
import { openMocks } from './mock-upstream.ts';
import { blottedOut, originOf, recordedSettings, type Tapes } from './recording.ts';
import type { Ports } from './settings.ts';

export type Inspecting = {
  inspector: Inspector | undefined;
  /** Hears what happens to keys: for the log, and for the time lines of requests. */
  hearsKeys: HearsKeys;
};

export function openInspecting(
  { config, redactor }: Tapes,
  { clock, logger }: Ports,
  shared: SharedState,
): Inspecting {
  const { inspector: wanted } = config;
  const inspector =
    wanted &&
    new Inspector({
      memory: wanted.bytes,
      redactor,
      thread: new ThreadedRedactor(systemClock.after),
      clock,
    });
  const logs = logsKeyEvents(logger, shared);
  return {
    inspector,
    hearsKeys(event, source) {
      logs(event, source);
      inspector?.hearKey(event);
    },
  };
}

export type ActionParts = {
  tapes: Tapes;
  shared: SharedState;
  instances: ServerDeps['instances'];
  /** The parts that serve now. */
  deps(): ServerDeps;
  /** The door behind which these parts serve, and one behind which others do. */
  doors(): { door: Door; doorFor(deps: () => ServerDeps): Door };
};

/** Nothing that the mock has made up may be found later. */
const NO_SIGNATURES: ServerDeps['signatures'] = { get: async () => new Map(), put() {}, close() {} };
const MOST_SEED = 2 ** 31;

export function inspectorDeps(
  inspector: Inspector | undefined,
  parts: ActionParts,
  ports: Ports,
): Pick<ServerDeps, 'inspector' | 'inspecting' | 'questions' | 'elsewhere' | 'instances'> {
  const questions = questionsOf(parts, ports);
  questions.answerWith(answersColleagues(parts.deps));
  const mocked = mockedDoor(parts, ports);
  return {
    inspector,
    questions,
    instances: parts.instances,
    elsewhere: new Elsewhere(ports.worker && asksForRows(questions), ports.clock),
    inspecting: {
      answerAgain: (request, to) => (to === 'mock' ? mocked() : parts.doors().door)(request),
      wouldSave: (request) => savedAs(request, ports),
      save: (request) => saveRecording(request, parts, ports),
    },
  };
}

const questionsOf = ({ deps }: ActionParts, { worker, clock, logger }: Ports): Questions =>
  worker
    ? openQuestions({
        parent: worker.parent,
        clock,
        others: () => [...deps().colleagues.others().keys()].filter((one) => one > 0),
        onProblem: (error) => logger.error({ error }, 'a question of another worker could not be answered'),
      })
    : NO_QUESTIONS;

/** A door behind which the mock answers. Its answers are kept for the page, and counted nowhere. */
function mockedDoor({ tapes: { config }, shared, deps, doors }: ActionParts, ports: Ports): () => Door {
  let door: Door | undefined;
  const open = () => {
    const mocks = openMocks(config, () => deps().settings.models, ports);
    const fetch = mocks.open({ random: ports.random, shared });
    const backend = createBackend({ ...config, backend: 'mock', baseUrl: undefined }, fetch, ports.clock);
    const { ids: _ids, random: _random, ...parts } = untouched(1, backend, ports.clock);
    return doors().doorFor(() => {
      const { openScope: _scope, ...others } = deps();
      return { ...others, ...parts, signatures: NO_SIGNATURES, subscribers: [] };
    });
  };
  return () => {
    door ??= open();
    return door;
  };
}

/** The settings with which the recording is replayed: the model that answered answers again. */
function settingsFor(request: KeptRequest, settings: RecordedSettings): RecordedSettings {
  const asked = request.events.find((event) => event.type === 'asked');
  const { model } = replayedAttempts(request);
  if (!asked || model === undefined) return settings;
  const patterns: [string, string][] = [[asked.model, model], ...settings.modelMap.patterns];
  return { ...settings, modelMap: { ...settings.modelMap, patterns } };
}

const recordedAtOf = ({ at }: KeptRequest): string => new Date(at).toISOString();

/** The same for the same request, so that it can be told before it is done. */
function savedAs(request: KeptRequest, { recordings = RECORDINGS }: Ports): Saved {
  const time = recordedAtOf(request).slice(0, 19).replaceAll(/[:T]/g, '-');
  const name = `ui-${time}-${request.id.slice(-6).toLowerCase()}`;
  return {
    name,
    folder: join(recordings, name),
    replayCommand: asCalled(`bun run replay ${name}`),
    adoptCommand: `bun run adopt ${name}/1 ${name}`,
  };
}

async function saveRecording(request: KeptRequest, parts: ActionParts, ports: Ports): Promise<Saved> {
  const { config } = parts.tapes;
  const { clock, random } = ports;
  const recordedAt = recordedAtOf(request);
  const facts = {
    origin: originOf(config),
    recordedAt,
    clockStart: Date.parse(recordedAt),
    seed: Math.floor(random.next() * MOST_SEED),
    versions: { proxy: VERSION, sdk: SDK_VERSION, bun: Bun.version },
  };
  const raw = await rawRequestOf(request, facts, parts.deps().signatures);
  if (!raw) throw new Error('a request without texts cannot be saved');
  const saved = savedAs(request, ports);
  const settings = settingsFor(request, recordedSettings(config));
  openManifest(saved.folder, { createdAt: clock.wall().toISOString(), backend: config.backend, settings });
  const writer = new ThreadedWriter({ ...blottedOut(config), wire: CLIENT_WIRE });
  try {
    await writer.write(join(saved.folder, requestName(1, raw.caller)), raw);
  } finally {
    writer.close();
  }
  return saved;
}
