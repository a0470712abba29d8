import { join } from "node:path";
import { z } from "zod";
import { assert, fail } from "../../core/errors.ts";
import { type AddedToken, specialToken, type TokenRole, tokenRoles } from "./added-token.ts";
import { type PublishedConfig, parseJson, readIfThere, readPublishedConfig } from "./published-config.ts";
import { checkCharsmap } from "./sentence-piece-model.ts";
import { loadTokenizer } from "./tokenizer.ts";
import type { TokenizerClass } from "./tokenizer-class.ts";
import { findTokenizerClass, tokenizerClasses } from "./tokenizer-classes.ts";
import { paddingNode, tokenizerJson, withIds } from "./tokenizer-parts.ts";

/**
 * The text of a `tokenizer.json` for a published folder: its own, or one made from its vocabulary files.
 * The padding token that the folder names is written into `padding`, where `loadTokenizer` finds it.
 * Made from files, the ids are those of transformers 5.23, but for the few texts in `test/parity/tokenizers.test.ts`.
 * @throws BifocalError when a file is broken, the class is unknown, or the ids do not fit the model of the folder.
 */
export async function readTokenizer(folder: string): Promise<string> {
  const config = await readPublishedConfig(folder);
  const path = join(folder, "tokenizer.json");
  const written = await readIfThere(path);
  const known = findTokenizerClass(config.classes, config.modelType);
  const json =
    written === undefined
      ? await fromFiles(config, known)
      : fromJson(parseJson(written.toString(), path), path, config, known);
  const { vocab, special, token } = loadTokenizer(json, written === undefined ? folder : path);
  const mask = config.roles.mask_token?.content;
  if (mask !== undefined && (special.mask === undefined || token(special.mask) !== mask)) {
    fail("data", folder, {
      expected: 'a mask token with "mask" in its name, and no other',
      got: `"${mask}"`,
      todo: "rename the token, a tokenizer.json has no other place for its role",
    });
  }
  if (config.vocab !== undefined && vocab > config.vocab) {
    fail("data", folder, {
      expected: `at most ${config.vocab} tokens, the vocab_size of config.json`,
      got: `${vocab} tokens`,
      todo: "fetch the tokenizer's files again, a special token may be missing in them",
    });
  }
  return json;
}

async function fromFiles(config: PublishedConfig, known: TokenizerClass | undefined): Promise<string> {
  const { folder, classes, modelType, roles, declared, extra, options } = config;
  if (known === undefined) {
    return fail("data", folder, {
      expected: `a tokenizer.json, or a tokenizer_class that is one of ${Object.keys(tokenizerClasses).join(" ")}`,
      got: [...classes, modelType ?? []].flat().join(" and ") || "neither tokenizer_class nor model_type",
      todo: "write a tokenizer.json with the library that made the folder",
    });
  }
  const contents = await Promise.all(
    known.files.map(async (file) => {
      const content = await readIfThere(join(folder, file));
      if (content !== undefined) return content;
      return fail("data", folder, {
        expected: `tokenizer.json or ${known.files.join(" and ")}`,
        got: `no ${file}`,
      });
    }),
  );
  const name = (role: TokenRole): string => {
    const content = roles[role]?.content ?? known.names[role];
    assert(content !== undefined, `the class has no ${role}`);
    return content;
  };
  const parts = known.build({ folder, contents, options, name });
  const added = [...declared.map(({ token }) => token), ...namedTokens(config, known), ...extra];
  const all = [...added, ...parts.special.map((content) => specialToken(content))];
  const { ids } = withIds(all, parts.ids);
  for (const { id, token } of declared) {
    const got = ids.get(token.content)!;
    if (got !== id) {
      fail("data", folder, {
        expected: `"${token.content}" to be token ${id}, as its list of added tokens says`,
        got: `token ${got} by its vocabulary of ${parts.ids.size}`,
        todo: "fetch the vocabulary again",
      });
    }
  }
  const pad = name("pad_token");
  return tokenizerJson(parts, all, { content: pad, id: ids.get(pad)! });
}

/** The special tokens in the order in which those without an id get one. */
function namedTokens({ roles }: PublishedConfig, known: TokenizerClass): AddedToken[] {
  const flags = known.strips ? { lstrip: true, rstrip: true } : {};
  return tokenRoles.flatMap((role) => {
    const content = known.names[role];
    return roles[role] ?? (content === undefined ? [] : specialToken(content, flags));
  });
}

const addedTokens = z.array(z.looseObject({ id: z.int().nonnegative(), content: z.string() }));
const tokenizerFile = z.looseObject({
  added_tokens: addedTokens.default([]),
  normalizer: z.looseObject({ type: z.string() }).nullish(),
  model: z.looseObject({
    vocab: z.union([z.record(z.string(), z.number()), z.array(z.tuple([z.string(), z.number()]))]),
  }),
});

/** The file as it is, but for its padding token, tokens that only the other files name, and BERT's options. */
function fromJson(
  value: unknown,
  path: string,
  { roles, options }: PublishedConfig,
  known: TokenizerClass | undefined,
): string {
  const parsed = tokenizerFile.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return fail("data", path, {
      expected: "a tokenizer of Hugging Face's tokenizers library",
      got: `${issue.path.join(".")}: ${issue.message}`,
    });
  }
  const json = parsed.data;
  const { vocab } = json.model;
  const ids = new Map(Array.isArray(vocab) ? vocab.map(([token], id) => [token, id]) : Object.entries(vocab));
  for (const { content, id } of json.added_tokens) ids.set(content, id);
  const missing = tokenRoles.flatMap((role) => {
    const token = roles[role];
    return token === undefined || ids.has(token.content) ? [] : token;
  });
  const { ids: all, entries } = withIds(missing, ids);
  const pad = roles.pad_token?.content ?? known?.names.pad_token;
  const padId = pad === undefined ? undefined : all.get(pad);
  if (known?.bertNormalizer && json.normalizer?.type === "BertNormalizer") {
    const { do_lower_case, strip_accents, tokenize_chinese_chars } = options;
    if (do_lower_case !== undefined) json.normalizer.lowercase = do_lower_case;
    if (strip_accents !== undefined) json.normalizer.strip_accents = strip_accents;
    if (tokenize_chinese_chars !== undefined) json.normalizer.handle_chinese_chars = tokenize_chinese_chars;
  }
  for (const table of charsmaps(json.normalizer)) checkCharsmap(table, path);
  json.added_tokens.push(...entries.map((entry) => ({ ...entry })));
  return `${JSON.stringify({
    ...json,
    truncation: null,
    ...(pad === undefined || padId === undefined
      ? {}
      : { padding: paddingNode({ content: pad, id: padId }) }),
  })}\n`;
}

/** The tables of character replacements among normalizers. */
function charsmaps(normalizer: unknown): Buffer[] {
  const { data } = normalizerNode.safeParse(normalizer);
  const own = data?.precompiled_charsmap;
  const inner = data?.normalizers?.flatMap(charsmaps) ?? [];
  return typeof own === "string" ? [Buffer.from(own, "base64"), ...inner] : inner;
}

const normalizerNode = z.looseObject({
  precompiled_charsmap: z.unknown(),
  normalizers: z.array(z.unknown()).optional(),
});
