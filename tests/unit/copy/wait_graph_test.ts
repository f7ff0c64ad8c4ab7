import assert from "node:assert/strict";
import { type Task, WaitGraph } from "../../../lib/copy/wait_graph.ts";

Deno.test("WaitGraph.task() does the work of a key once", async () => {
  const graph = new WaitGraph();
  let times = 0;
  const work = () => Promise.resolve(void times++);
  const task = graph.task("a", "a", work);
  assert.equal(graph.task("a", "again", work), task);
  await task.done;
  assert.equal(times, 1);
});

Deno.test("WaitGraph.wait() ends with the other task, and fails as it fails", async () => {
  const graph = new WaitGraph();
  const order: string[] = [];
  const failure = new Error("no");
  const slow = graph.task("slow", "slow", async () => {
    await Promise.resolve();
    order.push("slow");
  });
  const broken = graph.task("broken", "broken", () => Promise.reject(failure));
  const after = graph.task("after", "after", async (self) => {
    await graph.wait(self, slow, false);
    order.push("after");
    await assert.rejects(graph.wait(self, broken, true), failure);
  });
  await after.done;
  assert.deepEqual(order, ["slow", "after"]);
});

Deno.test("WaitGraph.wait() does not wait when an optional wait would close a ring", async () => {
  const graph = new WaitGraph();
  const order: string[] = [];
  const a: Task = graph.task("a", "a", async (self) => {
    const b = graph.task("b", "b", async (other) => {
      await Promise.resolve();
      await graph.wait(other, a, false);
      order.push("b");
    });
    // Let b wait first.
    for (let at = 0; at < 5; at++) await Promise.resolve();
    await graph.wait(self, b, true);
    order.push("a");
  });
  await a.done;
  await graph.task("b", "b", () => Promise.resolve()).done;
  assert.deepEqual(order, ["a", "b"]);
});

Deno.test("WaitGraph.wait() gives an optional wait up when a needed one closes the ring, however long it is", async () => {
  const graph = new WaitGraph();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const names = ["a", "b", "c"];
  const tasks: Task[] = [];
  for (const [at, name] of names.entries()) {
    tasks.push(graph.task(name, name, async (self) => {
      await gate.promise;
      // a waits for b, b for c, c for a; only the wait of b may be given up.
      const other = tasks[(at + 1) % names.length];
      assert(other !== undefined);
      await graph.wait(self, other, name === "b");
      order.push(name);
    }));
  }
  gate.resolve();
  await Promise.all(tasks.map((task) => task.done));
  assert.deepEqual(order, ["b", "a", "c"]);
});

Deno.test("WaitGraph.wait() fails when all in a ring need each other", async () => {
  const graph = new WaitGraph();
  const gate = Promise.withResolvers<void>();
  const tasks: Task[] = [];
  for (const name of ["a", "b"]) {
    tasks.push(graph.task(name, `the ${name}`, async (self) => {
      await gate.promise;
      const other = tasks[name === "a" ? 1 : 0];
      assert(other !== undefined);
      await graph.wait(self, other, false);
    }));
  }
  gate.resolve();
  const results = await Promise.allSettled(tasks.map((task) => task.done));
  assert.deepEqual(results.map((result) => result.status === "rejected" && result.reason.message), [
    "loop detected: the b needs the a needs the b",
    "loop detected: the b needs the a needs the b",
  ]);
});
