/**
 * The texts of the framework that users see, in one place. Those that scripts look for keep regctl's wording.
 *
 * @module
 */

/** Texts of parse errors, tips and help. */
export const texts = {
  acceptsExactly: (wanted: number, got: number): string => `accepts ${wanted} arg(s), received ${got}`,
  acceptsBetween: (least: number, most: number, got: number): string =>
    `accepts between ${least} and ${most} arg(s), received ${got}`,
  acceptsAtLeast: (least: number, got: number): string => `requires at least ${least} arg(s), only received ${got}`,
  badFlagSyntax: (token: string): string => `bad flag syntax: ${token}`,
  flagNeedsArgument: (name: string): string => `flag needs an argument: --${name}`,
  shorthandNeedsArgument: (letter: string, letters: string): string =>
    `flag needs an argument: '${letter}' in -${letters}`,
  invalidArgument: (value: string, flag: string, reason: string): string =>
    `invalid argument ${JSON.stringify(value)} for "${flag}" flag: ${reason}`,
  unknownFlag: (name: string): string => `unknown flag: --${name}`,
  unknownShorthand: (letter: string, letters: string): string => `unknown shorthand flag: '${letter}' in -${letters}`,
  unknownCommand: (word: string, parent: string): string => `unknown command ${JSON.stringify(word)} for "${parent}"`,
  didYouMean: (names: readonly string[]): string =>
    `\n\nDid you mean this?\n${names.map((name) => `\t${name}\n`).join("")}`,
  jsonAndFormat: "cannot print both --json and --format, leave out one of them",
  badVerbosity: (value: string): string =>
    `unable to parse verbosity ${value}: expected trace, debug, info, warn or error, with an offset such as info+2 if wanted`,
  usageTip: (line: string): string => `Usage: ${line}`,
  helpTip: (name: string): string => `Try "${name} --help"`,
  permissionTip: (flags: string): string => `Run it with ${flags}`,
  tlsTip: 'Try updating your registry with "regctl registry set --tls disabled <registry>"',
  certificateTip:
    'Trust its authority with "regctl registry set --cacert <pem> <registry>", or skip the check with --tls insecure',
  loginTip: 'Log in with "regctl registry login <registry>"',
} as const;

/** The headings and fixed lines of help. */
export const headings = {
  usage: "Usage:",
  aliases: "Aliases:",
  examples: "Examples:",
  commands: "Available Commands:",
  flags: "Flags:",
  globalFlags: "Global Flags:",
  permissions: "Permissions:",
  helpFlag: "Show this help",
  more: (name: string): string => `Use "${name} [command] --help" for more about a command.`,
} as const;
