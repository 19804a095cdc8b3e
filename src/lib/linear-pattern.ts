/**
 * Runs regular expressions of users in time that grows only with the text: JavaScript's own may need hours for a bad
 * pattern. The pattern becomes a list of steps, and all ways through the list are followed at the same time, each from
 * the earliest place at which it began. The result is every character that is a part of any match.
 */
import { type Step, toSteps } from './pattern-steps.ts';
import type { Span } from './readings/reading.ts';

export type LinearPattern = {
  readonly source: string;
  /** The spans in order; no two spans touch. Each character of `text` stands for one byte. */
  find(text: string): Span[];
  /** Like `find`, but also says how often a step was looked at; for tests. */
  measure(text: string): { spans: Span[]; steps: number };
};

/** Reads a pattern. Throws a PatternError that says which part cannot be understood. */
export function linearPattern(source: string): LinearPattern {
  const steps = toSteps(source);
  const measure = (text: string) => new Run(steps, text).done();
  return { source, find: (text) => measure(text).spans, measure };
}

const WORD = /\w/;

class Run {
  readonly #steps: readonly Step[];
  readonly #text: string;
  /** For each step, the last place at which the step was reached. */
  readonly #reached: Int32Array;
  readonly #first: Uint8Array;
  readonly #spans: Span[] = [];
  #work = 0;

  constructor(steps: readonly Step[], text: string) {
    this.#steps = steps;
    this.#text = text;
    this.#reached = new Int32Array(steps.length).fill(-1);
    this.#first = firstBytes(steps);
  }

  done(): { spans: Span[]; steps: number } {
    const text = this.#text;
    let waiting: [step: number, start: number][] = [];
    for (let at = 0; at <= text.length; at++) {
      const next: typeof waiting = [];
      // Ways that began earlier come first, so each step keeps the earliest beginning.
      for (const [step, start] of waiting) this.#follow(step, start, at, next);
      if (this.#first[text.charCodeAt(at)]) this.#follow(0, at, at, next);
      else this.#work++;
      waiting = [];
      const code = text.charCodeAt(at);
      for (const [step, start] of next) {
        const { set } = this.#steps[step] as Step & { kind: 'byte' };
        if (set[code]) waiting.push([step + 1, start]);
      }
    }
    return { spans: this.#spans, steps: this.#work };
  }

  /** Follows all steps to which `step` leads without reading a byte. Steps that read a byte are added to `next`. */
  #follow(step: number, start: number, at: number, next: [number, number][]): void {
    const open = [step];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      this.#work++;
      if (this.#reached[index] === at) continue;
      this.#reached[index] = at;
      const one = this.#steps[index];
      if (!one) continue;
      if (one.kind === 'byte') next.push([index, start]);
      else if (one.kind === 'fork') open.push(...one.to);
      else if (one.kind === 'end') this.#add(start, at);
      else if (this.#holds(one.kind, at)) open.push(index + 1);
    }
  }

  #holds(kind: 'line-start' | 'line-end' | 'word-edge', at: number): boolean {
    const isWord = (index: number) => WORD.test(this.#text[index] ?? '');
    if (kind === 'word-edge') return isWord(at - 1) !== isWord(at);
    return /[\n\r"\\]|^$/.test(this.#text[kind === 'line-start' ? at - 1 : at] ?? '');
  }

  #add(start: number, end: number): void {
    if (start === end) return;
    let from = start;
    // Each match ends after all earlier matches, but may have begun before them.
    for (let last = this.#spans.at(-1); last && last.start + last.length >= from; last = this.#spans.at(-1)) {
      from = Math.min(from, last.start);
      this.#spans.pop();
    }
    this.#spans.push({ start: from, length: end - from });
  }
}

/** The bytes with which a match can begin. They allow the search to skip most of a text. */
function firstBytes(steps: readonly Step[]): Uint8Array {
  const bytes = new Uint8Array(256);
  const seen = new Set<number>();
  const open = [0];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const one = steps[index];
    if (one?.kind === 'byte') for (const [code, isIn] of one.set.entries()) bytes[code] ||= isIn;
    else if (one?.kind === 'fork') open.push(...one.to);
    else if (one) open.push(index + 1);
  }
  return bytes;
}
