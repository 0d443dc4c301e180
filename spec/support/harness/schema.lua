-- SPDX-License-Identifier: MIT
--
-- Lines of JSON against a schema, by one run of schema.py for many files of lines:
--
--   local schema = require("spec.support.harness.schema").open "lua/mtr/record/result.schema.json"
--   assert.equal("", schema:problems(path))
--   schema:close()
--
-- It asks for a file by its name, and the answers come through a named pipe.
local run = require "spec.support.harness.run"

local Schema = {}
Schema.__index = Schema

local M = {}

local SERVE = "{ /usr/bin/python3 spec/support/harness/schema.py %s >%s 2>&1; cat >/dev/null; }"

---Starts schema.py. It ends with `close`, or with us.
---@param schema string  the path of a schema
function M.open(schema)
  local answers = run.pipe "schema.answers"
  local asks = assert(io.popen(SERVE:format(schema, answers), "w"))
  return setmetatable({ asks = asks, answers = assert(io.open(answers)) }, Schema)
end

---What is wrong with the lines of a file: "line N: ..." for each bad one; empty if nothing is.
---@param path string
---@return string
function Schema:problems(path)
  self.asks:write(path, "\n")
  self.asks:flush()
  local list = {}
  for line in self.answers:lines() do
    if line == "end" then return table.concat(list) end
    list[#list + 1] = line .. "\n"
  end
  error("schema: schema.py has ended:\n" .. table.concat(list), 2)
end

function Schema:close()
  self.asks:close()
  self.answers:close()
end

return M
