"""Writes test/fixtures/containers: Arrow, Parquet and tar files as Python packages write them, with what they hold.

Run from the repository root with: pip install pyarrow==26.0.1 pandas==3.1.1, then python test/parity/make_containers.py
"""

import io
import json
import random
import tarfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

out = Path("test/fixtures/containers")
out.mkdir(parents=True, exist_ok=True)
draws = random.Random(7)
expected = {"versions": {"pyarrow": pa.__version__, "pandas": pd.__version__}}


def picture(length):
    return b"\xff\xd8\xff" + draws.randbytes(length)


def plain(value):
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return dict(key=plain(value[0]), value=plain(value[1]))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def arrow(name, table, rows, **options):
    path = out / f"{name}.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.RecordBatchFileWriter(sink, table.schema, **options) as writer:
        writer.write_table(table, max_chunksize=rows)
    readable = table.select([column for column in table.column_names if column != "when"])
    expected[path.name] = [plain(row) for row in readable.to_pylist()]


def frame(**columns):
    return pa.Table.from_pandas(pd.DataFrame(columns))


n = 7
captions = frame(
    image=[picture(20 + 13 * i) for i in range(n)],
    caption=[[f"café {i} {j} 😀" for j in range(i % 4)] for i in range(n)],
    image_id=[f"COCO_{i:012d}.jpg" for i in range(n)],
    split=["train" if i % 3 else "restval" for i in range(n)],
)
arrow("captions", captions, 3)
arrow("sliced", captions.slice(2, 4), 3)
arrow("empty", captions.slice(0, 0), 3)
count = [1 + i % 3 for i in range(n)]
questions = dict(
    image=[picture(5 + i) for i in range(n)],
    questions=[[f"what {i}-{j}?" for j in range(count[i])] for i in range(n)],
    answers=[[[f"a{k}" for k in range((i + j) % 4)] for j in range(count[i])] for i in range(n)],
    answer_labels=[[[k * 7 + i for k in range((i + j) % 4)] for j in range(count[i])] for i in range(n)],
    answer_scores=[[[0.3 * k for k in range((i + j) % 4)] for j in range(count[i])] for i in range(n)],
    image_id=[i * 1000003 for i in range(n)],
    question_id=[[i * 1000 + j for j in range(count[i])] for i in range(n)],
    split=["val"] * n,
)
arrow("questions", frame(**questions), 3)
held_back = {name: [[] for _ in range(n)] for name in ["answers", "answer_labels", "answer_scores"]}
arrow("held-back", frame(**{**questions, **held_back}), 100)
arrow(
    "pairs",
    frame(
        image_0=[picture(9 + i) for i in range(3)],
        image_1=[picture(6 + i) for i in range(3)],
        questions=[["one", "two"], ["three"], ["four"]],
        answers=[["True", "False"], ["False"], ["True"]],
        identifier=["train-1-0", "train-1-1", "train-2-0"],
    ),
    2,
)
arrow(
    "entailment",
    frame(
        image=[picture(9), picture(11)],
        sentences=[[["a premise", "a hypothesis"], ["p", "h"]], [["q", "i"]]],
        labels=[[2, 0], [1]],
    ),
    2,
)
arrow(
    "referring",
    frame(
        image=[picture(9), picture(11)],
        sentences=[["left one", "the cup"], ["b"]],
        bboxes=[[[1.5, 2.0, 3.0, 4.0], [0.0, 0.0, 1.0, 1.0]], [[9.0, 8.0, 7.0, 6.0]]],
        labels=[1, 0],
    ),
    2,
)
arrow(
    "regions",
    frame(
        image=[picture(9), picture(11)],
        caption=[["a door", "a dog"], ["sky"]],
        width=[[5, 6], [7]],
        height=[[8, 9], [10]],
        x=[[0, 1], [2]],
        y=[[3, 4], [11]],
        image_id=["1", "2"],
    ),
    2,
)
types = pa.table(
    {
        "u8": pa.array([1, None, 255], pa.uint8()),
        "i16": pa.array([-3, 4, None], pa.int16()),
        "i64": pa.array([-(2**53) + 1, None, 5], pa.int64()),
        "f32": pa.array([1.5, None, float("nan")], pa.float32()),
        "f64": pa.array([None, 0.1, 1e300]),
        "flag": pa.array([True, None, False]),
        "nothing": pa.nulls(3),
        "large": pa.array(["x", None, "zz"], pa.large_string()),
        "large_bytes": pa.array([b"1", b"", None], pa.large_binary()),
        "large_list": pa.array([[1, None], None, []], pa.large_list(pa.int32())),
        "fixed_list": pa.array([[1, 2], None, [5, None]], pa.list_(pa.int8(), 2)),
        "fixed_bytes": pa.array([b"abc", None, b"xyz"], pa.binary(3)),
        "struct": pa.array(
            [{"bytes": b"q", "path": None}, None, {"bytes": None, "path": "p"}],
            pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        ),
        "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int32())),
        "category": pa.array(["k", None, "m"]).dictionary_encode(),
        "categories": pa.array([["k", "m"], None, ["m"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "when": pa.array([1, 2, None], pa.timestamp("us")),
    }
)
ipc = pa.ipc.IpcWriteOptions
arrow("types", types, 2)
arrow("types-v4", types, 2, options=ipc(metadata_version=pa.ipc.MetadataVersion.V4, use_legacy_format=True))
arrow("compressed", types, 2, options=ipc(compression="lz4"))
with pa.OSFile(str(out / "stream.arrow"), "wb") as sink, pa.ipc.new_stream(sink, captions.schema) as stream:
    stream.write_table(captions)

rows = [
    {
        "image": {"bytes": picture(30 + i), "path": f"{i}.jpg"},
        "jpg": picture(i),
        "caption": f"caption {i} é" if i % 7 else None,
        "captions": [f"c{j}" for j in range(i % 4)],
        "n": i * 10**9,
        "f": i / 3,
        "b": i % 2 == 0,
        "nested": [[1, i], [], None],
    }
    for i in range(23)
]
table = pa.Table.from_pylist(rows)
expected["parquet"] = [plain(row) for row in rows]
for codec in ["none", "snappy", "gzip", "brotli", "zstd"]:
    pq.write_table(table, out / f"{codec}.parquet", compression=codec, row_group_size=9)
pages = dict(data_page_version="2.0", use_dictionary=False, data_page_size=128, write_page_index=True)
pq.write_table(table, out / "pages-v2.parquet", row_group_size=9, **pages)

long = "d" * 60 + "/" + "e" * 90 + "/" + "é" * 30
names = ["a.jpg", "dir/b.c.d.JPG", "x" * 90 + ".txt", "p/" * 40 + "q.png", long + ".json", long + ".jpg", "z.cls"]
for form, name in [(tarfile.GNU_FORMAT, "gnu"), (tarfile.PAX_FORMAT, "pax"), (tarfile.USTAR_FORMAT, "ustar")]:
    path = out / f"{name}.tar"
    with tarfile.open(path, "w", format=form) as archive:
        folder = tarfile.TarInfo("dir")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for entry in names:
            info = tarfile.TarInfo(entry)
            info.size = 0 if entry == "z.cls" else len(entry) * 5
            archive.addfile(info, io.BytesIO(entry.encode()[:1] * info.size))
    members = [member for member in tarfile.open(path) if member.isreg()]
    expected[path.name] = [[member.name, member.offset_data, member.size] for member in members]

(out / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
