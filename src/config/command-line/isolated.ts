/**
 * What counts under `--isolated`. A test must not pass, or fail, by what its user has set for something else: a key of the proxy, another
 * model, faults, a budget; nor by what another run has left in the user's data.
 */
import { type EnvFiles, type Environment, noEnvFiles } from '../env-files.ts';
import { VARIABLE_ROWS } from '../variables.ts';

/** The environment without settings, but for the folder in which data are kept. */
export function isolatedEnvFiles(env: Environment, dataDir: string): EnvFiles {
  const unset = Object.fromEntries(VARIABLE_ROWS.map(([name]) => [name, undefined]));
  return noEnvFiles({ ...env, ...unset, DATA_DIR: dataDir });
}
