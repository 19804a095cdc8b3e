/** Connects Google's own list of models with the table of models. */
import type { Config } from '../config/config.ts';
import { type ListedModel, rowsOfListed } from '../gemini/listed-models.ts';
import type { ModelTable } from '../gemini/models.ts';
import type { Fetch } from '../lib/ports.ts';
import { GOOGLE } from '../upstream/genai.ts';
import { LiveModels } from '../upstream/live-models.ts';
import type { Ports } from './settings.ts';

export type Models = {
  /** The table of the settings, with the models of Google's list that it does not have. */
  table(): ModelTable;
  /** Reads the list, unless it was read lately. Nothing needs to wait for this. */
  refresh(): Promise<void>;
  close(): void;
};

/** `current` gives the settings of this moment. `onChange` runs when a list has come. */
export function openModels(
  current: () => Config,
  fetch: Fetch,
  { clock, logger }: Ports,
  onChange: () => void,
): Models {
  const { backend, baseUrl = GOOGLE, record } = current();
  let listed: readonly ListedModel[] = [];
  const day = () => clock.wall().toISOString().slice(0, 10);
  const table = () => {
    const { models } = current();
    return models.with(rowsOfListed(listed, models, day()));
  };
  // The mock has the models of the table, and a replay asks nobody. What is recorded must not depend on a list that its
  // replay does not have.
  if (backend !== 'gemini' || record !== undefined) return { table, refresh: async () => {}, close() {} };
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
  return { table, refresh: () => live.refresh(), close: () => live.close() };
}
