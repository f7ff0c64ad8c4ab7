/**
 * Checks passwords against bcrypt hashes.
 *
 * @module
 */

export { compare } from "npm:bcryptjs@3.0.3";
