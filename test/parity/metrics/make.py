"""Goldens of src/metrics from the official scorers, as JSON lines; the first line says what made the file.

    python make.py vqaEval.py

vqaEval.py is PythonEvaluationTools/vqaEvaluation/vqaEval.py of github.com/GT-Vision-Lab/VQA (Python 2: its print
statements are rewritten). Needs pycocoevalcap, numpy, scipy and
scikit-learn, and java for the tokenizer of the captions and METEOR.
"""

import contextlib
import hashlib
import inspect
import io
import json
import os
import random
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

os.environ["LC_ALL"] = "C.UTF-8"  # java reads its input in the locale's encoding

import numpy
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import METEOR_JAR, Meteor
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, roc_auc_score

folder = Path(__file__).parent
made_by = {name: version(name) for name in ("pycocoevalcap", "numpy", "scipy", "scikit-learn")}


def write(name, rows, **more):
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in [{"madeBy": made_by | more}, *rows]]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def quietly(act, *arguments):
    with contextlib.redirect_stdout(io.StringIO()):
        return act(*arguments)


# VQA

numbers = "none zero one two three four five six seven eight nine ten eleven 1 2 10 1,000 1,000,000 3.5 .5 5. 1.2.3 $5.00 50%".split()
plain = "cat dog red white tennis racket skate board yes no maybe not sure left right surf's up a an the A The none".split()
odd = ["", " ", ".", "...", "-", "n/a", "N/A", "t-shirt", "t shirt", "black & white", "black and white", "black/white", "it's", "its'",
       "o'clock", "10 o'clock", "10:30", "10:30 am", "10.30", "a.m.", "U.S.A.", "U.S.A", "st. louis", "u.s", "yes!", "yes?", "(yes)",
       "\"yes\"", "'yes'", "`yes`", "[yes]", "{yes}", "yes;", "yes ,", "yes , no", "yes,no", "yes, no", "1,2", "1, 2", "a,b 1,000",
       "@home", "home@work", "c++", "c+ +", "a=b", "a = b", "<3", "< 3", "under_score", "under _ score", "back\\slash", "tab\tbed",
       "line\nfeed", " \t padded \n", "İstanbul", "ΣΑΣ", "straße", "café", "cafe\u0301", "no\u00a0break", "\u00a0edge\u00a0", "\x1cfs",
       "\ufeffbom", "em\u2014dash", "it’s", "\u0661,\u0662", "\u0663.\u0664", "😀", "a 😀 b", ".".join("abcdefghijklmnopqrstuvwxyzabcdefghijkl"),
       "." * 40, "the", "a the an", "the a cat", "thecat", "an apple a day", "one's", "two-three", "two three", "TEN", "Ten."]


def official_vqa(path):
    source = Path(path).read_text(encoding="utf-8")
    code = re.sub(r'^(\s*)print (".*")$', r"\1print(\2)", source, flags=re.M)
    scope = {}
    exec(compile(code, path, "exec"), scope)
    return scope["VQAEval"], hashlib.sha256(source.encode()).hexdigest()


def noisy(answer, draw):
    for _ in range(draw.choice([0, 0, 1, 1, 2])):
        where = draw.randrange(len(answer) + 1)
        answer = draw.choice([
            answer.upper(), answer.title(), f"the {answer}", f"a {answer}", f" {answer} ", answer.replace("'", ""),
            answer[:where] + draw.choice([";", "/", "[", "]", '"', "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`",
                                          ",", "?", "!", ".", ":", "'", " ", ", ", " ,", ". ", "\t", "\n"]) + answer[where:],
        ])
    return answer


def vqa(path):
    VQAEval, digest = official_vqa(path)

    class Held:
        def __init__(self, held):
            self.qa = held

        def getQuesIds(self):
            return list(self.qa)

    draw = random.Random(20240501)
    contractions = VQAEval(Held({}), Held({})).contractions
    pool = [*numbers, *plain, *odd, *contractions, *contractions.values()]
    rows = []
    for k in range(1500):
        few = [draw.choice(pool) for _ in range(draw.choice([1, 2, 2, 3, 5]))]
        answers = [noisy(draw.choice(few), draw) if len(few) > 1 else few[0] for _ in range(draw.choice([10] * 9 + [3]))]
        asked = pool[k] if k < len(pool) else draw.choice(few)
        if k < len(pool):  # everything in the pool is predicted once, and some annotators say it otherwise
            answers[: draw.randrange(len(answers) + 1)] = [noisy(asked, draw) for _ in answers]
            answers = answers[:10]
        rows.append({"prediction": noisy(asked, draw), "answers": answers, "questionType": draw.choice(["what is", "how many", "is"]),
                     "answerType": draw.choice(["yes/no", "number", "other"])})
    truth = {k: {"question_type": row["questionType"], "answer_type": row["answerType"],
                 "answers": [{"answer": answer, "answer_id": i + 1} for i, answer in enumerate(row["answers"])]} for k, row in enumerate(rows)}
    scorer = VQAEval(Held(truth), Held({k: {"answer": row["prediction"]} for k, row in enumerate(rows)}), n=14)
    processed = [scorer.processDigitArticle(scorer.processPunctuation(text)) for text in pool]
    quietly(scorer.evaluate)
    scores = [row | {"mark": scorer.evalQA[k]} for k, row in enumerate(rows)]
    write("vqa.jsonl", [scorer.accuracy, {"normalized": list(zip(pool, processed))}, *scores], vqaEval=digest)


