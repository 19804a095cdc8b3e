/** What the inspector keeps, and from whom it hears. */
import type { SharedState } from '../cluster/shared.ts';
import { Inspector } from '../inspector/inspector.ts';
import { type HearsKeys, logsKeyEvents } from './keys.ts';
import type { Tapes } from './recording.ts';
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
  const inspector = wanted && new Inspector({ memory: wanted.bytes, redactor, clock });
  const logs = logsKeyEvents(logger, shared);
  return {
    inspector,
    hearsKeys(event, source) {
      logs(event, source);
      inspector?.hearKey(event);
    },
  };
}
