// Text of a report's HTML; emulator/time.ts and emulator/amounts.ts have the words for times and amounts.

/** Text in an HTML element or a quoted attribute. */
export function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}
