// Holds an AsyncAPI document against the official parser; prints each complaint, exits 1 where there is an error.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const told = diagnostics.map((each) => ({ severity: each.severity, code: each.code, at: each.path.join("/"), says: each.message }));
const channels = document ? document.channels().all().map((each) => each.address()) : [];
console.log(JSON.stringify({ channels, operations: document?.operations().all().length ?? 0, told }));
process.exit(document && !told.some((each) => each.severity === 0) ? 0 : 1);
