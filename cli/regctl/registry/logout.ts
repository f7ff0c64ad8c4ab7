/**
 * `regctl registry logout`.
 *
 * @module
 */

import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { editHost, loadFile } from "./edit_file.ts";
import { parseNameArgument } from "./name_argument.ts";

/**
 * Takes the stored login of a registry away.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation): Promise<void> {
  const { name } = parseNameArgument(invocation.args);
  const file = await loadFile(context, invocation);
  if (!file.hosts.has(name)) {
    invocation.logger.log("warn", "No configuration found for registry", { registry: name });
    return;
  }
  await editHost(context, invocation, name, ({ settings, rest }) => {
    const { user: _user, pass: _pass, token: _token, ...others } = settings;
    return { settings: others, rest };
  });
}
