import { fail } from "../core/index.ts";
import { chunksOf, largestRange } from "./file-ranges.ts";

/**
 * Finds the members of one array or object inside a JSON file of any size. It reads the file once and holds one member
 * at a time; whether a member is valid JSON inside is for its reader to say.
 */

const space = 32;
const quote = 34;
const comma = 44;
const colon = 58;
const backslash = 92;

const [opensArray, closesArray, opensObject, closesObject] = [91, 93, 123, 125];

/**
 * Calls `visit` for every member of the container that lies at the keys `at` (none: the outermost), with its bytes,
 * valid during the call, and the position of the first. A member of an object comes with its key.
 * @throws BifocalError "data" when there is no such container, or the file is cut or no JSON.
 */
export async function scanJson(
  path: string,
  at: readonly string[],
  visit: (bytes: Buffer, start: number, kind: "array" | "object") => void,
): Promise<void> {
  const name = at.length === 0 ? "the outermost value" : `"${at.join(".")}"`;
  const defect = (position: number, expected: string, got: string): never =>
    fail("data", `${path} byte ${position}`, {
      expected,
      got,
      todo: "the file is cut or of another format; fetch it again",
    });

  const target = at.length + 1; // depth inside the wanted container
  let depth = 0; // members of the target do not count
  let level = 0; // containers that are open on the way to the target
  let found = 0;
  let kind: "array" | "object" = "array";
  const objects: boolean[] = []; // by depth - 1, on the way only

  let inString = false; // outside the target, as are the next three
  let escaped = false;
  let key: string | undefined; // of the value that comes next, on the way
  let keyBytes: number[] | undefined; // while it is read
  let expectsKey = false;

  const member: OpenMember = { depth: 0, inString: false, escaped: false };
  let memberStart = -1; // in the file; -1 between members
  let carried: Buffer[] = []; // the open member's bytes in chunks before
  let carriedBytes = 0;
  let needsMember = false; // after a comma

  let base = 0;
  for await (const chunk of chunksOf(path)) {
    let from = 0; // of the open member in this chunk
    for (let i = 0; i < chunk.length; i++) {
      if (memberStart >= 0) {
        i = memberEnd(chunk, i, member);
        if (i === chunk.length) break;
        const part = chunk.subarray(from, i);
        visit(carriedBytes === 0 ? part : Buffer.concat([...carried, part]), memberStart, kind);
        memberStart = -1;
        carried = [];
        carriedBytes = 0;
        needsMember = chunk[i] === comma;
        if (needsMember) continue;
      }
      const byte = chunk[i]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) {
          inString = false;
          if (keyBytes !== undefined) key = Buffer.from(keyBytes).toString("utf8");
          keyBytes = undefined;
          continue;
        }
        keyBytes?.push(byte);
        continue;
      }
      if (byte <= space) continue;
      const inTarget = depth === target && level === target;
      const onTheWay = level === depth;
      const opens = byte === opensArray || byte === opensObject;
      const closes = byte === closesArray || byte === closesObject;
      if (inTarget && !closes) {
        if (byte === comma) defect(base + i, "a value", '","');
        memberStart = base + i;
        from = i;
        i--; // the member begins with this byte
      } else if (byte === quote) {
        inString = true;
        if (onTheWay && expectsKey) keyBytes = [];
      } else if (byte === colon) {
        if (onTheWay) expectsKey = false;
      } else if (byte === comma) {
        if (onTheWay && objects[depth - 1] === true) {
          expectsKey = true;
          key = undefined;
        }
      } else if (opens) {
        const wanted = depth === 0 || (onTheWay && key === at[depth - 1]);
        depth++;
        if (!wanted || (depth < target && byte === opensArray)) continue;
        level = depth;
        objects[depth - 1] = expectsKey = byte === opensObject;
        key = undefined;
        if (depth < target) continue;
        if (found > 0) defect(base + i, `${name} once`, "another");
        found++;
        kind = byte === opensArray ? "array" : "object";
      } else if (closes) {
        const shown = `"${String.fromCharCode(byte)}"`;
        if (depth === 0 || (inTarget && needsMember)) defect(base + i, "a value", shown);
        if (inTarget && (byte === closesArray) !== (kind === "array")) {
          defect(base + i, `the end of the ${kind} ${name}`, shown);
        }
        if (onTheWay) level--;
        depth--;
        key = undefined;
        expectsKey = false;
      }
    }
    if (memberStart >= 0) {
      const part = chunk.subarray(from);
      carried.push(Buffer.from(part));
      carriedBytes += part.length;
      if (carriedBytes > largestRange) {
        defect(memberStart, `members of at most ${largestRange} bytes in ${name}`, "a longer one");
      }
    }
    base += chunk.length;
  }
  if (depth > 0 || inString) defect(base, "a whole JSON value", "the end of the file");
  if (found === 0) defect(0, `an array or object at ${name}`, base === 0 ? "an empty file" : "none");
}

/** Where the reading of a member stands between two chunks. */
interface OpenMember {
  depth: number;
  inString: boolean;
  escaped: boolean;
}

/** The comma or bracket that ends the member, or the end of the bytes. Apart, because most time passes here. */
function memberEnd(bytes: Uint8Array, start: number, member: OpenMember): number {
  let { depth, inString, escaped } = member;
  let i = start;
  for (; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (inString) {
      if (escaped) escaped = false;
      else if (byte === quote) inString = false;
      else if (byte === backslash) escaped = true;
    } else if (byte === quote) inString = true;
    else if (byte === opensArray || byte === opensObject) depth++;
    else if (byte === closesArray || byte === closesObject) {
      if (depth === 0) break;
      depth--;
    } else if (byte === comma && depth === 0) break;
  }
  member.depth = depth;
  member.inString = inString;
  member.escaped = escaped;
  return i;
}
