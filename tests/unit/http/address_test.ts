import { equal } from "node:assert/strict";
import { isLocalName, isPrivateAddress } from "../../../lib/http/address.ts";

const PRIVATE = [
  "localhost",
  "LOCALHOST",
  "localhost.",
  "app.localhost",
  "localhost:5000",
  "127.0.0.1",
  "127.0.0.1:5000",
  "127.1",
  "2130706433",
  "0x7f000001",
  "017700000001",
  "0.0.0.0",
  "0",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "255.255.255.255",
  "::",
  "::1",
  "[::1]",
  "[::1]:5000",
  "0:0:0:0:0:0:0:1",
  "::ffff:127.0.0.1",
  "::ffff:a9fe:a9fe",
  "[::ffff:10.1.2.3]",
  "::127.0.0.1",
  "::ffff:0:127.0.0.1",
  "64:ff9b::10.0.0.1",
  "2002:7f00:1::",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "fe80::1%eth0",
  "[fe80::1%25eth0]",
  "febf::1",
  "fec0::1",
];

const PUBLIC = [
  "registry.example.org",
  "localhost.example.org",
  "notlocalhost",
  "127.0.0.1.example.org",
  "9.255.255.255",
  "11.0.0.1",
  "100.63.255.255",
  "100.128.0.1",
  "126.255.255.255",
  "128.0.0.1",
  "169.253.255.255",
  "172.15.255.255",
  "172.32.0.1",
  "192.167.255.255",
  "192.169.0.1",
  "8.8.8.8",
  "255.255.255.254",
  "2001:db8::1",
  "[2001:db8::1]:443",
  "2606:4700::1111",
  "::ffff:8.8.8.8",
  "64:ff9b::8.8.8.8",
  "2002:808:808::",
  "fbff::1",
  "fe00::1",
  "ff02::1",
  "",
  "not a host",
  "1.2.3.4.5",
];

for (const hostname of PRIVATE) {
  Deno.test(`isPrivateAddress() takes "${hostname}" for private`, () => equal(isPrivateAddress(hostname), true));
}

for (const hostname of PUBLIC) {
  Deno.test(`isPrivateAddress() takes "${hostname}" for public`, () => equal(isPrivateAddress(hostname), false));
}

Deno.test("isLocalName() adds names without a dot and local domains to private addresses", () => {
  for (const name of ["registry", "registry:5000", "nas.local", "reg.internal", "r.home.arpa", "10.1.1.1", "::1"]) {
    equal(isLocalName(name), true, name);
  }
  for (const name of ["example.org", "local.example.org", "8.8.8.8", "2001:db8::1", "", "reg.example.com:5000"]) {
    equal(isLocalName(name), false, name);
  }
});
