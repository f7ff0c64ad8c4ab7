/**
 * Reads tar archives as streams of entries.
 *
 * @module
 */

export { createTarDecoder, type ParsedTarEntry, type TarHeader } from "npm:modern-tar@0.8.6";
