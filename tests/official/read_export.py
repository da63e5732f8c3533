"""DuckDB, pandas and pyarrow (PyPI, unmodified) read what `drainboard export` wrote.

Not part of `cargo test`: it needs Python and PyPI. From the repository's root:

    python3 -m venv /tmp/readers && /tmp/readers/bin/pip install duckdb pandas pyarrow
    /tmp/readers/bin/python tests/official/read_export.py target/release/drainboard

It exports the demo account in each form and checks that every reader has the manifest's rows, that ids and texts are
those of `data`, that types are what the manifest says, and that amounts and times can be counted with and write
themselves again as they were. Exits 0, and 77 where the readers are not installed.
"""

import json
import os
import subprocess
import sys
import tempfile

try:
    import duckdb
    import pandas
    import pyarrow.parquet
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        demo = os.path.join(folder, "demo")
        run = lambda *words: subprocess.run([program, *words], check=True, capture_output=True, text=True)
        run("demo", "--items", "12000", "--keep", demo)
        mirror = os.path.join(demo, "mirror.db")
        forms = {}
        for form in ("parquet", "csv", "ndjson"):
            target = os.path.join(folder, form)
            run("--mirror", mirror, "export", "--format", form, "--output", target, "--resolve")
            with open(os.path.join(target, "manifest.json")) as text:
                forms[form] = (target, json.load(text))
        for form, (target, manifest) in forms.items():
            for note in manifest["files"]:
                path = os.path.join(target, note["file"])
                check(form, path, note)
            print(f"{form}: {manifest['totals']['files']} files, {manifest['totals']['records']} records")
        words(forms)


def check(form, path, note):
    if form == "ndjson" and note["rows"] == 0:
        return  # an empty file has no columns, and readers say so
    reader = {"parquet": "read_parquet('{}')", "csv": "read_csv('{}', all_varchar=true, nullstr='')",
              "ndjson": "read_json('{}', format='newline_delimited', maximum_object_size=134217728)"}[form]
    table = reader.format(path)
    rows = duckdb.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    assert rows == note["rows"], (path, rows, note["rows"])
    if form == "parquet":
        frame = pandas.read_parquet(path)
        schema = pyarrow.parquet.read_schema(path)
        for column in note["columns"]:
            assert str(schema.field(column["name"]).type) == arrow(column["type"]), (path, column)
            check_digits(path, column)
        if "id" in frame and "_data" in frame:
            for id_, data in zip(frame["id"], frame["_data"]):
                assert json.loads(data)["id"] == id_, (path, id_)
    elif form == "csv":
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
        assert list(frame.columns) == [column["name"] for column in note["columns"]], path
    else:
        frame = pandas.read_json(path, lines=True, dtype=False)
    assert len(frame) == note["rows"], (path, len(frame))


def arrow(kind):
    """What pyarrow calls a type of the manifest."""
    if kind.startswith("TIMESTAMP"):
        return "timestamp[us, tz=UTC]"
    if kind.startswith("DECIMAL"):
        return "decimal128" + kind.removeprefix("DECIMAL").replace(",", ", ")
    return {"INT64": "int64", "DOUBLE": "double", "BOOLEAN": "bool", "UTF8": "string"}[kind]


def check_digits(path, column):
    """Amounts and times, written again by DuckDB, are what `data` says, digit for digit."""
    name, kind = column["name"], column["type"]
    if not kind.startswith(("TIMESTAMP", "DECIMAL")) or not column["from"].startswith("data."):
        return
    written = f"CAST({name} AS VARCHAR)"
    if kind.startswith("TIMESTAMP"):
        digits = int(kind[len("TIMESTAMP("):-1])
        cut = 19 + (digits + 1 if digits else 0)
        written = f"left(strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f'), {cut}) || 'Z'"
    unlike = duckdb.sql(f"""
        SELECT {written}, json_extract_string(_data, '$.{name}') FROM read_parquet('{path}')
        WHERE {written} IS DISTINCT FROM json_extract_string(_data, '$.{name}') LIMIT 3
    """).fetchall()
    assert not unlike, (path, column, unlike)


def words(forms):
    """Contacts' names, from three forms by three readers, are the same."""
    paths = {form: os.path.join(target, f"contact.{form}") for form, (target, _) in forms.items()}
    parquet = dict(duckdb.sql(f"SELECT id, name FROM read_parquet('{paths['parquet']}')").fetchall())
    frame = pandas.read_csv(paths["csv"], dtype={"id": int}, keep_default_na=False)
    csv = dict(zip(frame["id"], frame["name"]))
    with open(paths["ndjson"]) as lines:
        ndjson = {line["data"]["id"]: line["data"]["name"] for line in map(json.loads, lines)}
    assert parquet == csv == ndjson and len(parquet) > 1000
    owners = duckdb.sql(f"""
        SELECT owner_id_name, count(*) FROM read_parquet('{paths['parquet']}') GROUP BY 1 ORDER BY 2 DESC LIMIT 1
    """).fetchall()[0]
    deals = os.path.join(forms["parquet"][0], "deal.parquet")
    months = duckdb.sql(f"""
        SELECT date_trunc('month', created_at) AS month, sum(value) FROM read_parquet('{deals}') GROUP BY 1 ORDER BY 1
    """).fetchall()
    frame = pandas.read_parquet(deals)
    assert sum(total for _, total in months if total) == frame["value"].dropna().sum()
    assert frame["created_at"].dt.year.min() > 2000
    print(f"deals of {len(months)} months; of the last: {months[-1][1]}")
    print(f"contacts are the same in all three; most belong to {owners[0]} ({owners[1]})")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
