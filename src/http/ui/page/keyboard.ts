/** What each key does. */
import { useEffect, useRef } from 'preact/hooks';

export type Command =
  | 'next'
  | 'previous'
  | 'open'
  | 'back'
  | 'next-odd'
  | 'previous-odd'
  | 'search'
  | 'fold'
  | 'unfold'
  | 'pause'
  | 'help'
  | 'tab-1'
  | 'tab-2'
  | 'tab-3'
  | 'tab-4'
  | 'tab-5';

const COMMANDS: Readonly<Record<string, Command>> = {
  j: 'next',
  ArrowDown: 'next',
  k: 'previous',
  ArrowUp: 'previous',
  Enter: 'open',
  Escape: 'back',
  n: 'next-odd',
  N: 'previous-odd',
  '/': 'search',
  ArrowLeft: 'fold',
  ArrowRight: 'unfold',
  '.': 'pause',
  '?': 'help',
  1: 'tab-1',
  2: 'tab-2',
  3: 'tab-3',
  4: 'tab-4',
  5: 'tab-5',
};

/** The table of the help. */
export const KEY_TEXTS: readonly (readonly [keys: readonly string[], text: string])[] = [
  [['j', 'k', '↓', '↑'], 'the next request, the one before; inside a request too'],
  [['enter'], 'open the request, fold or unfold the thread'],
  [['esc'], 'back to the list, or leave the search'],
  [['n', 'N'], 'the next unusual request, the unusual one before'],
  [['←', '→'], 'fold, unfold a thread'],
  [['/'], 'search'],
  [['1', '–', '5'], 'the tabs of a request'],
  [['.'], 'pause, go on'],
  [['?'], 'this help'],
];

/** Elements that use these keys themselves. Enter and the arrows belong to a button or a link that has the focus. */
const TYPES = 'input, textarea, select, [contenteditable]';
const USES_KEY: Readonly<Record<string, string>> = {
  Enter: 'button, a, summary',
  ArrowLeft: 'pre, .scroll',
  ArrowRight: 'pre, .scroll',
};

export function commandOf(event: KeyboardEvent): Command | undefined {
  const target = event.target instanceof Element ? event.target : undefined;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
  if (target?.closest(TYPES) || document.querySelector('dialog[open]')) return undefined;
  const users = USES_KEY[event.key];
  if (users !== undefined && target?.closest(users)) return undefined;
  return COMMANDS[event.key];
}

/** `run` returns true where the command meant something; the browser then does nothing of its own. */
export function useKeyboard(run: (command: Command) => boolean): void {
  // Effects run after the page is painted, and a key that is held down comes sooner: it must meet the newest state.
  const newest = useRef(run);
  newest.current = run;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (command !== undefined && newest.current(command)) event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
