/**
 * Takes secrets out of text that others wrote.
 *
 * @module
 */

/**
 * Replaces every occurrence of secrets, also percent-encoded and in Base64, so that a server that repeats what it was
 * sent cannot get it into messages.
 *
 * @param text The text.
 * @param secrets The secrets; empty ones are skipped.
 * @returns The text with `…` instead.
 */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let redacted = text;
  for (const secret of secrets) {
    if (secret === "") continue;
    const base64 = new TextEncoder().encode(secret).toBase64();
    for (const form of [secret, encodeURIComponent(secret), base64, base64.replace(/=+$/, "")]) {
      redacted = redacted.replaceAll(form, "…");
    }
  }
  return redacted;
}
