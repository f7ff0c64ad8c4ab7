/**
 * The commands under `regctl registry`, as data.
 *
 * @module
 */

import { type Argument, command, type CommandGroup } from "../../command.ts";
import { formatFlags, jsonFlags } from "../../flags/groups.ts";
import { gcCommand } from "./gc_command.ts";
import { serveCommand } from "./serve_command.ts";

const nameArgument: Argument = { name: "registry", isOptional: true, completion: "hosts" };

const showPermissions: readonly string[] = [
  "--allow-read=<settings>",
  "--allow-env",
  "[--allow-run=<credential helper>]",
];

const changePermissions: readonly string[] = [
  "--allow-read=<settings>",
  "--allow-write=<settings>",
  "--allow-env",
  "--allow-net=<registry>",
];

/** The group. */
export const registryGroup: CommandGroup = {
  kind: "group",
  path: "registry",
  summary: "Log in to registries, keep their settings, and serve one",
  commands: [
    command({
      path: "registry config",
      summary: "Show the settings of one registry, or all settings",
      description:
        "Shows what the settings file says about one registry, or all of it. Passwords, tokens and keys are left out.",
      examples: [
        { summary: "show all settings", line: "regctl registry config" },
        { summary: "show those of one registry", line: "regctl registry config registry.example.org" },
      ],
      args: [nameArgument],
      flags: { ...formatFlags("{{jsonPretty .}}"), ...jsonFlags },
      permissions: showPermissions,
      load: () => import("./config.ts"),
    }),
    gcCommand,
    command({
      path: "registry login",
      summary: "Check and store a login",
      description:
        "Asks for what is missing, logs in to the registry, and stores the login in the settings file if the registry takes it. " +
        "Docker's own logins are used without that. Without a name it is Docker Hub.",
      examples: [
        { summary: "log in to Docker Hub", line: "regctl registry login" },
        {
          summary: "log in with a password from a file",
          line: "regctl registry login registry.example.org -u me --pass-stdin <password.txt",
        },
      ],
      args: [nameArgument],
      flags: {
        user: {
          kind: "string",
          short: "u",
          summary: "User name; <token> when the password is an identity token",
          completion: "none",
        },
        pass: { kind: "string", short: "p", summary: "Password", completion: "none" },
        "pass-stdin": { kind: "bool", summary: "Read the password from standard input" },
        "skip-check": { kind: "bool", summary: "Store the login without trying it" },
      },
      permissions: changePermissions,
      load: () => import("./login.ts"),
    }),
    command({
      path: "registry logout",
      summary: "Forget a stored login",
      description:
        "Takes the login of a registry out of the settings file. Docker's logins and credential helpers are left alone.",
      examples: [{ summary: "log out of a registry", line: "regctl registry logout registry.example.org" }],
      args: [nameArgument],
      flags: {},
      permissions: ["--allow-read=<settings>", "--allow-write=<settings>", "--allow-env"],
      load: () => import("./logout.ts"),
    }),
    serveCommand,
    command({
      path: "registry set",
      summary: "Change the settings of a registry",
      description:
        "Stores what the flags say in the settings file and leaves the rest, then tries to reach the registry. " +
        "An empty value takes a setting back.",
      examples: [
        { summary: "use plain http", line: "regctl registry set localhost:5000 --tls disabled" },
        {
          summary: "trust another certificate authority",
          line: 'regctl registry set registry.example.org --cacert "$(cat ca.pem)"',
        },
        {
          summary: "try a mirror of Docker Hub first",
          line: "regctl registry set --mirror mirror.example.org docker.io",
        },
      ],
      args: [nameArgument],
      flags: {
        "api-opts": { kind: "list", summary: "Option of the registry's API, name=value; no value takes it back" },
        "blob-chunk": { kind: "int", summary: "Bytes per chunk of a chunked upload", completion: "none" },
        "blob-max": { kind: "int", summary: "Upload larger blobs in chunks; -1 for never", completion: "none" },
        cacert: { kind: "string", summary: "Certificate authority, the PEM text itself", completion: "none" },
        "client-cert": { kind: "string", summary: "Client certificate, the PEM text itself" },
        "client-key": { kind: "string", summary: "Key of the client certificate, the PEM text itself" },
        "cred-helper": { kind: "string", summary: "Program that knows the login, such as docker-credential-pass" },
        dns: { kind: "list", summary: "Has no effect", isHidden: true },
        hostname: { kind: "string", summary: "Host and port to contact instead of the name", completion: "none" },
        mirror: { kind: "list", summary: "Name of a registry to read from first", completion: "none" },
        "path-prefix": { kind: "string", summary: "Put before every repository", completion: "none" },
        priority: { kind: "uint", summary: "Order among mirrors, highest first", completion: "none" },
        "repo-auth": { kind: "bool", summary: "Log in to every repository by itself" },
        "req-concurrent": { kind: "int", summary: "Requests at a time; adapts to the registry when not set" },
        "req-per-sec": { kind: "float", summary: "Requests per second" },
        scheme: { kind: "string", summary: "Has no effect", isHidden: true },
        "skip-check": { kind: "bool", summary: "Store the settings without trying them" },
        tls: {
          kind: "string",
          summary: "How to connect: enabled, insecure (unverified) or disabled (http)",
          completion: ["enabled", "insecure", "disabled"],
        },
      },
      permissions: changePermissions,
      load: () => import("./set.ts"),
    }),
    command({
      path: "registry whoami",
      summary: "Show the user name of a login",
      description:
        "Shows which user would log in to a registry, from the settings file, a credential helper or Docker's logins.",
      examples: [{ summary: "show the user on Docker Hub", line: "regctl registry whoami" }],
      args: [nameArgument],
      flags: jsonFlags,
      permissions: showPermissions,
      load: () => import("./whoami.ts"),
    }),
  ],
};
