/** Where a variable of the proxy's was set, and so where it can be taken away. */
import { resolve } from 'node:path';
import { ENV_FILE } from '../config/program.ts';
import type { DoctorContext } from './context.ts';
import type { Finding } from './finding.ts';

type Ports = Pick<DoctorContext['ports'], 'env' | 'outside' | 'cwd'>;

const isOfFile = (name: string, { env, outside }: Ports): boolean =>
  env[name] !== undefined && outside[name] === undefined;

/** The whole path: the doctor may have been started elsewhere than the proxy. */
const envFile = ({ cwd }: Ports): string => `\`${resolve(cwd, ENV_FILE)}\``;

/** For people. */
export const placeOf = (name: string, ports: Ports): string =>
  isOfFile(name, ports) ? envFile(ports) : 'the environment';

const UNSET = /`unset (\w+)`/g;

/** The finding with a fix that helps: a shell cannot unset what stands in a file. */
export function withPlaces<F extends Finding>(finding: F, ports: Ports): F {
  if (finding.level === 'ok') return finding;
  const fix = finding.fix.replace(UNSET, (unset, name: string) =>
    isOfFile(name, ports) ? `delete the line of ${name} from ${envFile(ports)}` : unset,
  );
  return { ...finding, fix };
}
