/** Connects Google's own list of models with the table of models. */
import type { Config } from '../config/config.ts';
import { type ListedModel, rowsOfListed } from '../gemini/listed-models.ts';
import type { ModelTable } from '../gemini/models.ts';
import { type Clock, type Fetch, today } from '../lib/ports.ts';
import { PREFIX } from '../translate/model-map.ts';
import { GOOGLE } from '../upstream/genai.ts';
import { LiveModels } from '../upstream/live-models.ts';
import type { Ports } from './settings.ts';

export type Models = {
  /** The table of the settings, with the models of Google's list that it does not have. */
  table(): ModelTable;
  /** Reads the list in the background, unless it was read lately. */
  refresh(): void;
  /** The same where a setting names a model that the table does not have. */
  refreshIfNeeded(): void;
  /**
   * The table for somebody who shows it. Resolves at once, except for the first time: then it waits for Google's list a
   * moment.
   */
  forShowing(): Promise<ModelTable>;
  close(): void;
};

/** Milliseconds. Google answers sooner, and nobody notices a wait like that. */
const MOMENT_MS = 300;

/** `current` gives the settings of this moment. `onChange` runs when a list has come. */
export function openModels(
  current: () => Config,
  fetch: Fetch,
  { clock, logger }: Ports,
  onChange: () => void,
): Models {
  const { backend, baseUrl = GOOGLE, record } = current();
  let listed: readonly ListedModel[] = [];
  const table = () => {
    const { models } = current();
    return models.with(rowsOfListed(listed, models, today(clock)));
  };
  // The mock has the models of the table, and a replay asks nobody. What is recorded must not depend on a list that its
  // replay does not have.
  if (backend !== 'gemini' || record !== undefined)
    return { ...NO_LIST, table, forShowing: async () => table() };
  const live = new LiveModels({
    fetch,
    baseUrl,
    apiKey: () => current().apiKeys[0],
    clock,
    onList(models) {
      logger.debug({ models: models.length }, "Google's list of models was read");
      listed = models;
      onChange();
    },
    onFailure: (error) => logger.debug({ error: String(error) }, "Google's list of models could not be read"),
  });
  const refresh = () => void live.refresh();
  let isFirst = true;
  return {
    table,
    refresh,
    refreshIfNeeded() {
      if (!namesKnownModels(current())) refresh();
    },
    async forShowing() {
      const reading = live.refresh();
      if (isFirst) await within(MOMENT_MS, reading, clock);
      isFirst = false;
      return table();
    },
    close: () => live.close(),
  };
}

const NO_LIST = { refresh() {}, refreshIfNeeded() {}, close() {} };

/** True where the table has every model that a setting names. */
function namesKnownModels({ modelMap, modelFallbacks, models }: Config): boolean {
  const { big, small, patterns } = modelMap;
  const named = [big, small, ...patterns.map(([, target]) => target), ...modelFallbacks.flat()];
  return named.every((id) => models.isKnown(id.replace(PREFIX, '')));
}

/** Resolves with `work`, or after `ms` milliseconds. */
function within(ms: number, work: Promise<void>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
