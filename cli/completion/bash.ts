/**
 * The script for bash, from version 3.2 on, without the package bash-completion.
 *
 * @module
 */

import type { ScriptOptions } from "./script_options.ts";

/**
 * Writes the script.
 *
 * bash splits the line at the characters of `COMP_WORDBREAKS`, such as the `:` and `=` of references and flags. The words are
 * put together again here, and of each candidate only what follows the last such character is handed back.
 *
 * @param options The program and what it is asked.
 * @returns The script.
 */
export function bashScript({ program, request }: ScriptOptions): string {
  const name = program.replaceAll(/\W/g, "_");
  return `# Completes ${program} in bash.

# Takes quotes and backslashes off a word, without running anything in it.
_${name}_plain() {
  local text=$1 quote='' char i
  plain=''
  for ((i = 0; i < \${#text}; i++)); do
    char=\${text:i:1}
    if [[ $char == \\\\ && $quote != "'" ]]; then
      i=$((i + 1))
      plain+=\${text:i:1}
    elif [[ -n $quote && $char == "$quote" ]]; then
      quote=''
    elif [[ -z $quote && ($char == \\' || $char == \\") ]]; then
      quote=$char
    else
      plain+=$char
    fi
  done
}

# Puts the words up to the cursor together again. What bash takes for finished of the last one goes into said.
_${name}_words() {
  local line=\${COMP_LINE:0:COMP_POINT} piece blanks i last=-1
  words=()
  said=''
  for ((i = 0; i <= COMP_CWORD; i++)); do
    blanks=\${line%%[![:space:]]*}
    line=\${line#"$blanks"}
    piece=\${COMP_WORDS[i]:0:\${#line}}
    line=\${line#"$piece"}
    if [[ $last -lt 0 || -n $blanks ]]; then
      last=$((last + 1))
      words[last]=$piece
      said=''
    else
      said=\${words[last]}
      words[last]+=$piece
    fi
    [[ $piece == [:=]* ]] && said=\${words[last]}
  done
}

# Gathers the candidates of an answer into names, and what they are into notes.
_${name}_read() {
  local line
  names=()
  notes=()
  while IFS= read -r line; do
    [[ -n $line && $before\${line%%$'\\t'*} == "$text"* ]] || continue
    names[\${#names[@]}]=$before\${line%%$'\\t'*}
    [[ $line == *$'\\t'* ]] && line=\${line#*$'\\t'} || line=''
    notes[\${#notes[@]}]=$line
  done <<<"$1"
}

_${name}() {
  local tool plain said text before='' out bits line i width=0
  local -a words args names notes
  _${name}_words
  for ((i = 0; i < \${#words[@]}; i++)); do
    _${name}_plain "\${words[i]}"
    args[i]=$plain
  done
  text=$plain
  tool=\${args[0]}
  [[ $tool == \\~/* ]] && tool=$HOME/\${tool:2}
  type "$tool" >/dev/null 2>&1 || tool=${program}
  COMPREPLY=()
  out=$("$tool" ${request} "\${args[@]:1}" 2>/dev/null) || return
  bits=\${out##*:}
  [[ $bits =~ ^[0-9]+$ ]] || return
  ((bits & 1)) && return
  [[ $text == -*=* ]] && before=\${text%%=*}=
  _${name}_read "\${out%:*}"
  _${name}_plain "$said"
  for ((i = 0; i < \${#names[@]}; i++)); do
    COMPREPLY[i]=\${names[i]#"$plain"}
    ((\${#COMPREPLY[i]} > width)) && width=\${#COMPREPLY[i]}
  done
  # Only a list that is shown and not inserted says what the candidates are.
  if [[ \${#names[@]} -gt 1 && (\${COMP_TYPE:-9} -eq 63 || \${COMP_TYPE:-9} -eq 33) ]]; then
    for ((i = 0; i < \${#names[@]}; i++)); do
      [[ -n \${notes[i]} ]] || continue
      printf -v line '%-*s  (%s)' "$width" "\${COMPREPLY[i]}" "\${notes[i]}"
      COMPREPLY[i]=$line
    done
  fi
  if ((bits & 16)); then
    while IFS= read -r line; do
      [[ -n $line ]] && COMPREPLY[\${#COMPREPLY[@]}]=$line
    done <<<"$(compgen -d -- "\${text#"$plain"}")"
  fi
  # bash 3 cannot change its mind about blanks and file names.
  type compopt >/dev/null 2>&1 || return 0
  ((bits & 2)) && compopt -o nospace 2>/dev/null
  ((bits & 16)) && compopt -o filenames 2>/dev/null
  ((bits & 20)) && compopt +o default 2>/dev/null
  return 0
}

complete -o default -F _${name} ${program}
`;
}
