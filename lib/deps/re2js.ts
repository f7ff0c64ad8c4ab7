/**
 * Regular expressions in RE2's syntax, matched in linear time.
 *
 * @module
 */

export { RE2JS, RE2JSException } from "npm:re2js@2.10.0";
