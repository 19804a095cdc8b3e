/** Where scenarios lie, and what their files are called. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Hidden files are an editor's, such as the locks of Emacs. */
const SCENARIO_FILE = /^(?!\.).*(?<!\.schema)\.(?:ya?ml|json)$/i;

/** A folder with scenarios. */
export type ScenarioPlace = {
  folder: string;
  /** The folder is the user's: its scenarios take the place of built-in ones of the same name. */
  isOwn: boolean;
};

export type ScenarioSource = { place: ScenarioPlace; file: string };

/** How a file is called in messages. Of one's own folders the whole path tells which one it is. */
export const labelOf = ({ place, file }: ScenarioSource): string =>
  place.isOwn ? join(place.folder, file) : file;

/** The names of the files in a folder that are scenarios. */
export const scenarioFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => SCENARIO_FILE.test(file))
    .sort();

export const sourcesIn = (place: ScenarioPlace): ScenarioSource[] =>
  scenarioFiles(place.folder).map((file) => ({ place, file }));

/** Why a file cannot be read, such as a link that leads nowhere. */
export type Unreadable = { unreadable: string };

export function textOf({ place, file }: ScenarioSource): string | Unreadable {
  try {
    return readFileSync(join(place.folder, file), 'utf8');
  } catch (error) {
    return { unreadable: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}
