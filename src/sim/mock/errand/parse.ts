/**
 * Reads plain requests in the words with which people try a coding client: "create hello.py that prints hello and run
 * it". It knows a table of patterns and understands nothing else: for other requests it has no answer.
 */
import { CLAUSES, type Clause, type Situation } from './clauses.ts';

const POLITE =
  /^(?:(?:please|now|ok(?:ay)?|hi|hey|hello|thanks|great|and|then|next|just|so|first|finally)\b[,!.\s]*|(?:can|could|would|will) you (?:please )?|(?:i want|i'd like|i would like|i need) you to |let'?s |go ahead and |your task is to )/i;
const VERBS =
  'create|write|make|add|generate|save|put|build|run|execute|start|launch|list|show|display|print|cat|read|open|summari[sz]e|explain|describe|tell|fix|repair|debug|correct|replace|change|rename|search|find|grep|count|look';
const NEXT = new RegExp(
  `(?:[,;.!]\\s+|\\s+)(?:and\\s+)?(?:then\\s+|also\\s+|afterwards\\s+|and\\s+)(?=(?:please\\s+)?(?:${VERBS})\\b)|[;.!]\\s+(?=(?:please\\s+)?(?:${VERBS})\\b)|,\\s+(?=(?:${VERBS})\\b)|\\n+(?=(?:${VERBS})\\b)`,
  'i',
);
const FENCE = /```[\w-]*\n([\s\S]*?)```/;
/** Characters. No pattern fits a longer request. */
const LONGEST = 2_000;

function bare(text: string): string {
  let rest = text.trim();
  for (let polite = POLITE.exec(rest); polite && polite[0].length < rest.length; polite = POLITE.exec(rest))
    rest = rest.slice(polite[0].length);
  return rest
    .replace(/[,\s]*\bplease\b[.!?\s]*$/i, '')
    .replace(/[\s?!]+$/, '')
    .replace(/(?<=[\w)"'`])\.$/, '');
}

/** Splits words into clauses. Text in quotes stays in one piece, whatever it contains. */
function split(words: string): string[] {
  const kept: string[] = [];
  const masked = words
    .replace(/^\s*(?:\d+[.)]|[-*])\s+/gm, '')
    .replace(/```[\s\S]*?```|`[^`\n]*`|"[^"\n]*"|(?<=\s|^)'[^'\n]*'(?=[\s.,!?;]|$)/g, (quoted) => {
      kept.push(quoted);
      return `\uE000${kept.length - 1}\uE001`;
    });
  return masked
    .split(NEXT)
    .map((clause) => bare(clause.replace(/\uE000(\d+)\uE001/g, (_mask, index) => kept[Number(index)] ?? '')));
}

/**
 * The things that `words` ask for, in order. Undefined where the first thing is not understood. `lastFile` is the file
 * that "it" means where the words name no file. `left` is the part that was not understood after the first thing.
 */
export function parseErrands(
  words: string,
  lastFile: string | undefined,
): { errands: Clause[]; left: string[] } | undefined {
  if (words.length > LONGEST) return undefined;
  const situation: Situation = { it: lastFile, fenced: FENCE.exec(words)?.[1] };
  const errands: Clause[] = [];
  const left: string[] = [];
  for (const clause of split(words)) {
    if (clause === '') continue;
    const found = readClause(clause, situation);
    if (found) {
      errands.push(found);
      if ('path' in found && found.path !== '') situation.it = found.path;
    } else if (errands.length === 0) return undefined;
    else left.push(clause);
  }
  return errands.length > 0 ? { errands, left } : undefined;
}

function readClause(clause: string, situation: Situation): Clause | undefined {
  for (const read of CLAUSES) {
    const found = read(clause, situation);
    if (found) return found;
  }
  return undefined;
}
