import assert from "node:assert/strict";
import { test } from "node:test";
import { repeatedKey } from "./json-keys.ts";

test("a repeated key is found at any depth and in any spelling", () => {
  assert.equal(repeatedKey('{"a":1,"b":[{"c":2},{"c":3}],"d":"a"}'), undefined);
  assert.equal(repeatedKey('{"a":{"x":1},"b":{"x":1}}'), undefined);
  assert.equal(repeatedKey('{"m":{"a":"x" , "\\u0061" : "y"}}'), "a");
  assert.equal(repeatedKey('[{"q\\"{":1,"q\\"{":2}]'), 'q"{');
  assert.equal(repeatedKey('{"a":["a","a"]}'), undefined);
});
