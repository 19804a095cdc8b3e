/**
 * Says in words which media the model answered with. Anthropic's answers have no block for them, and the client must
 * know that there was something.
 */

const BYTES_PER_KB = 1024;

const NOUNS: Readonly<Record<string, string>> = { image: 'a picture', audio: 'a sound', video: 'a video' };

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Base64 holds three bytes in four characters. */
const kilobytes = (data: string): string =>
  data === '' ? '' : `, ${Math.ceil((data.length * 3) / 4 / BYTES_PER_KB)} kB`;

function described(mimeType: unknown, size: string, where: string): string {
  const type = textOf(mimeType);
  const noun = NOUNS[type.split('/')[0] ?? ''] ?? 'a file';
  const what = `${type}${size}`.replace(/^, /, '');
  const detail = [what, where].filter(Boolean).join(', ');
  return `\n[Gemini answered with ${noun}${detail ? ` (${detail})` : ''}, which cannot be shown here.]\n`;
}

/** Reads a part's `inlineData` or `fileData`; undefined where it has neither. */
export function mediaInWords(part: Readonly<Record<string, unknown>>): string | undefined {
  const [inline, file] = [part['inlineData'], part['fileData']] as Record<string, unknown>[];
  if (typeof inline === 'object' && inline !== null)
    return described(inline['mimeType'], kilobytes(textOf(inline['data'])), '');
  if (typeof file === 'object' && file !== null)
    return described(file['mimeType'], '', textOf(file['fileUri']));
  return undefined;
}
