/**
 * `regctl registry login`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import type { HostSettings } from "../../../lib/settings/host.ts";
import type { HostEntry } from "../../../lib/settings/host_json.ts";
import { withHostEntry } from "../../../lib/settings/regctl_file.ts";
import { readBytes } from "../../../lib/streams/read_bytes.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { checkRegistry, editHost, emptyEntry, loadFile } from "./edit_file.ts";
import { parseNameArgument, type TypedRegistry } from "./name_argument.ts";
import { Prompt } from "./prompt.ts";

interface Flags {
  readonly user: string;
  readonly pass: string;
  readonly "pass-stdin": boolean;
  readonly "skip-check": boolean;
}

/** The user name that marks the password as an identity token. */
const tokenUser = "<token>";

/** More than any password. */
const maxPasswordBytes = 1 << 20;

/**
 * Logs in to a registry and stores the login.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags, logger } = invocation;
  const registry = parseNameArgument(args);
  const file = await loadFile(context, invocation);
  const login = await readLogin(context, invocation, file.hosts.get(registry.name)?.settings.user ?? "");
  const edit = (entry: HostEntry): HostEntry => withLogin(entry, registry, login);
  if (!flags["skip-check"]) {
    const tried = withHostEntry(file, registry.name, edit(file.hosts.get(registry.name) ?? emptyEntry));
    try {
      await checkRegistry(context, invocation, registry.name, tried);
    } catch (error) {
      logger.log("warn", "Failed to log in to registry, nothing was stored", { registry: registry.name });
      throw error;
    }
  }
  await editHost(context, invocation, registry.name, edit);
  logger.log("info", "Credentials set", { registry: registry.name });
}

type Login = Required<Pick<HostSettings, "user" | "pass">>;

async function readLogin(context: Context, { flags, given }: Invocation<Flags>, known: string): Promise<Login> {
  if (flags["pass-stdin"]) {
    if (flags.user === "") {
      throw new RegkitError("INVALID_ARGUMENT", "user must be provided to read password from stdin");
    }
    const bytes = await readBytes(context.stdin.stream(), maxPasswordBytes, "the password on standard input");
    return { user: flags.user, pass: new TextDecoder().decode(bytes).replace(/[\r\n]+$/, "") };
  }
  const prompt = new Prompt(context);
  const question = known === "" ? "Enter Username: " : `Enter Username [${known}]: `;
  const user = flags.user || await prompt.line(question) || known;
  if (user === "") {
    throw new RegkitError("INVALID_ARGUMENT", "required input missing", { tip: "Give the user name with -u" });
  }
  return { user, pass: given.has("pass") ? flags.pass : await prompt.secret("Enter Password: ") };
}

/** A helper of the same host would be asked before the login; so the login takes its place. */
function withLogin({ settings, rest }: HostEntry, registry: TypedRegistry, { user, pass }: Login): HostEntry {
  const { user: _user, pass: _pass, token: _token, credHelper: _helper, ...others } = settings;
  const login = user === tokenUser ? { token: pass } : { user, pass };
  return { settings: { ...others, ...(registry.tls === undefined ? {} : { tls: registry.tls }), ...login }, rest };
}
