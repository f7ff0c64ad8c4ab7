/**
 * Reads YAML with the positions of its values.
 *
 * @module
 */

export { LineCounter, parseDocument } from "npm:yaml@2.9.1";