# Captions

subjects = "A man|A woman|Two dogs|A group of people|The cat|An old-fashioned bus|A giraffe|People|Several well-dressed men|A child's toy".split("|")
deeds = "sitting on|standing next to|riding|looking at|holding|jumping over|eating|lying in|walking with|parked by".split("|")
things = ("a bench|the street|a surf board|a slice of pizza|a red stop sign|some broccoli|the T.V.|a laptop computer|a tennis racket|"
          "an umbrella|a 3-tiered cake|a stop-light|St. Louis|a $5.00 hat|the man's motorcycle|a fire hydrant").split("|")
tails = [".", "", " .", "!", ", outdoors.", " (outdoors).", " while it's raining.", " at 5:30 p.m.", " and doesn't smile.", "...", " in the U.S.",
         ' that says "STOP".', " with letter a.", " of modern art.", "  ", " near No. 5"]
pieces = ("a b ab cat The U.S U.S. St. no. Inc. Dr. dr. 1 12 555 1234 3,000 1.5 é A AB n't 's ' ’ - -- . ... ! ? , : ; / _ @ # $ £ % & &amp; * + = < > "
          "( ) [ ] \" ` ~ ^ | \\ com .com www. http:// p.m. o' don 90s ½ … – can not gonna ñ { } :) ;-) :D ^_^ <b> 'em 'n 'tis y' l' d' 1/2 (555) 123-4567 "
          "www.a.com a@b.c 9.jpg Co. “ ” ‘ « 日本 и ß so\u00adft 24/7-24 10-20 &AMP; .NET '90s ΣΑΣ").split(" ") + [" "] * 25 + ["  ", "\u00a0", "A ", " A", "<a b>", "s. "]
chosen = ["don't can't won't ain't I'm he'll they've she'd it's John's the boys' O'Brien's o'clock ma'am y'all 'tis 'twas 'til 'cause rock'n'roll rock 'n' roll d'oeuvres",
          "cannot gonna gotta wanna lemme gimme dunno kinda", "$5 $5.00 US$5 £5 €5 5¢ 50% 1,000,000 3.14 .5 -5 +5 1/2 1 1/2 24/7 3/4/2014 5:30 1950s '50s 3rd 3-D #1 No. 1",
          "(555) 123-4567 555-1234 1-800-555-1234 +44 20 7946 0958", "Mr. Smith Mrs. Jones Dr. Who St. Louis Jr. Sr. Inc. Corp. Ltd. vs. etc. e.g. i.e. a.m. p.m. U.S. U.S.A. U.K. Ph.D. J.K. Rowling J. K. Rowling",
          "well-dressed old-fashioned t-shirt x-ray mother-in-law and/or he/she w/ w/o AT&T R&B black & white rock & roll", "http://www.example.com/a/b?c=d, www.example.com example.com foo@bar.com @user #tag photo.jpg",
          "(parens) [brackets] {braces} <unk> <b>bold</b> <a href=\"x\">y</a> &amp; &lt; &quot;", ":) :-( ;) :D :P ^_^ <3 😀 ❤️ 👍🏽 ok👍", "“curly” ‘single’ «guillemets» „low“ `back' ``tex'' \"straight\" 'straight' it’s don’t ’90s",
          "wait... what? no!! yes?! hm.. . . . a…b –dash— --dash-- ---", "café naïve Zürich straße 日本語 привет שלום \u00bd \u00bc 2\u00bd soft\u00adhyphen no\u00a0break", "", " ", ".", "a vitamin c.", "A dog", "modern art.", "5 dogs",
          "so\u00adft-naïve so\u00adft_cat d'so\u00adft 1t\u00adhyphen a1\u00adb so\u00adftn't \u00adn't so\u00adft.com so\u00adft.jpg #so\u00adft www.a.com/so\u00adft a\u00adb@c.de",
          "½.NET cat.COM é.Net —.net .NET x'90S '90Sie in '80S, A&AMP;T A&Amp;B &AMP; ΣΑΣ-Z ΣΑΣ.Z ΣΑΣ'Z ΣΑΣ",
          "24/7-24 1-2/34 1/2-3 1/2-345 1/2-34567 1/2-34-5 1/2-34/5 3/4/2014 12-31-99 123/4-56",
          "a-b-c/d a-b-c-d/e a/b-c-d a/b-c-d-e F-well-dressed-and/or/ x-ray-a/b"]


