/** Outgoing server-sent events: one event as its text on the wire. `data` holds no line break (JSON never does). */
export function encodeSseEvent(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
