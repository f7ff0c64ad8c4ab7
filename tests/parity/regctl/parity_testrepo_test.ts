import { testTable } from "./test_table.ts";

testTable("testrepo");
