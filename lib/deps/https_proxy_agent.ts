/**
 * Reaches https hosts through an HTTP proxy with `node:https`.
 *
 * @module
 */

export { HttpsProxyAgent } from "npm:https-proxy-agent@9.1.0";
