/**
 * Finds credentials that nobody has named, by the forms that their makers gave them. The texts must be readings: text
 * whose escapes are undone, and whose characters are bytes. A credential begins at the edge of a word and never inside
 * a word: a picture or a signature in base64 is one word of many letters, and contains every short row of letters
 * somewhere. Each pattern starts with fixed letters, and no two quantifiers side by side match the same character, so
 * no part of a text is read more than a few times.
 */
import type { Reading, Span } from '../lib/readings/reading.ts';

/** Matches the beginning of a word. Right before the word there may be the letter of an escape such as `\n`. */
const EDGE = String.raw`(?<![\w+/-])|(?<=\\[bfnrt])`;
/** Like `EDGE`, but slashes and plus signs also separate words: for forms that are too long to occur by chance. */
const LOOSE_EDGE = String.raw`(?<![\w-])|(?<=\\[bfnrt])`;
const ANYWHERE = '';

/** One form of credentials. The pattern is tried only on a text that contains one of `needs`. */
type Shape = { kind: string; needs: readonly string[]; pattern: RegExp };

const shape = (kind: string, needs: readonly string[], pattern: RegExp, edge = LOOSE_EDGE): Shape => ({
  kind,
  needs,
  pattern: new RegExp(`(?:${edge})(?:${pattern.source})`, 'g'),
});

const BEARER = ['earer', 'EARER'];

