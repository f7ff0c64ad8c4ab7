/**
 * The script for PowerShell, from version 5 on.
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
export function powershellScript({ program, request }: ScriptOptions): string {
  return `# Completes ${program} in PowerShell.

Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    $tool = $elements[0]
    $before = @($elements | Select-Object -Skip 1)
    $typed = "$wordToComplete"
    # Older versions drop empty arguments of programs.
    if ($typed -eq '' -and "$PSNativeCommandArgumentPassing" -in '', 'Legacy') { $typed = '""' }

    $answer = @(& $tool '${request}' @before $typed 2>$null)
    if ($answer.Count -eq 0 -or $answer[-1] -notmatch '^:(\\d+)$') { return }
    $bits = [int]$Matches[1]
    if ($bits -band 1) { return }
    $prefix = if ($wordToComplete -match '^(-[^=]*=)') { $Matches[1] } else { '' }
    $found = @($answer | Select-Object -SkipLast 1 | Where-Object { $_ -ne '' })
    foreach ($candidate in $found) {
        $name, $note = $candidate -split "\`t", 2
        if (-not $note) { $note = $name }
        $text = "$prefix$name"
        if ($text -match '[\\s''"$\`@(){};,|&<>]') { $text = "'" + $text.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $note)
    }
    # Nothing at all makes PowerShell offer file names; an empty text keeps it from that.
    if ($found.Count -eq 0 -and ($bits -band 4)) { '' }
}
`;
}
