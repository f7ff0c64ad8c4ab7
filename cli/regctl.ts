/**
 * regctl: the command line to registries and OCI layouts.
 *
 * @module
 */

import { createDenoContext } from "./deno_context.ts";
import { regctl } from "./regctl/commands.ts";
import { runLine } from "./run.ts";

if (import.meta.main) Deno.exit(await runLine(regctl, Deno.args, createDenoContext()));
