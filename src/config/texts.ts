/** The settings as text: help, `.env.example`, and the README's table. */
import { faultNames } from '../sim/faults/index.ts';
import { choicesOf, describeSchema } from './read-value.ts';
import { VARIABLE_ROWS, type Variable, type VariableName } from './variables.ts';

/** `MAX_TOKENS_LIMIT` → `max-tokens-limit`. */
export const flagOf = (name: string): string => name.toLowerCase().replaceAll('_', '-');

const defaultOf = ({ default: value, defaultText }: Variable): string =>
  defaultText ?? (value === undefined ? '' : String(value));

/** Folds `text` at `width` columns. */
function fold(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

const FLAG_COLUMN = 32;
const TEXT_WIDTH = 78;
const HELP_WIDTH = FLAG_COLUMN + TEXT_WIDTH - 2;

function helpRow([name, row]: readonly [VariableName, Variable]): string {
  const flag = `  --${flagOf(name)}`.padEnd(FLAG_COLUMN);
  const normal = defaultOf(row);
  const choices = choicesOf(row.schema).join(', ');
  const facts = [choices && `one of ${choices}`, normal && `default: ${normal}`].filter(
    (fact) => fact !== '',
  );
  const text = facts.length === 0 ? row.description : `${row.description} (${facts.join('; ')})`;
  return fold(text, TEXT_WIDTH)
    .map((line, index) => `${index === 0 ? flag : ' '.repeat(FLAG_COLUMN)}${line}`)
    .join('\n');
}

export const helpText = (version: string): string => `gemini-claude-proxy ${version}
Runs Claude Code, the Anthropic SDKs and the Claude Agent SDK on Google Gemini.

Usage: bun run start [--port N --host H --backend B …]

Each flag mirrors a variable of the environment or of .env (--max-retries: MAX_RETRIES) and wins over it.

${VARIABLE_ROWS.map(helpRow).join('\n')}

Faults for --faults, several parted by commas; docs/faults.md tells what each does and takes:
${fold(faultNames().join(', '), HELP_WIDTH)
  .map((line) => `  ${line}`)
  .join('\n')}

  --version                     Print the version
  --help                        Print this

Connect Claude Code: ANTHROPIC_BASE_URL=http://127.0.0.1:8082 ANTHROPIC_AUTH_TOKEN=dummy claude --permission-mode acceptEdits
`;

/** All variables, commented out, with their defaults. */
export function envExample(): string {
  const rows = VARIABLE_ROWS.map(([name, row]) => {
    const normal = row.defaultText === undefined ? '' : ` Default: ${row.defaultText}.`;
    const text = `${row.description}.${normal} Takes ${describeSchema(row.schema)}.`;
    const comments = fold(text, TEXT_WIDTH).map((line) => `# ${line}`);
    return [...comments, `# ${name}=${row.default === undefined ? '' : String(row.default)}`].join('\n');
  });
  return `# Copy to .env and set what you need. What is absent takes its default, and what is empty, too, if no other is told.\n\n${rows.join('\n\n')}\n`;
}

/** Markdown, for the README. */
export function variablesTable(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = VARIABLE_ROWS.map(([name, row]) => {
    const normal = row.default === undefined ? (row.defaultText ?? '–') : `\`${String(row.default)}\``;
    return `| \`${name}\` | ${cell(normal)} | ${cell(row.description)} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
