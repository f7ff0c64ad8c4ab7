/**
 * Failures of the file system, said in the project's words.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/**
 * Turns what a file operation threw into an error that names the file and what to do.
 *
 * @param error What was thrown.
 * @param doing What was being done, such as `read` or `write`.
 * @param path The file or directory.
 * @returns The error to throw: a {@linkcode RegkitError} as it is, a file system error with code `IO`, anything else
 *   (such as the reason of a signal) as it is.
 */
export function ioError(error: unknown, doing: string, path: string): unknown {
  if (error instanceof RegkitError || !isFileSystemError(error)) return error;
  return new RegkitError("IO", `cannot ${doing} ${path}: ${error.message}`, { cause: error, tip: tipFor(error) });
}

/**
 * Tells whether a file operation failed because there is no such file or directory.
 *
 * @param error What was thrown.
 * @returns Whether it did.
 */
export function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/**
 * Turns the failure of a file operation on a missing file into `undefined`.
 *
 * @typeParam T What the operation gives.
 * @param doing What is being done, such as `read`.
 * @param path The file or directory.
 * @param operation The operation.
 * @returns What it gave; `undefined` when the file does not exist.
 * @throws {RegkitError} `IO` for every other failure.
 */
export async function unlessMissing<T>(
  doing: string,
  path: string,
  operation: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await operation();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw ioError(error, doing, path);
  }
}

function isFileSystemError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  // Rarer failures, such as a full disk, are plain errors with the system's name for them; the reason of a signal is neither.
  return Object.values(Deno.errors).some((known) => error instanceof known) ||
    ("code" in error && typeof error.code === "string");
}

function tipFor(error: Error): string | undefined {
  if (error instanceof Deno.errors.NotCapable) return "Allow the directory with --allow-read and --allow-write.";
  if (error instanceof Deno.errors.PermissionDenied) return "Check who owns the directory and who may write to it.";
  return undefined;
}
