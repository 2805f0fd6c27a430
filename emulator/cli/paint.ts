// The colours of the text that a command prints.

export type Paint = (style: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** The colours for a stream. There are colours only on a terminal, and never with NO_COLOR. */
export function paintFor(stream: { isTTY?: boolean }): Paint {
  const colours = stream.isTTY === true && !process.env["NO_COLOR"];
  return (style, text) => (colours ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text);
}
