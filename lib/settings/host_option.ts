/**
 * The `--host` option: settings of one registry for one run.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { HostSettings, TlsMode } from "./host.ts";
import { parseTlsMode, TLS_MODES } from "./host_json.ts";
import { type NamedHostSettings, parseHostName } from "./host_name.ts";
import { parseKeyValueList } from "../oci/key_value_list.ts";

/**
 * Reads `reg=name,user=u,pass=p,tls=disabled`. Other keys are ignored.
 *
 * @param text The option's value.
 * @returns The registry's name and what is set for it.
 * @throws {RegkitError} `INVALID_ARGUMENT` when the list cannot be read, names no registry or has an unknown `tls` value. The text is not in
 *   the message, since it may hold a password.
 */
export function parseHostOption(text: string): NamedHostSettings {
  const values = parseList(text);
  const reg = values.get("reg") ?? "";
  if (reg === "") throw usageError("no registry is named", "Write --host reg=registry.example.org,tls=disabled");
  const named = parseHostName(reg);
  if (named === undefined) throw usageError(`invalid registry name ${JSON.stringify(reg)}`);
  const user = values.get("user") ?? "";
  const pass = values.get("pass") ?? "";
  const settings: HostSettings = {
    ...named.implied,
    ...(user === "" ? {} : { user }),
    ...(pass === "" ? {} : { pass }),
    ...readTls(values.get("tls") ?? ""),
  };
  return { name: named.name, settings };
}

function parseList(text: string): ReadonlyMap<string, string> {
  try {
    return parseKeyValueList(text);
  } catch (error) {
    if (!(error instanceof RegkitError)) throw error;
    throw usageError(error.message, error.tip);
  }
}

function readTls(word: string): { readonly tls?: TlsMode } {
  if (word === "") return {};
  const tls = parseTlsMode(word);
  if (tls === undefined) {
    throw usageError(`unknown TLS value ${JSON.stringify(word)}`, `Allowed are ${TLS_MODES.join(", ")}`);
  }
  return { tls };
}

function usageError(problem: string, tip?: string): RegkitError {
  return new RegkitError("INVALID_ARGUMENT", `invalid value for "--host" flag: ${problem}`, { tip });
}
