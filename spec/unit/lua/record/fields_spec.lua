-- SPDX-License-Identifier: MIT
--
-- The names that strict mode knows are those of the annotated classes, and of what the objects
-- really have: a field that is added elsewhere and not there is found here.
local fields = require "mtr.record.fields"
local words = require "mtr.record.words"
local decode = require "mtr.record.decode"

-- The fields of the classes annotated in some files, by class.
local function annotated(paths)
  local classes = {}
  for _, path in ipairs(paths) do
    local class
    for line in io.lines(path) do
      local name = line:match "^%-%-%-@class (mtr%.%w+)"
      local field = line:match "^%-%-%-@field ([%w_]+)"
      if name then
        class = name
        classes[class] = classes[class] or {}
      elseif field then
        classes[class][field] = true
      elseif not line:find "^%-%-%-" then
        class = nil
      end
    end
  end
  return classes
end

local function union(...)
  local all = {}
  for _, set in ipairs { ... } do
    for name in pairs(set) do all[name] = true end
  end
  return all
end

describe("the names for strict mode", function()
  local classes = annotated { "lua/mtr/record/types.lua", "lua/mtr/record/result.lua",
    "lua/mtr/record/reply.lua", "lua/mtr/campaign/borrowed.lua" }
  local borrowed = classes["mtr.BorrowedResult"]

  for name, class in pairs {
    hop = classes["mtr.Hop"],
    reply = union(classes["mtr.Reply"], classes["mtr.BorrowedReply"]),
    probe = union(classes["mtr.Probe"], classes["mtr.Reply"]),
    trace = classes["mtr.TraceFields"],
    result = union(classes["mtr.Result"], borrowed),
  } do
    it("are the annotated ones of a " .. name, function()
      assert.truthy(next(class))
      assert.same(class, fields[name])
    end)
  end

  it("hold every flag of a reply and every fact of a trace", function()
    local flags, facts = 0, 0
    for name in pairs(words.flags) do
      flags = flags + 1
      assert.is_true(fields.reply[name], name)
    end
    for name in pairs(decode.trace) do
      facts = facts + 1
      assert.is_true(fields.trace[name] and fields.result[name], name)
    end
    assert.truthy(flags >= 8 and facts >= 16)
  end)
end)
