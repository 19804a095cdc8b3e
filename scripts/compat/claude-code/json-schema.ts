/** `--json-schema`: the answer is a value of the schema. */
import { type Bench, type Case, must } from '../case.ts';
import { ask, mustBeServed } from './claude.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    degrees: { type: 'integer', minimum: -90 },
    sky: { type: 'string', enum: ['clear', 'cloudy'] },
  },
  required: ['city', 'degrees', 'sky'],
  additionalProperties: false,
};
const WANTED = '{"city":"Tromsø","degrees":-7,"sky":"clear"}';

async function run(bench: Bench): Promise<void> {
  const google = bench.google();
  const proxy = await bench.proxy(google);
  const said = await ask(bench, proxy, {
    prompt: 'compat: the weather as data',
    args: ['--json-schema', JSON.stringify(SCHEMA)],
  });
  const value = JSON.stringify(said.end['structured_output']);
  must(value === WANTED, () => `the value is ${value}`);
  mustBeServed(proxy);
}

export const jsonSchema: Case = { name: 'json-schema', what: '`--json-schema`', seconds: 90, run };
