/** Google's events for one answer of the bench. */
import type { Answer } from './rows.ts';

const encoder = new TextEncoder();

function event(nth: number, answer: Answer): string {
  const last = nth === answer.chunks - 1;
  const chunk = {
    candidates: [
      {
        content: { parts: [{ text: ` word${nth} of some sentence that the model says` }], role: 'model' },
        ...(last ? { finishReason: 'STOP' } : {}),
        index: 0,
      },
    ],
    usageMetadata: {
      promptTokenCount: 100,
      candidatesTokenCount: 8 * (nth + 1),
      totalTokenCount: 108 + 8 * nth,
    },
    modelVersion: 'gemini-bench',
    responseId: 'bench',
  };
  return `data: ${JSON.stringify(chunk)}\r\n\r\n`;
}

/** One piece a write. */
export function piecesOf(answer: Answer): Uint8Array<ArrayBuffer>[] {
  const events = Array.from({ length: answer.chunks }, (_, nth) => event(nth, answer));
  return (answer.arrival === 'together' ? [events.join('')] : events).map((text) => encoder.encode(text));
}
