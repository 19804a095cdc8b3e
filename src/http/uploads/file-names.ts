/** The name and the type under which an uploaded file is kept. */
import { MessagesError } from '../../anthropic/errors.ts';
import { ENDINGS } from '../../files/endings.ts';
import { mediaTypeOf } from '../../translate/request/media/media-type.ts';

const UNKNOWN_TYPE = 'application/octet-stream';

function typeByEnding(filename: string | undefined): string | undefined {
  const ending = /\.([a-z0-9]+)$/i.exec(filename ?? '')?.[1]?.toLowerCase() ?? '';
  return ENDINGS.find(([, ...endings]) => endings.includes(ending))?.[0];
}

/**
 * The type that the client declares, without parameters. Where the client declares none, it is told from the first
 * bytes, or from the ending of the name.
 */
export function storedType(
  declared: string | undefined,
  head: Uint8Array,
  filename: string | undefined,
): string {
  const type = (declared ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (/^[\w.+-]+\/[\w.+-]+$/.test(type) && type !== UNKNOWN_TYPE) return type;
  return mediaTypeOf(head) ?? typeByEnding(filename) ?? UNKNOWN_TYPE;
}

const LONGEST_NAME = 255;
/** What Anthropic's API takes in no name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const FORBIDDEN = /[<>:"|?*\u0000-\u001f]/;

/**
 * The last component of the path that the client names; undefined where there is no name. Throws a MessagesError for a
 * name that is too long, or has forbidden characters.
 */
export function storedName(given: string | undefined): string | undefined {
  const name = given?.split(/[/\\]/).at(-1);
  if (name === undefined || name === '') return undefined;
  if (name.length <= LONGEST_NAME && !FORBIDDEN.test(name)) return name;
  throw new MessagesError(
    'invalid_request_error',
    `file: Invalid filename: it must have 1 to ${LONGEST_NAME} characters, and none of < > : " | ? * or control characters`,
  );
}
