/**
 * Marks the words that were searched for, wherever they stand in what is shown. The browser paints the marks over the text,
 * so no view has to know of them.
 */
import { useEffect, useRef, useState } from 'preact/hooks';

/** The name of the marks in the style sheet. */
const NAME = 'found';
/** The parts of the page in which there are marks: the list, and the tab of a request. */
const MARKED = '.list, [role="tabpanel"]';
/** More marks help nobody. */
const MOST = 2_000;

/** The words as a text has them, and as JSON has them. */
const formsOf = (words: string): string[] => {
  const plain = words.trim().toLowerCase();
  return plain === '' ? [] : [...new Set([plain, JSON.stringify(plain).slice(1, -1)])];
};

/** True where the words stand in a value, as it is shown. */
export function holds(value: unknown, words: string): boolean {
  const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toLowerCase();
  return formsOf(words).some((form) => text.includes(form));
}

/** The places of the words in a text; none overlaps another. */
export function placesIn(text: string, words: string): [from: number, to: number][] {
  const lower = text.toLowerCase();
  // Where lower case has another length, places would be off.
  if (lower.length !== text.length) return [];
  const places: [number, number][] = [];
  for (const form of formsOf(words)) {
    for (let at = lower.indexOf(form); at >= 0; at = lower.indexOf(form, at + form.length))
      if (!places.some(([from, to]) => at < to && at + form.length > from))
        places.push([at, at + form.length]);
  }
  return places.sort(([a], [b]) => a - b);
}

function rangesIn(root: Node, words: string): Range[] {
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && ranges.length < MOST; node = walker.nextNode()) {
    for (const [from, to] of placesIn(node.textContent ?? '', words)) {
      const range = new Range();
      range.setStart(node, from);
      range.setEnd(node, to);
      ranges.push(range);
    }
  }
  return ranges;
}

export type Marks = {
  count: number;
  /** Scrolls to the next mark, or to the one before. */
  go(step: 1 | -1): void;
};

/** Marks `words` in what is shown. Older browsers mark nothing; the search finds all the same. */
export function useMarks(words: string): Marks {
  const [count, setCount] = useState(0);
  const ranges = useRef<readonly Range[]>([]);
  const at = useRef(-1);
  useEffect(() => {
    at.current = -1;
    if (words === '' || !('highlights' in CSS)) {
      setCount(0);
      return;
    }
    let frame = 0;
    const mark = () => {
      frame = 0;
      ranges.current = [...document.querySelectorAll(MARKED)].flatMap((part) => rangesIn(part, words));
      CSS.highlights.set(NAME, new Highlight(...ranges.current));
      setCount(ranges.current.length);
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(mark);
    };
    const observer = new MutationObserver(later);
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    mark();
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(NAME);
    };
  }, [words]);
  const go = (step: 1 | -1) => {
    const { length } = ranges.current;
    if (length === 0) return;
    at.current = at.current < 0 && step < 0 ? length - 1 : (at.current + step + length) % length;
    ranges.current[at.current]?.startContainer.parentElement?.scrollIntoView({ block: 'center' });
  };
  return { count, go };
}
