/**
 * The machine as Deno shows it.
 *
 * @module
 */

import { type ErrorCode, RegkitError } from "../errors.ts";
import type { SettingsSystem } from "./system.ts";

/**
 * Gives access to the real environment, files and programs. Nothing is read before it is asked for.
 *
 * @returns The system.
 */
export function createDenoSystem(): SettingsSystem {
  return {
    isWindows: Deno.build.os === "windows",
    env: readVariable,
    homeDir,
    readTextFile: (path) => mapped("read", path, Deno.readTextFile(path)),
    readDir: (path) => mapped("read", path, listNames(path)),
    replaceTextFile: async (path, text) => {
      const { replaceFile } = await import("./replace_file.ts");
      await mapped("write", path, replaceFile(path, text));
    },
    run: async (program, args, stdin, options) => {
      const { runProgram } = await import("./run_program.ts");
      return await runProgram(program, args, stdin, options);
    },
  };
}

/** A variable that may not be read counts as unset: every one of them only refines a default. */
function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

async function homeDir(): Promise<string | undefined> {
  const home = readVariable(Deno.build.os === "windows" ? "USERPROFILE" : "HOME");
  if (home) return home;
  try {
    const { homedir } = await import("node:os");
    return homedir();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

async function listNames(path: string): Promise<readonly string[]> {
  return await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
}

async function mapped<T>(action: "read" | "write", path: string, done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (cause) {
    throw new RegkitError(codeOf(cause), `failed to ${action} ${path}: ${textOf(cause)}`, {
      cause,
      tip: cause instanceof Deno.errors.NotCapable ? `Run it with --allow-${action}` : undefined,
    });
  }
}

function codeOf(cause: unknown): ErrorCode {
  if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return "NOT_FOUND";
  return cause instanceof Deno.errors.NotCapable ? "DENIED" : "IO";
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
