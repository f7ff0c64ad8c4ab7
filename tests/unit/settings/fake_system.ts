/** A machine in memory for the settings' tests, and a log that can be looked at. */

import { RegkitError } from "../../../lib/errors.ts";
import type { LogFields, Logger, LogLevel } from "../../../lib/log.ts";
import type { RunOptions, RunResult, SettingsSystem } from "../../../lib/settings/system.ts";

/** Answers a program's run. */
export type FakeProgram = (
  args: readonly string[],
  stdin: string,
  options: RunOptions,
) => RunResult | Promise<RunResult>;

/** What the machine holds. */
export interface FakeMachine {
  readonly env?: Readonly<Record<string, string>>;
  readonly home?: string;
  readonly files?: Readonly<Record<string, string | RegkitError>>;
  readonly programs?: Readonly<Record<string, FakeProgram>>;
  readonly isWindows?: boolean;
}

/** The machine, with what was asked of it. */
export interface FakeSystem extends SettingsSystem {
  readonly files: Map<string, string | RegkitError>;
  readonly reads: string[];
  readonly runs: string[];
}

/** Makes a machine. */
export function createFakeSystem(machine: FakeMachine = {}): FakeSystem {
  const files = new Map(Object.entries(machine.files ?? {}));
  const reads: string[] = [];
  const runs: string[] = [];
  return {
    files,
    reads,
    runs,
    isWindows: machine.isWindows ?? false,
    env: (name) => machine.env?.[name],
    homeDir: () => Promise.resolve(machine.home),
    readTextFile(path) {
      reads.push(path);
      const found = files.get(path) ?? new RegkitError("NOT_FOUND", `no file ${path}`);
      return typeof found === "string" ? Promise.resolve(found) : Promise.reject(found);
    },
    readDir(path) {
      reads.push(`${path}/`);
      const own = files.get(`${path}/`);
      if (own instanceof RegkitError) return Promise.reject(own);
      const names = [...files.keys()].filter((file) => file.startsWith(`${path}/`)).map((file) =>
        file.slice(path.length + 1)
      );
      return names.length > 0
        ? Promise.resolve(names)
        : Promise.reject(new RegkitError("NOT_FOUND", `no folder ${path}`));
    },
    replaceTextFile(path, text) {
      files.set(path, text);
      return Promise.resolve();
    },
    async run(program, args, stdin, options) {
      runs.push(`${[program, ...args].join(" ")} < ${stdin}`);
      const answer = machine.programs?.[program];
      if (answer === undefined) {
        throw new RegkitError("NOT_FOUND", `failed to run ${program}: there is no such program`);
      }
      return await answer(args, stdin, options);
    },
  };
}

/** A helper that knows logins by server. */
export function createFakeHelper(
  logins: Readonly<Record<string, readonly [user: string, secret: string]>>,
): FakeProgram {
  return (_args, stdin) => {
    const login = logins[stdin];
    if (login === undefined) return { code: 1, stdout: "credentials not found in native keychain\n" };
    return { code: 0, stdout: JSON.stringify({ ServerURL: stdin, Username: login[0], Secret: login[1] }) };
  };
}

/** A logger that keeps its lines. */
export interface RecordingLogger extends Logger {
  readonly lines: { readonly level: LogLevel; readonly message: string; readonly fields: LogFields }[];
  /** The lines of a level as `message key=value ...`. */
  at(level: LogLevel): readonly string[];
}

/** Makes a logger that keeps its lines. */
export function createRecordingLogger(): RecordingLogger {
  const lines: { level: LogLevel; message: string; fields: LogFields }[] = [];
  return {
    lines,
    isEnabled: () => true,
    log: (level, message, fields = {}) => lines.push({ level, message, fields }),
    at: (level) =>
      lines.filter((line) => line.level === level).map(({ message, fields }) =>
        [message, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].join(" ")
      ),
  };
}
