/**
 * Keeps status lines at the bottom of a terminal while messages are written above them (ECMA-48: CPL, ED).
 *
 * @module
 */

/** The writing half of standard error. */
export interface StatusWriter {
  /** Writes text above the status lines. */
  write(text: string): void;
  /** Replaces the status lines. */
  setStatus(lines: readonly string[]): void;
}

/**
 * Creates a writer with status lines.
 *
 * @param writeRaw Writes to the terminal.
 * @returns The writer.
 */
export function createStatusWriter(writeRaw: (text: string) => void): StatusWriter {
  let shown: readonly string[] = [];
  const erase = () => shown.length === 0 ? "" : `\x1b[${shown.length}F\x1b[0J`;
  const draw = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  return {
    write(text) {
      writeRaw(erase() + text + draw(shown));
    },
    setStatus(lines) {
      const text = erase() + draw(lines);
      shown = lines;
      if (text !== "") writeRaw(text);
    },
  };
}
