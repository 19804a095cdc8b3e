/** Where traces go: OpenTelemetry's own variables. */
import { ConfigError } from './read-value.ts';
import type { Values } from './variables.ts';

export type Telemetry = { endpoint: string; headers: Readonly<Record<string, string>>; service: string };

/** A header as OpenTelemetry writes it. Its value may have characters in it that are escaped as in a URL. */
function readHeader(part: string): [string, string] {
  const [, name, value] = /^\s*([\w.!#$&+^`|~-]+)\s*=\s*([\x20-\x7e]*?)\s*$/.exec(part) ?? [];
  try {
    if (name !== undefined && value !== undefined) return [name, decodeURIComponent(value)];
  } catch {
    // The escape is broken: told below, without the value, which is a secret.
  }
  throw new ConfigError(
    'OTEL_EXPORTER_OTLP_HEADERS: must be name=value pairs, parted by commas; write % as %25 and a comma as %2C',
  );
}

export function readTelemetry(values: Values): Telemetry | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = values;
  if (endpoint === undefined) return undefined;
  const parts = (headers ?? '').split(',').filter((part) => part.trim() !== '');
  return { endpoint, headers: Object.fromEntries(parts.map(readHeader)), service: values.OTEL_SERVICE_NAME };
}

/** What no log may show. */
export const telemetrySecrets = (telemetry: Telemetry | undefined): string[] =>
  Object.values(telemetry?.headers ?? {}).flatMap((value) => [value, value.replace(/^\w+ /, '')]);
