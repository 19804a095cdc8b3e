/**
 * Cuts a text into pieces of which Gemini's tokenizer makes about the same number of tokens each time: words by their
 * length and case, digits, signs, blanks, and the characters of each script. The tokenizer cuts at nearly the same
 * places: at blanks, between scripts, around each digit, and mostly where a small letter meets a capital one.
 */

/** The kinds of characters. The kinds from `FIRST_SCRIPT` on are scripts, in the order of `SCRIPT_NAMES`. */
const LOWER = 0;
const UPPER = 1;
const DIGIT = 2;
const SIGN = 3;
const BLANK = 4;
const NEWLINE = 5;
const TAB = 6;
const FIRST_SCRIPT = 7;

/** Scripts, by the code of their first character. A script ends where the next one begins. */
const SCRIPTS = [
  [0x80, 'latin'],
  [0x300, 'accents'],
  [0x340, 'greek'],
  [0x400, 'cyrillic'],
  [0x540, 'armenian'],
  [0x580, 'hebrew'],
  [0x600, 'arabic'],
  [0x780, 'indic'],
  [0xe00, 'thai'],
  [0xe80, 'indic'],
  [0x1080, 'georgian'],
  [0x1100, 'hangul'],
  [0x1200, 'rare'],
  [0x1e00, 'latin'],
  [0x1f00, 'greek'],
  [0x2000, 'punctuation'],
  [0x2080, 'symbols'],
  [0x2500, 'boxes'],
  [0x2600, 'symbols'],
  [0x2e00, 'han'],
  [0x3000, 'wide signs'],
  [0x3040, 'kana'],
  [0x3100, 'han'],
  [0xa000, 'rare'],
  [0xac00, 'hangul'],
  [0xd7c0, 'rare'],
  [0xd800, 'pairs'],
  [0xe000, 'rare'],
  [0xf900, 'han'],
  [0xfb00, 'arabic'],
  [0xff00, 'wide signs'],
] as const;

const SCRIPT_NAMES = [...new Set(SCRIPTS.map(([, name]) => name))];

const kindOfAscii = (character: string): number => {
  if (/[a-z]/.test(character)) return LOWER;
  if (/[A-Z]/.test(character)) return UPPER;
  if (/[0-9]/.test(character)) return DIGIT;
  if (character === ' ') return BLANK;
  if (/[\n\r]/.test(character)) return NEWLINE;
  return character === '\t' ? TAB : SIGN;
};

/** The kind of each character, by its code. */
const KINDS = new Uint8Array(0x10000);
for (let code = 0; code < 128; code++) KINDS[code] = kindOfAscii(String.fromCharCode(code));
for (const [first, name] of SCRIPTS) KINDS.fill(FIRST_SCRIPT + SCRIPT_NAMES.indexOf(name), first);

/** The most letters of a word that has a rate of its own. Each further letter costs the same. */
const LONGEST_WORD = 14;
/** The most equal signs in a row, and the most unlike ones, that have rates of their own. */
const MOST_SIGNS = 6;
/** How many blanks make one token, about. */
const BLANKS_PER_TOKEN = 16;

/** How rates are laid out: the index of the first rate of each kind. */
const WORD_ROWS = LONGEST_WORD + 1;
const LOWER_WORD = 0;
const CAPITAL_WORD = 2 * WORD_ROWS;
const UPPER_WORD = 4 * WORD_ROWS;
const DIGITS = 6 * WORD_ROWS;
const BLANK_DIGIT = DIGITS + 1;
const SIGNS = DIGITS + 2;
const BLANK_SIGN = SIGNS + 1;
const UNDERSCORE = SIGNS + 2;
const EQUAL_SIGNS = SIGNS + 3;
const UNLIKE_SIGNS = EQUAL_SIGNS + MOST_SIGNS;
const BLANKS = UNLIKE_SIGNS + MOST_SIGNS;
const MORE_BLANKS = BLANKS + 1;
const NEWLINES = BLANKS + 2;
const TABS = BLANKS + 3;
const FIRST_SCRIPT_ROW = BLANKS + 4;
const ROWS_PER_SCRIPT = 3;

/** The rates by group, in the order in which they are laid out, and how many rates each group has. */
export const RATE_GROUPS: readonly (readonly [name: string, rates: number])[] = [
  ['lower', WORD_ROWS],
  ['blank lower', WORD_ROWS],
  ['capital', WORD_ROWS],
  ['blank capital', WORD_ROWS],
  ['upper', WORD_ROWS],
  ['blank upper', WORD_ROWS],
  ['digit', 1],
  ['blank digit', 1],
  ['sign', 1],
  ['blank sign', 1],
  ['underscore', 1],
  ['equal signs', MOST_SIGNS],
  ['unlike signs', MOST_SIGNS],
  ['blanks', 2],
  ['newlines', 1],
  ['tabs', 1],
  ...SCRIPT_NAMES.map((script) => [script, ROWS_PER_SCRIPT] as const),
];

