/**
 * A regular expression that finds one secret in whatever writing it turns up: as it is, percent-encoded, escaped in JSON
 * (once or several times over), hexadecimal, or inside base64 of either alphabet at any offset. For text whose
 * characters are bytes (latin1).
 */

/** Partial neighbours in base64 hold bits of the secret, so they go with it. */
const BASE64_NEIGHBOUR = '[A-Za-z0-9+/_-]?';

export function secretPattern(secret: string): RegExp {
  const bytes = Buffer.from(secret, 'utf8');
  const forms = [
    written(secret),
    hexadecimal(bytes),
    ...[0, 1, 2].flatMap((offset) => base64Forms(bytes, offset)),
  ];
  return new RegExp([...new Set(forms)].join('|'), 'g');
}

const escapeRegExp = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const hexDigits = (value: number, width: number) =>
  [...value.toString(16).padStart(width, '0')]
    .map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit))
    .join('');

/** Each character in any of the ways of writing it. */
const written = (text: string): string => [...text].map(characterForms).join('');

function characterForms(char: string): string {
  const bytes = [...Buffer.from(char, 'utf8')];
  const raw = bytes.map((byte) => escapeRegExp(String.fromCharCode(byte))).join('');
  const percent = bytes.map((byte) => `%(?:25)*${hexDigits(byte, 2)}`).join('');
  const units = Array.from({ length: char.length }, (_, i) => `\\\\+u${hexDigits(char.charCodeAt(i), 4)}`);
  const forms = [raw, percent, units.join('')];
  if (char === '"' || char === '/' || char === '\\') forms.push(`\\\\+${raw}`);
  if (char === ' ') forms.push('\\+');
  return `(?:${forms.join('|')})`;
}

const hexadecimal = (bytes: Buffer): string => [...bytes].map((byte) => hexDigits(byte, 2)).join('');

/** What base64 makes of the secret behind `offset` bytes of something else: the characters that are the secret's alone. */
function base64Forms(bytes: Buffer, offset: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((padded.length * 8) / 6);
  const whole = (padded.length * 8) % 6 === 0;
  return (['base64', 'base64url'] as const).map((alphabet) => {
    const core = written(padded.toString(alphabet).slice(first, last));
    return `${offset === 0 ? '' : BASE64_NEIGHBOUR}${core}${whole ? '' : BASE64_NEIGHBOUR}`;
  });
}
