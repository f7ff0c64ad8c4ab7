/**
 * The script for zsh, to be sourced or to be kept in a folder of `fpath`.
 *
 * @module
 */

import type { ScriptOptions } from "./script_options.ts";

/**
 * Writes the script.
 *
 * @param options The program and what it is asked.
 * @returns The script.
 */
export function zshScript({ program, request }: ScriptOptions): string {
  const name = program.replaceAll(/\W/g, "_");
  return `#compdef ${program}
# Completes ${program} in zsh.

_${name}() {
  local tool=\${(Q)words[1]} typed=$IPREFIX$PREFIX line name note bits
  local -a before answer list
  [[ $tool == '~/'* ]] && tool=$HOME/\${tool#'~/'}
  whence -- $tool >/dev/null || tool=${program}
  before=("\${(@Q)words[2,CURRENT-1]}")
  # zsh leaves out empty lists, but not the empty word under the cursor.
  ((CURRENT > 2)) || before=()
  answer=("\${(@f)$($tool ${request} "\${before[@]}" "\${(Q)typed}" 2>/dev/null)}")
  bits=\${answer[-1]#:}
  [[ $bits == <-> ]] || return 1
  ((bits & 1)) && return 1
  answer[-1]=()
  [[ $PREFIX == -*=* ]] && compset -P '*='
  for line in "\${answer[@]}"; do
    [[ -n $line ]] || continue
    name=\${line%%$'\\t'*}
    note=''
    [[ $line == *$'\\t'* ]] && note=:\${line#*$'\\t'}
    list+=("\${name//:/\\\\:}$note")
  done
  if ((\${#list})); then
    local -a blank
    ((bits & 2)) && blank=(-S '')
    _describe -V -t ${name} ${program} list "\${blank[@]}"
  elif ((bits & 16)); then
    _files -/
  elif ((bits & 4)); then
    return 1
  else
    _files
  fi
}

# Loaded by name the file is the body of the function; sourced it only defines it.
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _${name} "$@"
elif ((\${+functions[compdef]})); then
  compdef _${name} ${program}
fi
`;
}
