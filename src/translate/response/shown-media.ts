/**
 * Says in words which media the model has answered with. Anthropic's answers have no block for media, and the client
 * must learn that there were some.
 */

const BYTES_PER_KB = 1024;

const NOUNS: Readonly<Record<string, string>> = { image: 'a picture', audio: 'a sound', video: 'a video' };

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The size of base64 in kilobytes. Four characters hold three bytes. */
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
