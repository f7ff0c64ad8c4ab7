/**
 * The command `regctl registry serve`, as data.
 *
 * @module
 */

import { type Command, command } from "../../command.ts";
import { serveFlags } from "./serve_flags.ts";

/** The command. */
export const serveCommand: Command = command({
  path: "registry serve",
  summary: "Serve a registry from a directory, or from memory",
  description:
    "Serves a registry until it is interrupted. The directory holds one OCI layout per repository, which other tools can " +
    "use too; without a directory everything is kept in memory and gone at the end. Without --auth everyone who " +
    "reaches the address may pull, push and delete. The first line printed says where it listens. Requests are logged at the " +
    "level info (-v info). All flags but --config can also stand in the file that --config names, with the sections groups " +
    "and rules for what each user may do.",
  examples: [
    { summary: "serve from memory on any free port", line: "regctl registry serve --listen 127.0.0.1:0" },
    { summary: "serve the layouts below a directory", line: "regctl registry serve ./registry" },
    { summary: "serve a copy of them that may be changed", line: "regctl registry serve --preload ./registry" },
    {
      summary: "let in the users of a password file",
      line: "regctl registry serve ./registry --auth htpasswd --htpasswd ./users",
    },
    {
      summary: "fail every third blob, to test a client",
      line: "regctl registry serve --quirk status=503,kind=blob,method=GET,every=3",
    },
  ],
  args: [{ name: "dir", isOptional: true, completion: "directories" }],
  flags: serveFlags,
  permissions: ["--allow-net=<address>", "[--allow-read=<dir>]", "[--allow-write=<dir>]", "--allow-env"],
  load: () => import("./serve.ts"),
});
