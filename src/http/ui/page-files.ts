/**
 * The files of the inspector's page, as browsers get them. TypeScript becomes JavaScript at the first request for it,
 * so users need no build step. `scripts/build.ts` puts the same files into an executable, under the same names.
 */
import { fileURLToPath } from 'node:url';
import { contentHash } from '../../lib/hash.ts';
import { FORM, ownFile } from '../../lib/program/own-files.ts';

/** The folder of the page, from the root of the repository. Each file in it is served; it may have folders in it. */
export const PAGE_FOLDER = 'src/http/ui/page';

/** The files of packages that the page imports: the name under `vendor/`, the module, and the file in `node_modules`. */
export const VENDOR_FILES: Readonly<Record<string, { module: string; file: string }>> = {
  'preact.mjs': { module: 'preact', file: 'preact/dist/preact.mjs' },
  'hooks.mjs': { module: 'preact/hooks', file: 'preact/hooks/dist/hooks.mjs' },
  'htm.mjs': { module: 'htm', file: 'htm/dist/htm.mjs' },
  'htm-preact.mjs': { module: 'htm/preact', file: 'htm/preact/index.mjs' },
};

const JAVASCRIPT = 'text/javascript; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  ts: JAVASCRIPT,
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};
/** One dot, before the type: a name leads to no other folder. */
const NAME = /^[\w-]+\.(ts|css|svg)$/;
const FOLDER = /^[\w-]+$/;

export type PageFile = { text: string; type: string; tag: string };

/** The file as it was when it was read. A clone's files change while a developer works on them. */
type Read = PageFile & { at: number };

const known = new Map<string, Read>();
const transpiler = new Bun.Transpiler({ loader: 'ts', target: 'browser' });

async function read(
  path: string,
  type: string,
  make: (text: string) => string,
): Promise<PageFile | undefined> {
  const file = Bun.file(path);
  if (!(await file.exists())) return undefined;
  const before = known.get(path);
  if (before && before.at === file.lastModified) return before;
  const text = make(await file.text());
  const made = { text, type, tag: `"${contentHash(text)}"`, at: file.lastModified };
  known.set(path, made);
  return made;
}

async function vendorFile(name: string): Promise<PageFile | undefined> {
  const row = Object.hasOwn(VENDOR_FILES, name) ? VENDOR_FILES[name] : undefined;
  if (!row) return undefined;
  // npm decides in which `node_modules` a package lies.
  const path =
    FORM === 'executable'
      ? ownFile(`node_modules/${row.file}`)
      : fileURLToPath(import.meta.resolve(row.module));
  return read(path, JAVASCRIPT, (text) => text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
}

/** The file of that name; undefined where there is none. `folder`: its folder in the page's folder. */
export async function pageAsset(name: string, folder?: string): Promise<PageFile | undefined> {
  if (folder === 'vendor') return vendorFile(name);
  const [, ending = ''] = NAME.exec(name) ?? [];
  const type = TYPES[ending];
  if (type === undefined || (folder !== undefined && !FOLDER.test(folder))) return undefined;
  const path = ownFile([PAGE_FOLDER, folder, name].filter((step) => step !== undefined).join('/'));
  return read(path, type, ending === 'ts' ? (text) => transpiler.transformSync(text) : (text) => text);
}

/** The page itself. */
export const pageHtml = (): Promise<PageFile | undefined> =>
  read(ownFile(`${PAGE_FOLDER}/page.html`), 'text/html; charset=utf-8', (text) => text);
