/** The text of one server-sent event. `data` must have no line break (JSON never has one). */
export function encodeSseEvent(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
