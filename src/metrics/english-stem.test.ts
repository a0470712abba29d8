import assert from "node:assert/strict";
import { test } from "node:test";
import { englishStem } from "./english-stem.ts";

test("every step of the stemmer has words of its own", () => {
  const stems = {
    "'dogs'": "dog",
    caresses: "caress",
    ties: "tie",
    cries: "cri",
    gas: "gas",
    gaps: "gap",
    agreed: "agre",
    hoping: "hope",
    hopping: "hop",
    luxuriated: "luxuri",
    owed: "owe",
    say: "say",
    sky: "sky",
    by: "by",
    rational: "ration",
    vietnamization: "vietnam",
    analogies: "analog",
    quickly: "quick",
    formative: "format",
    replacement: "replac",
    adoption: "adopt",
    champion: "champion",
    controllable: "control",
    youthful: "youth",
    generously: "generous",
    communism: "communism",
    skis: "ski",
    outings: "outing",
    succeeds: "succeed",
  };
  for (const [word, stem] of Object.entries(stems)) assert.equal(englishStem(word), stem, word);
});
