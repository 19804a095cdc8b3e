/** What several views need: the live state, the address, the time, an answer of the proxy. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Address, readAddress, writeAddress } from './address.ts';
import { get, Locked } from './api.ts';
import type { Live, Snapshot } from './live.ts';

/** Draws again when something has come, but not more often than the screen is drawn. */
export function useLive(live: Live): Snapshot {
  const [snapshot, set] = useState(live.snapshot);
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      frame = 0;
      set(live.snapshot);
    };
    const ask = () => {
      // A hidden page draws nothing, so a frame would never come.
      if (document.hidden) draw();
      else if (frame === 0) frame = requestAnimationFrame(draw);
    };
    ask();
    const stop = live.subscribe(ask);
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [live]);
  return snapshot;
}

export type Go = (address: Address, options?: { replace?: boolean }) => void;

export function useAddress(): [Address, Go] {
  const [address, set] = useState(() => readAddress(location.hash));
  useEffect(() => {
    const read = () => set(readAddress(location.hash));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  const go: Go = (next, { replace = false } = {}) => {
    const hash = writeAddress(next);
    if (replace) history.replaceState(null, '', hash);
    else location.hash = hash;
    set(readAddress(hash));
  };
  return [address, go];
}

/** The time, told anew every `every` milliseconds; not at all where `every` is undefined. */
export function useNow(every: number | undefined): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    if (every === undefined) return;
    const timer = setInterval(() => set(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

export type Asked<Answer> =
  | { is: 'loading'; isLate: boolean }
  | { is: 'here'; answer: Answer }
  | { is: 'failed'; why: string };

/** Milliseconds. A page that blinks is worse than a page that waits a moment. */
const LATE = 300;

/** What the proxy answers at a path. Asked again when `version` changes; until then the old answer stays. */
export function useAnswer<Answer>(path: string | undefined, version: unknown = 0): Asked<Answer> {
  const [asked, set] = useState<Asked<Answer>>({ is: 'loading', isLate: false });
  const shown = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    if (shown.current !== path) set({ is: 'loading', isLate: false });
    const late = setTimeout(
      () => set((now) => (now.is === 'loading' ? { is: 'loading', isLate: true } : now)),
      LATE,
    );
    get<Answer>(path, stop.signal).then(
      (answer) => {
        shown.current = path;
        set({ is: 'here', answer });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const why =
          error instanceof Locked ? 'The proxy asks for its key.' : String((error as Error).message);
        set((now) => (now.is === 'here' && shown.current === path ? now : { is: 'failed', why }));
      },
    );
    return () => {
      clearTimeout(late);
      stop.abort();
    };
  }, [path, version]);
  return asked;
}
