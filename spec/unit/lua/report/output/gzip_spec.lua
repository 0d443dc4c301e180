-- SPDX-License-Identifier: MIT
--
-- Members of gzip files: gzip reads them, one or many, and no piece is too large or too small.
local gzip = require "mtr.report.output.gzip"
local lib = require "mtr.lib"
local random = require "spec.support.harness.random"
local run = require "spec.support.harness.run"

local function noise(r, size)
  local bytes = {}
  for i = 1, size do bytes[i] = string.char(r(256) - 1) end
  return table.concat(bytes)
end

describe("gzip", function()
  teardown(run.clean)

  it("makes members that gzip joins to what was packed", function()
    local r, packer, whole, packed = random(1), assert(gzip.new()), {}, {}
    for i, piece in ipairs { "", "one\n", ("line\n"):rep(60000), noise(r, 70000), "z" } do
      local out, size = packer:pack(piece, #piece)
      whole[i], packed[i] = piece, lib.string(out, size)
    end
    assert.is_true(#packed[3] < 10000)
    local path = run.file("members.gz", table.concat(packed))
    local got = run.run("gzip -dc " .. path)
    assert.same({ 0, "" }, { got.status, got.err })
    assert.is_true(table.concat(whole) == got.out)
  end)

  it("packs bytes in memory as well", function()
    local bytes, packer = lib.new("char[?]", 5, "abcde"), assert(gzip.new())
    local out, size = packer:pack(bytes, 3)
    assert.equal("abc", run.run("gzip -dc " .. run.file("abc.gz", lib.string(out, size))).out)
  end)
end)
