-- SPDX-License-Identifier: MIT
--
-- Files that say which AS announces which prefix.
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local pfx2as = require "mtr.names.pfx2as"
local run = require "spec.support.harness.run"

local bytes = lib.new "uint8_t[16]"

local function find(from, text) return from.set:find(bytes, addr.parse(text, bytes)) end

describe("a table of ASes", function()
  teardown(run.clean)

  it("has the AS of the longest prefix, the first one if there are several", function()
    local v4 = run.file("v4.txt", "192.0.2.0\t24\t64496\n192.0.2.128\t25\t64497_64498\n"
      .. "198.51.100.0\t24\t{64499,64500}\n203.0.113.0\t24\t64501,64502_64503\r\n")
    local v6 = run.file("v6.txt", "\n# a comment\n2001:db8::\t32\t4200000001\n")
    local found = assert(pfx2as.load { v4, v6 })
    for text, as in pairs {
      ["192.0.2.1"] = "64496", ["192.0.2.200"] = "64497", ["198.51.100.9"] = "64499",
      ["203.0.113.1"] = "64501", ["2001:db8:1::1"] = "4200000001",
    } do
      assert.equal(as, find(found, text))
    end
    assert.is_nil(find(found, "192.0.3.1"))
    assert.is_nil(find(found, "2001:db9::1"))
    assert.same({ 5, 0 }, { found.prefixes, found.bad })
  end)

  it("is read compressed", function()
    local path = run.file("packed", "192.0.2.0\t24\t64496\n")
    assert.equal(0, run.run("gzip " .. path).status)
    assert.equal("64496", find(assert(pfx2as.load { path .. ".gz" }), "192.0.2.7"))
  end)

  it("counts bad lines, and tells of the first", function()
    local path = run.file("bad.txt", "192.0.2.0\t24\t64496\n192.0.2.0\t24\n192.0.2.0\t33\t1\n"
      .. "nowhere\t8\t1\n192.0.2.0\t24\tAS1\n1\t2\t3\t4\n\0\n")
    local found = assert(pfx2as.load { path })
    assert.same({ 1, 6 }, { found.prefixes, found.bad })
    assert.equal(path .. ", line 2: this is no address, length and AS", found.first)
  end)

  it("is refused without a file or without a prefix", function()
    local found, message, name = pfx2as.load { run.dir() .. "/missing" }
    assert.same({ nil, "ENOENT" }, { found, name })
    assert.truthy(message:find("/missing", 1, true))
    local path = run.file("empty.txt", "# nothing\n")
    assert.same({ nil, "ENODATA: there are no prefixes with an AS in " .. path, "ENODATA" },
      { pfx2as.load { path } })
  end)
end)
