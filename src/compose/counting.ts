/** Opens what listens to the stories of requests: counts, metrics, the log. */
import { type Colleagues, NO_COLLEAGUES, openColleagues } from '../cluster/colleagues.ts';
import type { SharedState } from '../cluster/shared.ts';
import { NO_TOLD_METRICS, openToldMetrics, type ToldMetrics } from '../cluster/told-metrics.ts';
import { type Config, secretsOf, VERSION } from '../config/config.ts';
import type { Admission, ServerDeps } from '../http/deps.ts';
import { shownText } from '../lib/shown-text.ts';
import { Metrics } from '../metrics/metrics.ts';
import { openSpanExport, type SpanExport } from '../telemetry/span-export.ts';
import { Counters } from '../trace/counters.ts';
import type { Figures } from '../trace/figures.ts';
import { requestLog } from '../trace/log-line.ts';
import { Ordinary } from '../trace/odd.ts';
import type { Subscriber } from '../trace/trace.ts';
import { countsUsage } from '../usage/counting.ts';
import { UsageReader } from '../usage/reader.ts';
import type { Ports } from './settings.ts';
import { openUsage, watchesSpending } from './usage.ts';

export type Counting = {
  deps: Pick<
    ServerDeps,
    'counters' | 'metrics' | 'toldMetrics' | 'colleagues' | 'usage' | 'limits' | 'subscribers'
  >;
  /** Writes and sends what is left. */
  close(): Promise<void>;
};

type Place = { dataDir: string | undefined; config: Config; admission: Admission; shared: SharedState };

export function openCounting({ dataDir, config, admission, shared }: Place, ports: Ports): Counting {
  const { clock, logger, subscribers = [] } = ports;
  const { store, limits } = openUsage(dataDir, config, shared, ports);
  const counters = new Counters(clock);
  const hide = hiding(config);
  const metrics = new Metrics(new Ordinary(), hide);
  const toldMetrics = toldMetricsOf(ports, metrics);
  const colleagues = colleaguesOf(ports, () => counters.figures(admission.answersOpen));
  const traces = openTraces(config, hide, ports);
  return {
    deps: {
      counters,
      metrics,
      toldMetrics,
      colleagues,
      usage: new UsageReader(() => store.read()),
      limits,
      subscribers: [
        counters.subscriber,
        countsUsage(store),
        watchesSpending(limits),
        metrics.subscriber,
        requestLog(logger),
        tellsEnds(colleagues, toldMetrics),
        ...(traces ? [traces.subscriber] : []),
        ...subscribers,
      ],
    },
    close: async () => {
      await traces?.close();
      store.close();
    },
  };
}

/** As OpenTelemetry's conventions name who answers. */
const PROVIDERS: Readonly<Record<Config['backend'], string>> = {
  gemini: 'gcp.gemini',
  vertex: 'gcp.vertex_ai',
  mock: 'mock',
  replay: 'replay',
};

/** The most bytes of a name that a client has chosen. */
const MOST_BYTES = 200;

/** Takes secrets out of what a client has written, such as the name of a model. */
const hiding = (config: Config) => {
  const secrets = secretsOf(config);
  return (text: string): string => shownText(text, { secrets, limit: MOST_BYTES, control: () => ' ' });
};

function openTraces(
  { telemetry, backend }: Config,
  hide: (text: string) => string,
  { logger }: Ports,
): SpanExport | undefined {
  if (!telemetry) return undefined;
  let isTold = false;
  return openSpanExport({
    ...telemetry,
    version: VERSION,
    provider: PROVIDERS[backend],
    hide,
    onProblem(problem) {
      // A collector that is away fails every few seconds.
      logger[isTold ? 'debug' : 'warn'](
        { problem },
        'traces could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT',
      );
      isTold = true;
    },
  });
}

const colleaguesOf = ({ worker, clock }: Ports, figures: () => Figures): Colleagues =>
  worker ? openColleagues({ worker: worker.number, parent: worker.parent, clock, figures }) : NO_COLLEAGUES;

const toldMetricsOf = ({ worker, clock, logger }: Ports, metrics: Metrics): ToldMetrics =>
  worker
    ? openToldMetrics({
        parent: worker.parent,
        clock,
        counted: () => metrics.counted(),
        onFailure: (error) => logger.error({ error }, 'the other workers could not be told what was counted'),
      })
    : NO_TOLD_METRICS;

/** Tells the other workers of this proxy what was counted of a request when it has ended. */
const tellsEnds =
  (...listeners: readonly { changed(): void }[]): Subscriber =>
  () =>
  ({ type }) => {
    if (type === 'end') for (const listener of listeners) listener.changed();
  };
