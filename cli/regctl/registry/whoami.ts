/**
 * `regctl registry whoami`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openHosts } from "../../open_client.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { parseNameArgument } from "./name_argument.ts";

/** How `--json` shows a login. */
export interface WhoamiJson {
  /** The registry. */
  readonly registry: string;
  /** The user; `<token>` for an identity token without one. */
  readonly user: string;
}

/**
 * Prints the user of a registry's login.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<JsonFlag>): Promise<void> {
  const { name } = parseNameArgument(invocation.args);
  const hosts = await openHosts(context, invocation);
  const login = await hosts.credential(hosts.host(name), { signal: context.signal });
  const user = login?.user || (login?.token ? "<token>" : "");
  if (user === "") {
    throw new RegkitError("CREDENTIALS", `no login found for ${name}`, {
      tip: `Log in with "regctl registry login ${name}"`,
    });
  }
  if (invocation.flags.json) return await printJson<WhoamiJson>(context.stdout, { registry: name, user });
  await context.stdout.write(`${user}\n`);
}
