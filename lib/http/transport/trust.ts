/**
 * Whom TLS connections to a host trust, and as whom they present themselves.
 *
 * @module
 */

/** What a TLS connection is made with. */
export interface Trust {
  /** PEM texts of authorities trusted beside those that the runtime was built with. */
  readonly authorities: readonly string[];
  /** Client certificate and key, PEM texts. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
}

/** Trust in nobody but the runtime's own authorities. */
export const plainTrust: Trust = { authorities: [], client: undefined };
