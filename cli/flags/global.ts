/**
 * The flags that every command takes, before or after its words.
 *
 * @module
 */

import type { FlagTable, FlagValue, GlobalValues } from "../command.ts";

/** The flags by long name. */
export const globalFlags = {
  "exit-codes": {
    kind: "bool",
    summary:
      "Tell failures apart: exit 2 for usage, 3 for not found, 4 for denied, 5 for rate limited, 130 for interrupted",
  },
  host: {
    kind: "list",
    summary: "Settings of a registry for this run (reg=name,user=u,pass=p,tls=enabled|insecure|disabled)",
    completion: "none",
  },
  logopt: { kind: "list", summary: "Log option: json writes one JSON object per line", completion: "none" },
  quiet: { kind: "bool", summary: "Show no progress" },
  strict: {
    kind: "bool",
    summary: "Fail where regctl only warns or lets pass: unreadable settings, --host and --digest, --require-list",
  },
  "user-agent": { kind: "string", summary: "User-Agent sent to registries", completion: "none" },
  verbosity: {
    kind: "string",
    short: "v",
    default: "WARN",
    summary: "Log level: trace, debug, info, warn or error",
    completion: ["trace", "debug", "info", "warn", "error"],
  },
} as const satisfies FlagTable;

/**
 * Gathers the values of the global flags.
 *
 * @param values The values by long name.
 * @param given The long names that were typed.
 * @returns The values, typed.
 */
export function readGlobals(
  values: Readonly<Record<string, FlagValue>>,
  given: ReadonlySet<string>,
): GlobalValues {
  const list = (name: string): readonly string[] => {
    const value = values[name];
    return Array.isArray(value) ? value : [];
  };
  return {
    verbosity: String(values["verbosity"] ?? globalFlags.verbosity.default),
    isVerbosityGiven: given.has("verbosity"),
    logopt: list("logopt"),
    host: list("host"),
    userAgent: String(values["user-agent"] ?? ""),
    isQuiet: values["quiet"] === true,
    isStrict: values["strict"] === true,
  };
}
