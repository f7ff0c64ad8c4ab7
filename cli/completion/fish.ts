/**
 * The script for fish.
 *
 * @module
 */

import type { ScriptOptions } from "./script_options.ts";

/**
 * Writes the script. One condition asks for the candidates and decides whether file names are wanted; the list is read after it.
 *
 * @param options The program and what it is asked.
 * @returns The script.
 */
export function fishScript({ program, request }: ScriptOptions): string {
  const name = program.replaceAll(/\W/g, "_");
  return `# Completes ${program} in fish.

# Asks for candidates; succeeds when file names are not wanted.
function __${name}_ask
    set -l tokens (commandline -xpc 2>/dev/null; or commandline -opc)
    set -l typed (commandline -ct | string unescape)
    set -l tool $tokens[1]
    type -q -- $tool; or set tool ${program}
    set -g __${name}_list
    set -l answer ($tool ${request} $tokens[2..-1] "$typed" 2>/dev/null)
    set -l bits (string match -r '^:(\\d+)$' -- "$answer[-1]")[2]
    test -n "$bits"; or return 1
    test (math "bitand($bits, 1)") -eq 0; or return 1
    set -l before (string match -r '^-[^=]*=' -- "$typed")
    for line in $answer[1..-2]
        set -a __${name}_list "$before$line"
    end
    if test (math "bitand($bits, 16)") -ne 0
        set __${name}_list (__fish_complete_directories "$typed")
    else if test (math "bitand($bits, 4)") -eq 0
        return 1
    else if test (math "bitand($bits, 2)") -ne 0; and test (count $__${name}_list) -eq 1
        # A single candidate gets a blank behind it; a second one prevents that.
        set -a __${name}_list "$__${name}_list[1]."
    end
    return 0
end

complete -c ${program} -e
complete -c ${program} -n __${name}_ask -f -k -a '$__${name}_list'
`;
}