def awkward(count, draw):
    made = list(chosen)
    while len(made) < count:
        if draw.random() < 0.25:
            text = f"{draw.choice(subjects)} {draw.choice(deeds)} {draw.choice(things)}{draw.choice(tails)}"
            where = draw.randrange(len(text) + 1)
            made.append(text[:where] + draw.choice(pieces) + text[where:])
        else:
            made.append("".join(draw.choice(pieces) for _ in range(draw.randint(2, 9))))
        if draw.random() < 0.1:
            made[-1] = made[-1].upper()
    return made


def tokenized(captions):
    found = PTBTokenizer().tokenize({k: [{"caption": caption}] for k, caption in enumerate(captions)})
    assert len(found) == len(captions)
    return [found[k][0] for k in range(len(captions))]


def captions():
    captions = awkward(6000, random.Random(7))
    write("tokens.jsonl", zip(captions, tokenized(captions)))

    draw = random.Random(8)
    pictures = []
    for k in range(150):
        subject, deed, thing = draw.choice(subjects), draw.choice(deeds), draw.choice(things)

        def caption():
            parts = [part if draw.random() < 0.7 else draw.choice(pool) for part, pool in ((subject, subjects), (deed, deeds), (thing, things))]
            return " ".join(parts) + draw.choice(tails)

        pictures.append({"id": 1000 - 3 * k, "caption": caption() if k % 40 else "", "references": [caption() for _ in range(draw.choice([1, 5, 5, 6]))]})
    pictures[5]["references"].append(".")
    references = PTBTokenizer().tokenize({p["id"]: [{"caption": text} for text in p["references"]] for p in pictures})
    found = PTBTokenizer().tokenize({p["id"]: [{"caption": p["caption"]}] for p in pictures})
    scores = []
    for chosen_pictures in (pictures, pictures[:7], pictures[:1]):
        ids = [p["id"] for p in chosen_pictures]
        gts, res = {k: references[k] for k in ids}, {k: found[k] for k in ids}
        bleu = quietly(Bleu(4).compute_score, gts, res)[0]
        scores.append({"n": len(ids), "bleu": bleu, "rougeL": float(Rouge().compute_score(gts, res)[0]), "cider": float(Cider().compute_score(gts, res)[0]),
                       "meteorExactStem": meteor([(res[k][0], gts[k]) for k in ids])[1]})
    write("captions.jsonl", [scores, *pictures])


# METEOR without synonyms and paraphrases

kin = ("a the of in on dog dogs run runs running runner walk walks walked street streets near to and two cat cats sit sits sitting man men "
       "man's it's its is are red reddish play plays played player players grass park 's not n't hold holding happily happy happiness "
       "u.s. p.m. vs. rev. well-made 3-d o'clock 90's -lrb- 1,000").split()


