/** The proxy's own settings, as `bun run start` would read them. */
import { ENV_FILE } from '../config/program.ts';
import { mapModel } from '../translate/model-map.ts';
import type { DoctorContext } from './context.ts';
import { type Check, type Finding, hint, ok, stops } from './finding.ts';
import { placeOf } from './places.ts';

const NAMED = /^([A-Z_]+)\b/;

function noticeFinding(notice: string, context: DoctorContext): Finding {
  const name = NAMED.exec(notice)?.[1];
  const isSet = name !== undefined && context.ports.env[name] !== undefined;
  const fix = isSet
    ? `Correct ${name} in ${placeOf(name, context.ports)}, or remove it: \`unset ${name}\`.`
    : 'See `.env.example` for what each setting takes.';
  return hint(notice, 'The proxy says so at every start.', fix);
}

function summary({ config, google }: DoctorContext): string {
  const { backend, modelMap } = config;
  const names = google.keys.map((key) => google.nameOf(key)).join(' ');
  const keys = names === '' ? '' : `, ${config.vertex ? 'project' : 'keys'} ${names}`;
  const idOf = (id: string) => mapModel(id, modelMap, config.models).id;
  return `backend ${backend}${keys}; opus, sonnet, fable → ${idOf(modelMap.big)}, haiku → ${idOf(modelMap.small)}`;
}

/** What to set, where a backend lacks settings of its own; undefined for another mistake. */
function missingFix(message: string): string | undefined {
  const missing = / needs (GOOGLE_CLOUD_.*)/.exec(message)?.[1]?.match(/GOOGLE_CLOUD_[A-Z]+/g);
  if (!missing) return undefined;
  const lines = missing.map(
    (name) => `\`${name}=<${name.endsWith('PROJECT') ? 'id' : 'global or a region'}>\``,
  );
  return `Set in ${ENV_FILE}: ${lines.join(' and ')}.`;
}

/** Told by the check of keys, with what to do. */
const NO_KEY = 'No Gemini key is set';

export const settings: Check = {
  name: 'settings',
  limitMs: 5_000,
  async run(context) {
    const { config, faults } = context;
    const wrong = faults.map(({ name, message }) =>
      stops(
        message,
        'The proxy does not start with this.',
        missingFix(message) ??
          `Correct ${name} in ${placeOf(name, context.ports)}, or remove it: \`unset ${name}\`. \`bun run start --help\` says what it takes.`,
      ),
    );
    const notices = config.notices.filter((notice) => !notice.startsWith(NO_KEY));
    const odd = notices.map((notice) => noticeFinding(notice, context));
    return [...wrong, ...odd, ok(summary(context))];
  },
};