// Letters alone could be words of a language, so a digit is required.
const SHAPES: readonly Shape[] = [
  shape('google-key', ['AIza'], /AIza[\w-]{35}(?![\w-])/),
  shape('google-key', ['AIza'], /AIza[\w-]{16,}/, EDGE),
  shape('google-key', ['AQ.'], /AQ\.[\w-]{30,}/),
  shape('google-token', ['ya29.'], /ya29\.[\w.-]{16,}/),
  shape('google-token', ['1//0'], /1\/\/0[\w-]{20,}/),
  shape('google-secret', ['GOCSPX-'], /GOCSPX-[\w-]{16,}/),
  shape('aws-key', ['AKIA', 'ASIA', 'AROA', 'AIDA'], /A(?:KIA|SIA|ROA|IDA)[A-Z0-9]{16}(?![\w-])/),
  shape(
    'aws-secret',
    ['_access_key', '_ACCESS_KEY', 'AccessKey'],
    /(?<=(?:secret_access_key|SECRET_ACCESS_KEY|SecretAccessKey)["']?\s{0,2}[=:]\s{0,2}["']?)[\w+/]{40}(?![\w+/])/,
    ANYWHERE,
  ),
  shape('github-token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], /gh[pousr]_[A-Za-z0-9]{16,}/),
  shape('github-token', ['github_pat_'], /github_pat_\w{16,}/),
  shape('gitlab-token', ['glpat-', 'gldt-', 'glrt-', 'glptt-'], /gl(?:pat|dt|rt|ptt)-[\w.-]{16,}/),
  shape('sk-key', ['sk-ant-'], /sk-ant-[\w-]{8,}/),
  shape('sk-key', ['sk-'], /sk-(?=[\w-]{0,300}\d)[\w-]{16,}/),
  shape('stripe-key', ['_live_', '_test_'], /(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}/),
  shape('slack-token', ['xox'], /xox[a-z]-[\w-]{10,}/),
  shape('slack-token', ['xapp-'], /xapp-(?=[\w-]{0,300}\d)[\w-]{10,}/),
  shape('slack-hook', ['hooks.slack.com'], /(?<=hooks\.slack\.com\/services\/)[\w/]{20,}/, ANYWHERE),
  shape('npm-token', ['npm_'], /npm_(?=[a-zA-Z]{0,300}\d)[A-Za-z0-9]{20,}/),
  shape('pypi-token', ['pypi-'], /pypi-[\w-]{40,}/),
  shape('hugging-face-token', ['hf_'], /hf_[A-Za-z0-9]{20,}/),
  shape('groq-key', ['gsk_'], /gsk_[A-Za-z0-9]{20,}/),
  shape('xai-key', ['xai-'], /xai-(?=[a-zA-Z]{0,300}\d)[A-Za-z0-9]{20,}/),
  shape('sendgrid-key', ['SG.'], /SG\.[\w-]{16,}\.[\w-]{16,}/),
  shape('docker-token', ['dckr_pat_'], /dckr_pat_[\w-]{16,}/),
  shape('age-key', ['AGE-SECRET-KEY-'], /AGE-SECRET-KEY-[A-Z0-9]{20,}/),
  shape('jwt', ['eyJ'], /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*(?:\.[\w-]+){0,2}/),
  shape('bearer', BEARER, /(?<=\b[Bb](?:earer|EARER)\s{1,4})[\w.~+/-]{20,}=*/, ANYWHERE),
  shape(
    'bearer',
    BEARER,
    /(?<=\b[Bb](?:earer|EARER)\s{1,4})(?=[A-Za-z.~+/_-]{0,20}\d)[\w.~+/-]{12,}=*/,
    ANYWHERE,
  ),
  shape(
    'basic',
    ['asic '],
    /(?<=[Aa]uthorization["']?\s{0,2}[:=]\s{0,2}["']?[Bb]asic )[\w+/-]{8,}=*/,
    ANYWHERE,
  ),
  // A reference to a password, such as `$PASSWORD`, is not a password.
  shape(
    'password',
    ['://'],
    /(?<=[a-z][a-z0-9]:\/\/[\w.~%+-]{0,64}:)[^\s"'$<>{}*/@:\\][^\s"'<>/\\]{1,200}(?=@[\w[])/,
    ANYWHERE,
  ),
];

const needed = ({ needs }: Shape, text: string) => needs.some((letters) => text.includes(letters));

const spanOf = ({ 0: found, index }: RegExpExecArray): Span => ({ start: index, length: found.length });

export type Found = { kind: string; spans: Span[] };

/** Finds credentials in a reading. The offsets count characters of the reading. */
export function tokensIn({ text, spans }: Reading): Found[] {
  const found = SHAPES.filter((one) => needed(one, text)).flatMap(({ kind, pattern }) =>
    [...text.matchAll(pattern)].map(spanOf).map((span) => ({ kind, span })),
  );
  const keys = privateKeys(text).map((span) => ({ kind: 'private-key', span }));
  return [...found, ...keys].map(({ kind, span }) => ({
    kind,
    spans: spans(span.start, span.start + span.length),
  }));
}

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/** The most characters of a private key. */
const LONGEST_KEY = 20_000;
const DASHES = '-----';
/** Matches base64, line ends in every form, numbers of lines, and the few headers that a private key may have. */
const BODY = /(?:[\w+/=\s:,.|\xe2\x86\x92-]|\\[nrt])*?(?=-----END)/y;
/** Matches the first lines of a private key that is cut off. These lines contain nothing but the key. */
const WHOLE_LINES = /(?:(?:\s|\\[nrt])+(?:\d{1,7}(?:\xe2\x86\x92|[\t:|]|\\t))?[A-Za-z0-9+/=]{32,})+/y;

/** The text between the first line and the last line of a private key. */
function privateKeys(text: string): Span[] {
  const spans: Span[] = [];
  if (!text.includes('PRIVATE KEY')) return spans;
  for (const { 0: line, index } of text.matchAll(BEGIN)) {
    const start = index + line.length;
    // The search goes only to the next dashes, so that no part of the text is read again for each key.
    const next = text.indexOf(DASHES, start);
    const until = text.slice(start, next < 0 ? start + LONGEST_KEY : Math.min(next + 8, start + LONGEST_KEY));
    BODY.lastIndex = 0;
    WHOLE_LINES.lastIndex = 0;
    const body = (BODY.exec(until) ?? WHOLE_LINES.exec(until))?.[0] ?? '';
    if (/[A-Za-z0-9+/]{16}/.test(body)) spans.push({ start, length: body.length });
  }
  return spans;
}