def meteor(pairs):
    """Scores of tokenized captions, and of all of them: what pycocoevalcap asks of the program, but for the modules."""
    jar = Path(inspect.getfile(Meteor)).parent / METEOR_JAR
    command = ["java", "-Xmx2G", "-jar", str(jar), "-", "-", "-stdio", "-l", "en", "-norm", "-m", "exact stem"]

    def ask(lines):
        return subprocess.run(command, input="\n".join(lines) + "\n", stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout.splitlines()

    statistics = ask([" ||| ".join(["SCORE", *references, caption]) for caption, references in pairs])
    *scores, overall = map(float, ask([" ||| ".join(["EVAL", *statistics])]))
    assert len(scores) == len(pairs)
    return scores, overall


def inflected():
    draw = random.Random(9)

    def bag():
        known = draw.sample(kin, draw.choice([4, 8, 12, len(kin)]))
        return [draw.choice(known) for _ in range(draw.choice([3, 6, 10, 16]))]

    def disturbed(words):
        words = list(words)
        for _ in range(draw.randint(0, 3)):
            i, j = draw.randrange(len(words)), draw.randrange(len(words))
            if draw.random() < 0.5:
                words[i], words[j] = words[j], words[i]
            else:
                words[i] = draw.choice(words) + draw.choice(["", "s", "ing", "ed", "ly"])
        return " ".join(words)

    strange = tokenized(awkward(1000, random.Random(10)))
    pairs = []
    for k in range(1000):
        base = bag() if k % 2 else (strange[k] or "-lrb-").split(" ")
        references = [disturbed(base if draw.random() < 0.8 else bag()) for _ in range(draw.choice([1, 1, 2, 5]))]
        pairs.append((disturbed(base) if draw.random() < 0.95 else "", references))
    scores, overall = meteor(pairs)
    write("meteor.jsonl", [overall, *({"caption": caption, "references": references, "score": score} for (caption, references), score in zip(pairs, scores))])


# Labels and numbers

def statistics():
    draw = numpy.random.default_rng(3)
    rows = []
    for n, kinds in ((5, 2), (40, 2), (60, 4), (200, 7)):
        truths = draw.integers(0, kinds, n)
        predictions = numpy.where(draw.random(n) < 0.5, truths, draw.integers(0, kinds + 1, n))
        rows.append({"of": "labels", "predictions": [f"k{x}" for x in predictions], "truths": [f"k{x}" for x in truths],
                     "macro": f1_score(truths, predictions, average="macro", zero_division=0),
                     "perLabel": {f"k{k}": f1_score(truths, predictions, labels=[k], average="macro", zero_division=0) for k in sorted({*truths, *predictions})},
                     "matthews": matthews_corrcoef(truths, predictions)})
    for n, step in ((5, 0.5), (40, 0.25), (150, 1e-9)):
        truths = numpy.round(draw.normal(size=n) / step) * step
        predictions = numpy.round((truths + draw.normal(size=n)) / step) * step
        positive = numpy.argsort(numpy.argsort(truths)) >= n // 2
        rows.append({"of": "numbers", "predictions": predictions.tolist(), "truths": truths.tolist(), "positive": positive.tolist(),
                     "pearson": pearsonr(predictions, truths).statistic, "spearman": spearmanr(predictions, truths).statistic,
                     "auroc": roc_auc_score(positive, predictions)})
    write("statistics.jsonl", rows)


# GLUE, in the layouts of its files

pair = ["index", "sentence1", "sentence2"]
yes_no, entails = ["0", "1"], ["entailment", "not_entailment"]
glue_tasks = {
    "cola": (None, ["gj04", None, "*", "a sentence"], yes_no),
    "sst2": (["sentence", "label"], ["a sentence", None], yes_no),
    "mrpc": (["Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"], [None, "7", "8", "one", "two"], yes_no),
    "stsb": ([*pair, "score"], ["{}", "one", "two", None], None),
    "qqp": (["id", "qid1", "qid2", "question1", "question2", "is_duplicate"], ["9", "1", "2", "one?", "two?", None], yes_no),
    "mnli": ([*pair, "label1", "gold_label"], ["{}", "one", "two", "neutral", None], ["entailment", "neutral", "contradiction"]),
    "qnli": (["index", "question", "sentence", "label"], ["{}", "one?", "two", None], entails),
    "rte": ([*pair, "label"], ["{}", "one", "two", None], entails),
    "wnli": ([*pair, "label"], ["{}", "one", "two", None], yes_no),
}


def glue():
    draw = random.Random(11)
    rows = []
    for name, (header, cells, classes) in glue_tasks.items():
        def said():
            return draw.choice(classes) if classes else f"{draw.randint(0, 20) / 4:.3f}"

        truths = [said() for _ in range(23)]
        predictions = [truth if draw.random() < 0.6 else said() for truth in truths]
        table = [[truth if cell is None else cell.format(i) for cell in cells] for i, truth in enumerate(truths)]
        order = draw.sample(range(23), 23)
        if name == "cola":
            scores = {"matthews": matthews_corrcoef(truths, predictions)}
        elif name == "stsb":
            numbers = [list(map(float, side)) for side in (truths, predictions)]
            scores = {"pearson": pearsonr(*numbers).statistic, "spearman": spearmanr(*numbers).statistic}
        else:
            scores = {"accuracy": accuracy_score(truths, predictions)}
            if name in ("mrpc", "qqp"):
                scores["f1"] = f1_score(truths, predictions, pos_label="1")
        rows.append({"task": f"glue-{name}", "truths": "".join("\t".join(row) + "\n" for row in ([header] if header else []) + table),
                     "predictions": "index\tprediction\n" + "".join(f"{i}\t{predictions[i]}\n" for i in order), "scores": scores})
    write("glue.jsonl", rows)


vqa(sys.argv[1])
captions()
inflected()
statistics()
glue()
