/**
 * The logger that library code writes to. Where lines go, and how they look, is the caller's choice; without one nothing is written.
 *
 * @module
 */

/** How important a line is, least first. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/** Named values of a log line; never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Takes log lines. */
export interface Logger {
  /**
   * Tells whether lines of a level go anywhere, so that costly fields need not be built for nothing.
   *
   * @param level The level asked about.
   * @returns Whether such a line would be written.
   */
  isEnabled(level: LogLevel): boolean;
  /**
   * Writes a line.
   *
   * @param level How important it is.
   * @param message What happened, without the values.
   * @param fields The values.
   */
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** A logger that drops every line; the default of the library. */
export const silentLogger: Logger = {
  isEnabled: () => false,
  log: () => {},
};
