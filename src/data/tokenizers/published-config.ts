import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { fail } from "../../core/errors.ts";
import { type AddedToken, specialToken, type TokenRole, tokenRoles } from "./added-token.ts";

const flags = {
  lstrip: z.boolean().optional(),
  rstrip: z.boolean().optional(),
  single_word: z.boolean().optional(),
  normalized: z.boolean().optional(),
};
const token = z.union([z.string(), z.object({ content: z.string(), ...flags })]);
const roleShape = Object.fromEntries(tokenRoles.map((role) => [role, token.nullish()])) as Record<
  TokenRole,
  z.ZodOptional<z.ZodNullable<typeof token>>
>;
const extra = {
  additional_special_tokens: z.array(token).nullish(),
  extra_special_tokens: z.union([z.array(token), z.record(z.string(), token)]).nullish(),
};
const options = {
  do_lower_case: z.boolean().optional(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().optional(),
  add_prefix_space: z.boolean().optional(),
  trim_offsets: z.boolean().optional(),
  keep_accents: z.boolean().optional(),
  split_by_punct: z.boolean().optional(),
};
const declared = z.record(
  z.string().regex(/^\d+$/),
  z.object({ content: z.string(), ...flags, special: z.boolean().optional() }),
);
const tokenizerConfig = z.object({
  tokenizer_class: z.string().nullish(),
  added_tokens_decoder: declared.optional(),
  ...roleShape,
  ...extra,
  ...options,
});
const specialTokensMap = z.object({ ...roleShape, ...extra });
const addedTokens = z.record(z.string(), z.int().nonnegative());
const size = z.int().positive().nullish();
const modelConfig = z.object({
  model_type: z.string().nullish(),
  tokenizer_class: z.string().nullish(),
  vocab_size: size,
  text_config: z.object({ vocab_size: size }).nullish(),
});

type Written = z.infer<typeof token>;

/** How a published tokenizer splits; absent where its files are silent and the class decides. */
export type TokenizerOptions = z.infer<z.ZodObject<typeof options>>;

/** What the small files of a published folder say about its tokenizer. */
export interface PublishedConfig {
  readonly folder: string;
  /** Class names, the most telling first, without "Fast". */
  readonly classes: readonly string[];
  readonly modelType: string | undefined;
  /** Special tokens that the files name; the class has names for the others. */
  readonly roles: Partial<Record<TokenRole, AddedToken>>;
  /** Tokens with the ids that the files give them, by rising id. */
  readonly declared: readonly { readonly id: number; readonly token: AddedToken }[];
  /** Special tokens without a role. */
  readonly extra: readonly AddedToken[];
  readonly options: TokenizerOptions;
  /** Rows of the model's word embedding. */
  readonly vocab: number | undefined;
}

/**
 * Reads `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and `config.json`, as far as they are
 * there. As in transformers 5, `added_tokens_decoder` in the first stands for the second and third.
 * @throws BifocalError when one of them is not what it should be.
 */
export async function readPublishedConfig(folder: string): Promise<PublishedConfig> {
  const [main = {}, map = {}, indices = {}, model = {}] = await Promise.all([
    readJson(folder, "tokenizer_config.json", tokenizerConfig),
    readJson(folder, "special_tokens_map.json", specialTokensMap),
    readJson(folder, "added_tokens.json", addedTokens),
    readJson(folder, "config.json", modelConfig),
  ]);
  const { tokenizer_class, added_tokens_decoder, ...rest } = main;
  const named = added_tokens_decoder === undefined ? { ...rest, ...definedIn(map) } : rest;
  const explicit = new Set(tokenRoles.map((role) => contentOf(named[role])));
  const list =
    added_tokens_decoder === undefined
      ? Object.entries(indices).map(([content, id]) => {
          const special = explicit.has(content);
          return { id, token: { ...specialToken(content), normalized: !special, special } };
        })
      : Object.entries(added_tokens_decoder).map(([id, { content, special, ...how }]) => {
          const normalized = how.normalized ?? special !== true;
          return {
            id: Number(id),
            token: { ...specialToken(content, definedIn(how)), normalized, special: special === true },
          };
        });
  list.sort((a, b) => a.id - b.id);
  const flagsOf = new Map(list.map((entry) => [entry.token.content, entry.token]));
  const made = (written: Written) => flagsOf.get(contentOf(written)!) ?? fromWritten(written);
  const others = named.additional_special_tokens ?? named.extra_special_tokens ?? [];
  return {
    folder,
    classes: [tokenizer_class, model.tokenizer_class].flatMap((name) => name?.replace(/Fast$/, "") ?? []),
    modelType: model.model_type ?? undefined,
    roles: Object.fromEntries(
      tokenRoles.flatMap((role) => {
        const written = named[role];
        return written === undefined || written === null ? [] : [[role, made(written)]];
      }),
    ),
    declared: list,
    extra: (Array.isArray(others) ? others : Object.values(others)).map(made),
    options: rest,
    vocab: model.vocab_size ?? model.text_config?.vocab_size ?? undefined,
  };
}

/** The bytes of a file; undefined where there is none. @throws BifocalError when it cannot be read. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException;
    if (error.code === "ENOENT") return undefined;
    return fail("data", path, { expected: "a file that can be read", got: error.message });
  }
}

/** @throws BifocalError when the file is no JSON of this schema. */
async function readJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const path = join(folder, name);
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  const result = schema.safeParse(parseJson(bytes.toString(), path));
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  return fail("data", path, {
    expected: "the fields of a published model",
    got: `${issue.path.join(".")}: ${issue.message}`,
  });
}

/** The value of a JSON file's text. @throws BifocalError naming `path` when it is no JSON. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail("data", path, {
      expected: "JSON",
      got: (cause as Error).message,
      todo: "fetch the file again",
    });
  }
}

function fromWritten(written: Written): AddedToken {
  if (typeof written === "string") return specialToken(written);
  const { content, ...how } = written;
  return specialToken(content, definedIn(how));
}

function contentOf(written: Written | null | undefined): string | undefined {
  return typeof written === "string" ? written : written?.content;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedIn<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
