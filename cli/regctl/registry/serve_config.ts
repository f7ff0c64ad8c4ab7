/**
 * The file of `registry serve`, and the rules in it, which count anew when it changes.
 *
 * @module
 */

import type { Logger } from "../../../lib/log.ts";
import { type AccessPolicy, accessPolicy } from "../../../lib/server/auth/access_rules.ts";
import { openWatchedFile, type WatchedFile } from "../../../lib/server/auth/watched_file.ts";
import { type ConfigKind, parseServerConfig, type ServerConfig } from "../../../lib/server/server_config.ts";
import {
  placeOfRules,
  readAccessRules,
  requireRulesKept,
  ruleSections,
} from "../../../lib/server/server_config_rules.ts";
import type { SettingsPlace } from "../../../lib/settings/settings_error.ts";
import { readUpstreams, upstreamsSection } from "./cache_settings.ts";
import { serveFlags } from "./serve_flags.ts";

/** The sections beside the flags. */
const sections: readonly string[] = [...ruleSections, upstreamsSection];

/** Gives the rights as the file has them now. */
export interface ServePolicy {
  /** Gives the rights. */
  (): Promise<AccessPolicy>;
  /** Tells where the rules of the file stand; `undefined` when it has none. */
  placeOfRules(): Promise<SettingsPlace | undefined>;
}

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
  const parse = async (text: string, last: ServerConfig | undefined): Promise<ServerConfig> => {
    const config = await parseServerConfig(text, path, { keys, sections });
    // Rules are read here too, so that a state with a wrong one is not taken over.
    readAccessRules(config);
    readUpstreams(config.sections.get(upstreamsSection));
    requireRulesKept(config, last);
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
): ServePolicy {
  let made: { readonly from: ServerConfig | undefined; readonly policy: AccessPolicy } | undefined;
  const policy = async (): Promise<AccessPolicy> => {
    const from = await file?.get();
    if (made === undefined || made.from !== from) {
      const rules = from === undefined ? {} : readAccessRules(from);
      made = { from, policy: accessPolicy({ ...rules, anonymousPull }) };
    }
    return made.policy;
  };
  return Object.assign(policy, {
    async placeOfRules() {
      const config = await file?.get();
      return config === undefined ? undefined : placeOfRules(config);
    },
  });
}
