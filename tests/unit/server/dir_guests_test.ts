import assert from "node:assert/strict";
import { DirectoryGuests } from "../../../lib/server/store/dir_guests.ts";

const nothing = () => Promise.resolve();

Deno.test("alone() runs nothing while somebody is inside, or below where that counts", async () => {
  const guests = new DirectoryGuests();
  const inside = Promise.withResolvers<void>();
  const visits = ["a", "a", "b/c"].map((name) => guests.visit(name, () => inside.promise));
  assert.equal(await guests.alone("a", "itself", () => assert.fail("somebody is inside")), false);
  assert.equal(await guests.alone("b", "below", () => assert.fail("somebody is below")), false);
  assert.equal(await guests.alone("b", "itself", nothing), true);
  assert.equal(await guests.alone("b/cc", "below", nothing), true);
  inside.resolve();
  await Promise.all(visits);
  assert.equal(await guests.alone("a", "itself", nothing), true);
  assert.equal(await guests.alone("b", "below", nothing), true);
});

Deno.test("visit() waits while somebody is alone there, and for nobody else", async () => {
  const guests = new DirectoryGuests();
  const removing = Promise.withResolvers<void>();
  const came: string[] = [];
  const alone = guests.alone("a", "below", async () => {
    await removing.promise;
    came.push("removed");
  });
  const visits = ["a", "a/b", "ab", "b"].map((name) => guests.visit(name, () => Promise.resolve(came.push(name))));
  await Promise.all(visits.slice(2));
  assert.deepEqual(came, ["ab", "b"]);
  removing.resolve();
  await Promise.all([alone, ...visits]);
  assert.deepEqual(came, ["ab", "b", "removed", "a", "a/b"]);
});

Deno.test("visit() lets others in after a task that failed, and after a removal that did", async () => {
  const guests = new DirectoryGuests();
  const failure = new Error("failed");
  await assert.rejects(guests.visit("a", () => Promise.reject(failure)), failure);
  await assert.rejects(guests.alone("a", "itself", () => Promise.reject(failure)), failure);
  assert.equal(await guests.visit("a", () => Promise.resolve("in")), "in");
});
