/**
 * The file of `registry serve`, and the rules in it, which count anew when it changes.
 *
 * @module
 */

import type { Logger } from "../../../lib/log.ts";
import { type AccessPolicy, accessPolicy } from "../../../lib/server/auth/access_rules.ts";
import { openWatchedFile, type WatchedFile } from "../../../lib/server/auth/watched_file.ts";
import { type ConfigKind, parseServerConfig, type ServerConfig } from "../../../lib/server/server_config.ts";
import { readAccessRules, ruleSections } from "../../../lib/server/server_config_rules.ts";
import { readUpstreams, upstreamsSection } from "./cache_settings.ts";
import { serveFlags } from "./serve_flags.ts";

/** The sections beside the flags. */
const sections: readonly string[] = [...ruleSections, upstreamsSection];

/**
 * Opens the file.
 *
 * @param path The file.
 * @param logger Takes the line when a later state is not acceptable.
 * @returns The file.
 * @throws {RegkitError} `IO` when it cannot be read; `INVALID_SETTINGS` with line and column.
 */
export async function openServeConfig(path: string, logger: Logger): Promise<WatchedFile<ServerConfig>> {
  const keys = Object.fromEntries(
    Object.entries(serveFlags).filter(([name]) => name !== "config").map(([name, { kind }]): [string, ConfigKind] => [
      name,
      kind,
    ]),
  );
  const parse = async (text: string): Promise<ServerConfig> => {
    const config = await parseServerConfig(text, path, { keys, sections });
    // Rules are read here too, so that a state with a wrong one is not taken over.
    readAccessRules(config);
    readUpstreams(config.sections.get(upstreamsSection));
    return config;
  };
  return await openWatchedFile(path, parse, { logger });
}

/**
 * Makes a function that gives the policy as the file has it now.
 *
 * @param file The file, if there is one.
 * @param anonymousPull Whether everybody may pull what no rule is about.
 * @returns The function.
 */
export function policyOf(
  file: WatchedFile<ServerConfig> | undefined,
  anonymousPull: boolean,
): () => Promise<AccessPolicy> {
  let made: { readonly from: ServerConfig | undefined; readonly policy: AccessPolicy } | undefined;
  return async () => {
    const from = await file?.get();
    if (made === undefined || made.from !== from) {
      const rules = from === undefined ? {} : readAccessRules(from);
      made = { from, policy: accessPolicy({ ...rules, anonymousPull }) };
    }
    return made.policy;
  };
}
