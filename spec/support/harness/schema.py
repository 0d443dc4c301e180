# SPDX-License-Identifier: MIT
#
# Validates lines of JSON against a schema with Python's jsonschema: schema.py SCHEMA FILE. Prints
# "line N: what is wrong" for each bad line; exits with 1 if there is one, 2 if the schema is bad.
# Without a FILE it reads the names of files from its input, one a line, and prints "end" after what
# is wrong with each: loading jsonschema takes longer than most files do.
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
validator = jsonschema.Draft202012Validator
try:
    validator.check_schema(schema)
except jsonschema.SchemaError as error:
    print(error)
    sys.exit(2)
# A line of a known type is held to the schema of that type, whose errors say more and which is
# quicker; the first of each type to the whole schema too. No two types have the same word.
whole, parts = validator(schema), {}
for name, kind in schema["$defs"].items():
    word = kind.get("properties", {}).get("type", {}).get("const")
    if word:
        parts[word] = validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})


def validate(path):
    bad, whole_seen = 0, set()
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            value = json.loads(line)
            kind = value.get("type")
            errors = list(parts.get(kind, whole).iter_errors(value))
            if kind not in whole_seen and not errors and not whole.is_valid(value):
                errors = ["fits no kind of line"]
            whole_seen.add(kind)
            for error in errors[:3]:
                where = "/".join(map(str, getattr(error, "path", [])))
                print(f"line {number}: {where}: {getattr(error, 'message', error)[:300]}")
            bad += bool(errors)
    return bad


if len(sys.argv) > 2:
    sys.exit(1 if validate(sys.argv[2]) else 0)
for name in sys.stdin:
    validate(name.rstrip("\n"))
    print("end", flush=True)