const UNDERSCORE_CODE = 0x5f;

/**
 * The sum of the rates of all pieces of `text`, where `rates` has a rate for each place that `RATE_GROUPS` lays out. The
 * time that it takes grows with the length of the text.
 */
export function sumOfRates(text: string, rates: Float64Array): number {
  const { length } = text;
  let sum = 0;
  /** True where the piece before was a single blank, which belongs to this piece. */
  let blank = false;
  for (let at = 0; at < length; ) {
    const kind = KINDS[text.charCodeAt(at)] ?? SIGN;
    let end = runEnd(text, at, kind);
    switch (kind) {
      case BLANK:
        blank = end - at === 1;
        if (!blank) sum += ofBlanks(end - at, rates);
        at = end;
        continue;
      case NEWLINE:
        sum += rates[NEWLINES] ?? 0;
        break;
      case TAB:
        sum += rates[TABS] ?? 0;
        break;
      case LOWER:
        sum += ofWord(LOWER_WORD, end - at, blank, rates);
        break;
      case UPPER:
        end = capitalsEnd(text, at, end);
        sum += ofCapitals(text, at, end, blank, rates);
        break;
      case DIGIT:
        sum += (end - at) * (rates[DIGITS] ?? 0) + (blank ? (rates[BLANK_DIGIT] ?? 0) : 0);
        break;
      case SIGN:
        sum += ofSigns(text, at, end, blank, rates);
        break;
      default:
        sum += ofScript(kind, end - at, blank, rates);
    }
    blank = false;
    at = end;
  }
  return sum;
}

function runEnd(text: string, start: number, kind: number): number {
  let end = start + 1;
  while (end < text.length && KINDS[text.charCodeAt(end)] === kind) end++;
  return end;
}

function ofBlanks(count: number, rates: Float64Array): number {
  const more = Math.max(0, count / BLANKS_PER_TOKEN - 1);
  return (rates[BLANKS] ?? 0) + more * (rates[MORE_BLANKS] ?? 0);
}

function ofWord(rows: number, letters: number, blank: boolean, rates: Float64Array): number {
  const first = blank ? rows + WORD_ROWS : rows;
  const rate = rates[first + Math.min(letters, LONGEST_WORD) - 1] ?? 0;
  return letters <= LONGEST_WORD
    ? rate
    : rate + (letters - LONGEST_WORD) * (rates[first + LONGEST_WORD] ?? 0);
}

/** The end of the word that begins at `at` with capital letters until `end`. The last of several belongs to the small letters after it. */
function capitalsEnd(text: string, at: number, end: number): number {
  if (end >= text.length || KINDS[text.charCodeAt(end)] !== LOWER) return end;
  return end - at === 1 ? runEnd(text, end, LOWER) : end - 1;
}

function ofCapitals(text: string, at: number, end: number, blank: boolean, rates: Float64Array): number {
  const isUpper = end - at > 1 && KINDS[text.charCodeAt(end - 1)] === UPPER;
  return ofWord(isUpper ? UPPER_WORD : CAPITAL_WORD, end - at, blank, rates);
}

function ofSigns(text: string, start: number, end: number, blank: boolean, rates: Float64Array): number {
  let last = text.charCodeAt(start);
  let sum = rates[blank ? BLANK_SIGN : last === UNDERSCORE_CODE ? UNDERSCORE : SIGNS] ?? 0;
  let equal = 0;
  for (let at = start + 1; at < end; at++) {
    const code = text.charCodeAt(at);
    equal = code === last ? equal + 1 : 0;
    last = code;
    const row =
      equal > 0 ? EQUAL_SIGNS + Math.min(equal, MOST_SIGNS) : UNLIKE_SIGNS + Math.min(at - start, MOST_SIGNS);
    sum += rates[row - 1] ?? 0;
  }
  return sum;
}

function ofScript(kind: number, count: number, blank: boolean, rates: Float64Array): number {
  const row = FIRST_SCRIPT_ROW + (kind - FIRST_SCRIPT) * ROWS_PER_SCRIPT;
  return (rates[blank ? row + 1 : row] ?? 0) + count * (rates[row + 2] ?? 0);
}
