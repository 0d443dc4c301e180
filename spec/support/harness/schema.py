# SPDX-License-Identifier: MIT
#
# Validates lines of JSON against a schema with Python's jsonschema: schema.py SCHEMA FILE. Prints
# "line N: what is wrong" for each bad line; exits with 1 if there is one, 2 if the schema is bad.
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
whole, parts, whole_seen = validator(schema), {}, set()
for name, kind in schema["$defs"].items():
    word = kind["properties"].get("type", {}).get("const")
    if word:
        parts[word] = validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})
bad = 0
with open(sys.argv[2], encoding="utf-8") as file:
    for number, line in enumerate(file, 1):
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
sys.exit(1 if bad else 0)
