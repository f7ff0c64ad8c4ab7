/**
 * What the settings need from the machine. Given from outside, so that nothing is read that the caller did not allow.
 *
 * @module
 */

/** How a program is run. */
export interface RunOptions {
  /** Ends it early; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** After how many milliseconds it is ended. */
  readonly timeoutMs: number;
  /** How many bytes of output are taken at most. */
  readonly maxOutputBytes: number;
}

/** How a program ended. */
export interface RunResult {
  /** The exit code. */
  readonly code: number;
  /** What it wrote to its standard output. */
  readonly stdout: string;
}

/** Environment, files and programs, as far as the settings need them. */
export interface SettingsSystem {
  /** Whether settings are kept where Windows keeps them. */
  readonly isWindows: boolean;
  /**
   * Reads an environment variable.
   *
   * @param name The name.
   * @returns The value, or `undefined` when it is not set or may not be read.
   */
  env(name: string): string | undefined;
  /**
   * Tells the user's home folder.
   *
   * @returns The path, or `undefined` when there is none.
   */
  homeDir(): Promise<string | undefined>;
  /**
   * Reads a text file.
   *
   * @param path The path.
   * @returns The text.
   * @throws {RegkitError} `NOT_FOUND` when there is no such file, `DENIED` without the right to read it, `IO` for the rest.
   */
  readTextFile(path: string): Promise<string>;
  /**
   * Lists the names in a folder.
   *
   * @param path The path.
   * @returns The names, in any order.
   * @throws {RegkitError} `NOT_FOUND` when there is no such folder, `DENIED` without the right to read it, `IO` for the rest.
   */
  readDir(path: string): Promise<readonly string[]>;
  /**
   * Replaces a file as a whole: whoever reads it sees the old text or the new one, never a part. Its mode stays, a new one
   * is for the user alone, as are new folders; a symbolic link stays and its target is replaced.
   *
   * @param path The path.
   * @param text The text.
   * @throws {RegkitError} `DENIED` without the right to write it, `IO` when it cannot be written.
   */
  replaceTextFile(path: string, text: string): Promise<void>;
  /**
   * Runs a program to its end. What it writes to its standard error goes to ours.
   *
   * @param program The name or absolute path.
   * @param args The arguments.
   * @param stdin What it gets as standard input.
   * @param options Limits.
   * @returns How it ended.
   * @throws {RegkitError} `NOT_FOUND` when there is no such program, `DENIED` without the right to run it, `TIMEOUT` when it took too long, `TOO_LARGE` when it wrote too
   *   much, `IO` when it could not be run; the signal's reason.
   */
  run(program: string, args: readonly string[], stdin: string, options: RunOptions): Promise<RunResult>;
}
