import { expect, test } from 'bun:test';
import { grouped } from '../../../../../src/http/ui/page/request/frames.ts';

const frame = (number: number, says: string, events: string[], repairs: string[] = []) => ({
  number,
  ms: number,
  bytes: 1,
  says,
  repairs,
  events,
  at: '',
});

const numbers = (frames: Parameters<typeof grouped>[0]) =>
  grouped(frames).map((group) => group.frames.map((one) => one.number));

test('frames of one kind in a row are one line, whatever words they hold', () => {
  expect(
    numbers([
      frame(1, 'text “a”', ['message_start', 'text_delta, 0']),
      frame(2, 'text “b”', ['text_delta, 0']),
      frame(3, 'text “c”', ['text_delta, 0']),
      frame(4, 'finishReason STOP', ['message_stop']),
    ]),
  ).toEqual([[1], [2, 3], [4]]);
});

test('a repaired frame has a line of its own', () => {
  expect(
    numbers([frame(1, 'text “a”', []), frame(2, 'text “b”', [], ['broken-event']), frame(3, 'text “c”', [])]),
  ).toEqual([[1], [2], [3]]);
});
