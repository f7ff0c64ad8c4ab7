/**
 * What the scripts of all shells are made of.
 *
 * @module
 */

/** What a script is made of. */
export interface ScriptOptions {
  /** The program's name. */
  readonly program: string;
  /** The hidden word that asks for candidates. */
  readonly request: "__complete" | "__completeNoDesc";
}
