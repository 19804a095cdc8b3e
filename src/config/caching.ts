/** What `CACHE_CONTROL=explicit` cannot do with the other settings, in the words of a notice. */
import type { ModelTable } from '../gemini/models.ts';
import type { ModelMap } from '../translate/model-map.ts';
import type { Values } from './variables.ts';

type Settings = {
  values: Pick<Values, 'CACHE_CONTROL' | 'RECORD'>;
  backend: string;
  models: ModelTable;
  modelMap: ModelMap;
};

type Reason = { why: string; holds(settings: Settings): boolean };

/** The models that clients reach by a Claude name. */
const mapped = ({ big, small, patterns }: ModelMap): string[] => [
  ...new Set([big, small, ...patterns.map(([, model]) => model)]),
];

const REASONS: readonly Reason[] = [
  {
    why: 'has no effect on Vertex AI, whose kept prompts belong to a project and a place; Gemini caches by itself',
    holds: ({ backend }) => backend === 'vertex',
  },
  {
    why: 'has no effect while recording or replaying: a recorded request does not depend on others',
    holds: ({ values, backend }) => values.RECORD !== undefined || backend === 'replay',
  },
];

/** The notices; none where all is well, or where explicit caching was not chosen. */
export function cachingNotices(settings: Settings): string[] {
  const { values, models, modelMap } = settings;
  if (values.CACHE_CONTROL !== 'explicit') return [];
  const reason = REASONS.find(({ holds }) => holds(settings));
  if (reason) return [`CACHE_CONTROL: explicit ${reason.why}`];
  const without = mapped(modelMap).filter((id) => !models.row(id).caching);
  if (without.length === 0) return [];
  return [
    `CACHE_CONTROL: explicit has no effect on ${without.join(', ')}: only Gemini 3 and older keep prompts by name`,
  ];
}
