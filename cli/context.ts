/**
 * The only door between the commands and the process: streams, environment, time and interrupts.
 *
 * Tests hand in their own; {@link ./deno_context.ts} makes the real one.
 *
 * @module
 */

import type { Client } from "../lib/client.ts";
import type { Clock } from "../lib/http/http_client.ts";
import type { SettingsSystem } from "../lib/settings/system.ts";
import type { LocalSystem } from "../lib/oci/local_platform.ts";

/** What is known of a stream's other end. */
export interface TerminalInfo {
  /** Whether a person's terminal is at the other end. */
  readonly isTerminal: boolean;
  /** How many characters fit in a line, when it is a terminal and tells. */
  readonly columns: number | undefined;
}

/** Standard output: text and bytes, in order. */
export interface OutputWriter extends TerminalInfo {
  /**
   * Writes everything before it returns.
   *
   * @param chunk Text, written as UTF-8, or bytes.
   * @throws {OutputClosedError} When the reader went away.
   */
  write(chunk: string | Uint8Array): Promise<void>;
}

/** Standard error: text, written at once so that log lines keep their order. */
export interface MessageWriter extends TerminalInfo {
  /**
   * Writes text. A reader that went away is nobody's loss.
   *
   * @param text The text.
   */
  write(text: string): void;
  /**
   * Keeps lines below everything that is written, in place of those kept before. For terminals only.
   *
   * @param lines The lines; none to clear them.
   */
  setStatus(lines: readonly string[]): void;
}

/** Standard input. */
export interface InputReader {
  /** Whether a person's terminal is at the other end. */
  readonly isTerminal: boolean;
  /** The bytes, until the end or an interrupt. To be called once. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Turns the terminal's echo and line editing off or on.
   *
   * @param isRaw Whether keys come one by one, unseen.
   */
  setRaw(isRaw: boolean): void;
}

/** What commands use of a client. */
export type CommandClient = Pick<Client, "catalog" | "ping" | "repository" | typeof Symbol.asyncDispose>;

/** What tests replace beneath the commands. */
export interface ContextHooks {
  /** Used instead of a client built from settings and flags. */
  readonly client?: CommandClient | undefined;
  /** Used instead of the machine's files, environment and programs where settings are read and saved. */
  readonly settings?: SettingsSystem | undefined;
}

/** A time zone at some time. */
export interface LocalZone {
  /** How many seconds its clocks are ahead of UTC. */
  readonly offsetSeconds: number;
  /** Its abbreviation; empty when it has none. */
  readonly name: string;
}

/** Everything that a command may touch of the process. */
export interface Context {
  /** Standard output. */
  readonly stdout: OutputWriter;
  /** Standard error. */
  readonly stderr: MessageWriter;
  /** Standard input. */
  readonly stdin: InputReader;
  /** Aborted by the first SIGINT or SIGTERM; a second one ends the process. */
  readonly signal: AbortSignal;
  /** Time and randomness. */
  readonly clock: Clock;
  /** Whether colours are unwanted. */
  readonly isColorless: boolean;
  /** What tests replace. */
  readonly hooks: ContextHooks;
  /**
   * Reads an environment variable.
   *
   * @param name Its name.
   * @returns Its value, or `undefined` when it is unset.
   */
  env(name: string): string | undefined;
  /**
   * Reads a text file that a template names.
   *
   * @param path Its path.
   * @returns Its text, or `undefined` when it cannot or may not be read.
   */
  readTextFile(path: string): string | undefined;
  /**
   * Tells the local time zone.
   *
   * @param seconds The time at which it counts, in seconds since 1970.
   * @returns How far its clocks are ahead of UTC, and its abbreviation if it has one.
   */
  localZone(seconds: number): LocalZone;
  /**
   * Tells what machine this is, as far as it may be looked at.
   *
   * @returns Operating system, architecture and CPU.
   */
  machine(): Promise<LocalSystem>;
  /**
   * Gives the working directory.
   *
   * @returns Its absolute path.
   */
  cwd(): string;
  /**
   * Gives the SIGINT and SIGTERM handling back to the system, so that they end a prompt at once.
   */
  restoreSignals(): void;
}

/** The reader of standard output went away; the program ends without a word. */
export class OutputClosedError extends Error {
  /** The class name. */
  override name = "OutputClosedError";
}
