/**
 * Finds the shortest edit between two lists.
 *
 * @module
 */

export { diffArrays } from "npm:diff@9.0.0";
