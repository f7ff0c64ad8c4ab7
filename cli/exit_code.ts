/**
 * The exit codes of the programs, in one table.
 *
 * @module
 */

import type { ErrorCode } from "../lib/errors.ts";

/** What each exit code means. Those from 2 to 5, and 130 for a first interrupt, are given only when they are asked for. */
export const exitCodes = {
  /** It worked. */
  success: 0,
  /** Anything went wrong that has no code of its own. */
  failure: 1,
  /** The command line is wrong: nothing was done. */
  usage: 2,
  /** What was named does not exist. */
  notFound: 3,
  /** A registry or the system refuses: no login, a wrong one, or not enough rights. */
  denied: 4,
  /** A registry wants fewer requests. */
  rateLimited: 5,
  /** An interrupt ended the program. */
  interrupted: 130,
  /** The reader of standard output went away, as a shell reports it for SIGPIPE. */
  outputClosed: 141,
} as const;

const byErrorCode: Partial<Readonly<Record<ErrorCode, number>>> = {
  ABORTED: exitCodes.interrupted,
  CREDENTIALS: exitCodes.denied,
  DENIED: exitCodes.denied,
  INVALID_ARGUMENT: exitCodes.usage,
  INVALID_DIGEST: exitCodes.usage,
  INVALID_PLATFORM: exitCodes.usage,
  INVALID_REFERENCE: exitCodes.usage,
  NOT_FOUND: exitCodes.notFound,
  RATE_LIMITED: exitCodes.rateLimited,
  UNAUTHORIZED: exitCodes.denied,
};

/**
 * Gives the exit code of an error by its code.
 *
 * @param code The error's code; anything else than an {@linkcode ErrorCode} has none of its own.
 * @returns The exit code.
 */
export function exitCodeFor(code: string): number {
  return Object.hasOwn(byErrorCode, code) ? byErrorCode[code as ErrorCode] ?? exitCodes.failure : exitCodes.failure;
}
