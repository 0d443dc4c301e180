-- SPDX-License-Identifier: MIT
--
-- Targets by their numbers, also when there are many more items than marks.
local addr = require "mtr.base.addr"
local lib = require "mtr.lib"
local items = require "mtr.targets.items"
local File = require "mtr.targets.file"
local Index = require "mtr.targets.index"
local Reader = require "mtr.targets.reader"
local run = require "spec.support.harness.run"

local bytes = lib.new "uint8_t[16]"

local function text(kind, what)
  if kind > 0 then return addr.format(bytes, kind) end
  return kind .. " " .. what
end

-- 500 items: addresses, names, prefixes and bad ones.
local LIST = {}
for i = 1, 500 do
  LIST[i] = i % 7 == 0 and ("10.1.%d.0/29"):format(i % 256) or i % 11 == 0 and "x" .. i
    or i % 13 == 0 and "1.2.3." .. i or "10.0.0." .. i % 256
end

describe("an index", function()
  teardown(run.clean)

  local function of_file(form)
    return function()
      run.file("list", form)
      local file = assert(io.open(run.dir() .. "/list", "rb"))
      local made = File.new(file, "list", { owned = true })
      assert.is_true(made:can_go())
      return made
    end
  end
  local plain = "# head\n\n" .. table.concat(LIST, "\n") .. "\n"
  for name, make in pairs {
    ["a list"] = function() return items.list(LIST) end,
    ["a file"] = of_file(plain),
    ["a file with CR LF and comments"] = of_file((plain:gsub("\n", " # x\r\n"))),
    ["a file with CR and a mark"] = of_file("\239\187\191" .. plain:gsub("\n", "\r")),
    ["a file in UTF-16"] = of_file("\255\254" .. plain:gsub(".", "%0\0")),
  } do
    it("finds each target, whatever the number of marks, of " .. name, function()
      local want, reader = {}, Reader.new(make())
      while true do
        local kind, what = reader:next(bytes)
        if not kind then break end
        want[#want + 1] = text(kind, what)
      end
      for _, most in ipairs { 3, 16, 500, 1000 } do
        local index = assert(Index.new(make(), most))
        assert.equal(#want, index.size)
        assert.is_true(#index.first <= most)
        for i = 0, #want - 1 do
          local at = i * 101 % #want
          local kind, what = index:get(at, bytes)
          local got = text(kind, what or 0)
          if got ~= want[at + 1] then assert.equal(want[at + 1], got) end
        end
      end
    end)
  end

  it("gives the error of a file that cannot be read", function()
    local file = assert(io.open(run.dir()))
    local made = File.new(file, "dir", { owned = true })
    assert.same({ nil, "EISDIR: is a directory: reading dir", "EISDIR" }, { Index.new(made) })
  end)

  it("tells that the list became shorter", function()
    local list = { "10.0.0.1", "10.0.0.2", "10.0.0.3" }
    local index = assert(Index.new(items.list(list)))
    list[3] = nil
    assert.same({ nil, "ESTALE: the list was changed while it was in use", "ESTALE" },
      { index:get(2, bytes) })
  end)

  it("refuses more targets than a shuffle can order", function()
    local list = {}
    for i = 1, 33 do list[i] = ("%x::/16"):format(0x2000 + i) end
    local _, _, name = Index.new(items.list(list, { each = { [6] = 64 } }))
    assert.equal("EFBIG", name)
  end)
end)
