import { BifocalError, fail } from "../core/index.ts";

/** Bounds of one download. */
export interface DownloadLimits {
  /** Bytes, after decompression. */
  readonly bytes: number;
  /** From the request to the last byte. */
  readonly milliseconds: number;
}

/** What a picture of an address may take unless said otherwise. */
export const pictureLimits: DownloadLimits = { bytes: 2 ** 25, milliseconds: 30_000 };

/**
 * The bytes at an http or https address, of any server: no token is sent, no more than `limits` allow is read.
 * @throws BifocalError "data" for every way in which it fails.
 */
export async function download(address: string, limits: DownloadLimits = pictureLimits): Promise<Uint8Array> {
  const todo = "check the address, or download it by other means and give the file";
  const refuse = (got: string, expected = "a picture at this address") =>
    fail("data", address, { expected, got, todo });
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return refuse("another", "an http or https address");
  if (url.username !== "" || url.password !== "")
    return refuse("one with a password", "an address without one");
  const tooMuch = (got: string) => refuse(got, `at most ${limits.bytes} bytes`);
  try {
    const response = await fetch(url, {
      headers: { "user-agent": "bifocal" },
      signal: AbortSignal.timeout(limits.milliseconds),
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return refuse(`status ${response.status}`);
    }
    const announced = Number(response.headers.get("content-length") ?? 0);
    if (announced > limits.bytes) {
      await response.body.cancel();
      return tooMuch(String(announced));
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > limits.bytes) return tooMuch("more");
      parts.push(part);
    }
    if (size === 0) return refuse("nothing");
    return Buffer.concat(parts);
  } catch (error) {
    if (error instanceof BifocalError) throw error;
    const { name, message, cause } = error as Error;
    if (name === "TimeoutError") return refuse(`not all of it within ${limits.milliseconds / 1000} s`);
    return refuse(cause instanceof Error ? cause.message || String(cause) : message);
  }
}
