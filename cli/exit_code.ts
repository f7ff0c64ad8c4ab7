/**
 * The exit codes of the programs, in one table.
 *
 * @module
 */

/** What each exit code means. */
export const exitCodes = {
  /** It worked. */
  success: 0,
  /** Anything went wrong: flags, arguments, registry, files. */
  failure: 1,
  /** A second interrupt ended the program at once. */
  killed: 130,
  /** The reader of standard output went away, as a shell reports it for SIGPIPE. */
  outputClosed: 141,
} as const;
