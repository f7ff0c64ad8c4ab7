/**
 * The command `regctl registry serve`, as data.
 *
 * @module
 */

import { type Command, command } from "../../command.ts";

/** The command. */
export const serveCommand: Command = command({
  path: "registry serve",
  summary: "Serve a registry from a directory, or from memory",
  description:
    "Serves a registry until it is interrupted. The directory holds one OCI layout per repository, which other tools can " +
    "use too; without a directory everything is kept in memory and gone at the end. Everyone who reaches the address may " +
    "pull, push and delete. The first line printed says where it listens.",
  examples: [
    { summary: "serve from memory on any free port", line: "regctl registry serve --listen 127.0.0.1:0" },
    { summary: "serve the layouts below a directory", line: "regctl registry serve ./registry" },
  ],
  args: [{ name: "dir", isOptional: true, completion: "directories" }],
  flags: {
    listen: {
      kind: "string",
      default: "127.0.0.1:5000",
      placeholder: "host:port",
      summary: "Address to listen on; port 0 takes any that is free",
      completion: "none",
    },
  },
  permissions: ["--allow-net=<address>", "[--allow-read=<dir>]", "[--allow-write=<dir>]", "--allow-env"],
  load: () => import("./serve.ts"),
});
