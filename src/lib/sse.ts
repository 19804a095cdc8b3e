/** Server-sent events, outgoing: one event as its wire text. `data` holds no line break (JSON never does). */
export function encodeSseEvent(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
