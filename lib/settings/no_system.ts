/**
 * A machine that has nothing: for hosts that are given as they are, without looking anything up.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { SettingsSystem } from "./system.ts";

/** Knows no environment and no files, and runs no programs. */
export const noSystem: SettingsSystem = {
  isWindows: false,
  env: () => undefined,
  homeDir: () => Promise.resolve(undefined),
  readTextFile: (path) => Promise.reject(new RegkitError("NOT_FOUND", `no files are read here: ${path}`)),
  readDir: (path) => Promise.reject(new RegkitError("NOT_FOUND", `no folders are read here: ${path}`)),
  replaceTextFile: (path) => Promise.reject(new RegkitError("DENIED", `no files are written here: ${path}`)),
  run: (program) => Promise.reject(new RegkitError("DENIED", `no programs are run here: ${program}`)),
};
