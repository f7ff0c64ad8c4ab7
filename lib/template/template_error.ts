/**
 * The error of a template that cannot be read or run.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/** Where a template failed. */
export interface TemplatePlace {
  /** The line, from 1. */
  readonly line: number;
  /** How many bytes stand before the place on its line; `undefined` when only the line is known. */
  readonly column?: number | undefined;
  /** The part of the template that failed, as it is written; empty when the template could not be read. */
  readonly action?: string | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
}

/** A template could not be read, or failed while it ran; its code is `TEMPLATE`. */
export class TemplateError extends RegkitError {
  /** The class name, for logs. */
  override name = "TemplateError";
  /** The line, from 1. */
  readonly line: number;
  /** How many bytes stand before the place on its line; `undefined` for templates that could not be read. */
  readonly column: number | undefined;
  /** The part of the template that failed, as it is written; empty when the template could not be read. */
  readonly action: string;
  /** What was printed before; empty when it was streamed, or when the template could not be read. */
  partial = "";

  /**
   * Creates an error.
   *
   * @param message What was wrong and where.
   * @param place Where it was.
   */
  constructor(message: string, place: TemplatePlace) {
    super("TEMPLATE", message, { cause: place.cause });
    this.line = place.line;
    this.column = place.column;
    this.action = place.action ?? "";
  }
}
