/**
 * Finds mistakes that can be seen in a single line of code, and corrects the line. The first mistake that is found
 * counts.
 */

export type Repair = { from: string; to: string; what: string };

type Slip = { what: string; find: RegExp; mend: (line: string, match: RegExpExecArray) => string };

/** Functions whose name tells which operator they should use. */
const OPERATORS: readonly (readonly [name: RegExp, right: string])[] = [
  [/^(?:add|sum|plus)/i, '+'],
  [/^(?:sub|subtract|minus|diff|difference)/i, '-'],
  [/^(?:mul|multiply|times|product)/i, '*'],
  [/^(?:div|divide|quotient)/i, '/'],
];

const MISSPELT: Readonly<Record<string, string>> = {
  retrun: 'return',
  reutrn: 'return',
  retunr: 'return',
  pritn: 'print',
  prnt: 'print',
  pirnt: 'print',
  fucntion: 'function',
  funtion: 'function',
  improt: 'import',
  lenght: 'length',
  consle: 'console',
  cosnt: 'const',
  flase: 'false',
  Flase: 'False',
  ture: 'true',
  Ture: 'True',
  esle: 'else',
  whlie: 'while',
};

const count = (line: string, char: string): number => line.split(char).length - 1;

const SLIPS: readonly Slip[] = [
  {
    what: 'a word is misspelt',
    find: new RegExp(`\\b(?:${Object.keys(MISSPELT).join('|')})\\b`),
    mend: (line, [word]) => line.replace(word, MISSPELT[word] ?? word),
  },
  {
    what: 'a colon is missing at the end of the line',
    find: /^\s*(?:def\s+\w+\([^()]*\)(?:\s*->\s*[\w[\], .]+)?|class\s+\w+(?:\([^()]*\))?|(?:if|elif|while)\s+[^:{]+[^:{\s,\\(]|for\s+\w+\s+in\s+[^:{]+[^:{\s,\\(]|else|try|finally)\s*$/,
    mend: (line) => `${line.trimEnd()}:`,
  },
  {
    what: 'a comparison is written as an assignment',
    find: /^(\s*(?:if|elif|while)\b[^=!<>]*[^=!<>:\s])\s*=(?!=)\s*/,
    mend: (line, match) => `${match[1]} == ${line.slice(match[0].length)}`,
  },
];

/**
 * The repair of a mistake of a known kind; undefined where there is no such mistake. Other mistakes only a real model
 * could find.
 */
export function findRepair(code: string, isPython: boolean): Repair | undefined {
  const lines = code.split('\n');
  for (const [index, line] of lines.entries()) {
    const repaired = operatorIn(line, lines, index) ?? bracketIn(line) ?? slipIn(line, isPython);
    if (repaired) return repaired;
  }
  return undefined;
}

function slipIn(line: string, isPython: boolean): Repair | undefined {
  for (const { what, find, mend } of isPython ? SLIPS : SLIPS.slice(0, 1)) {
    const match = find.exec(line);
    if (match) return { from: line, to: mend(line, match), what };
  }
  return undefined;
}

/** Repairs `print("x"` without its closing bracket. Only a line that contains the whole call is repaired. */
function bracketIn(line: string): Repair | undefined {
  if (!/^\s*(?:print|console\.log|puts|echo)\(.*["'\w\]]\s*;?$/.test(line)) return undefined;
  if (count(line, '(') !== count(line, ')') + 1) return undefined;
  const end = /\s*;?$/.exec(line)?.[0] ?? '';
  return {
    from: line,
    to: `${line.slice(0, line.length - end.length)})${end.trim()}`,
    what: 'a bracket is not closed',
  };
}

const FUNCTION = /^\s*(?:def|function|func|fn|const|let)\s+(\w+)/;
const RETURN = /\breturn\s+(\w+)\s*([-+*/])\s*(\w+)\s*;?\s*$/;

function operatorIn(line: string, lines: readonly string[], index: number): Repair | undefined {
  const [returned, left, operator, right] = RETURN.exec(line) ?? [];
  if (returned === undefined) return undefined;
  const name = lines
    .slice(0, index + 1)
    .map((text) => FUNCTION.exec(text)?.[1])
    .findLast((found) => found !== undefined);
  const wanted = OPERATORS.find(([pattern]) => name !== undefined && pattern.test(name))?.[1];
  if (wanted === undefined || wanted === operator) return undefined;
  const end = returned.endsWith(';') ? ';' : '';
  const to = line.replace(returned, `return ${left} ${wanted} ${right}${end}`);
  return { from: line, to, what: `${name} should use ${wanted}, not ${operator}` };
}
