/**
 * Reaches hosts through a SOCKS5 proxy with `node:http` and `node:https`.
 *
 * @module
 */

export { SocksProxyAgent } from "npm:socks-proxy-agent@10.1.0";
