-- SPDX-License-Identifier: MIT
--
-- The reporter of a page: the page is whole and its records are those of the results, whatever
-- happened to the run.
local cjson = require "cjson"
local compat = require "mtr.compat"
local html = require "mtr.report.html"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"

-- The records of a page, in order.
local function records(page)
  local list = {}
  for line in page:gmatch '\n({"[^\n]*)' do list[#list + 1] = cjson.decode(line) end
  return list
end

local function targets(page)
  local list = {}
  for _, record in ipairs(records(page)) do list[#list + 1] = record.d end
  return list
end

-- The elements of a page that browsers read as scripts, by their attributes.
local function scripts(page)
  local list = {}
  for attributes in page:gmatch "<script([^>]*)>" do list[#list + 1] = attributes end
  return list
end

local DATA = ' type="application/json" class="records"'

describe("the html reporter", function()
  teardown(run.clean)
  after_each(function() package.loaded["mtr.names"] = nil end)

  it("writes a page, and a record for each result", function()
    local path = run.dir() .. "/all.html"
    local _, list = results.campaign { html.new(path) }
    local page = run.read(path)
    assert.same({ "", DATA }, scripts(page))
    assert.truthy(page:find "^<!DOCTYPE html>")
    assert.equal("</script>\n", page:match "[^\n]*\n$")
    local want = {}
    for i, result in ipairs(list) do want[i] = result.dst end
    assert.same(want, targets(page))
    local copied, text = results.collector()
    results.give(html.new(copied), list)
    assert.equal(page, text())
  end)

  it("names in its policy the hashes of its script and its style, and nothing else", function()
    local copied, text = results.collector()
    results.give(html.new(copied), {})
    local page = text()
    local policy = page:match 'Content%-Security%-Policy" content="([^"]*)"'
    for tag, directive in pairs { script = "script%-src", style = "style%-src" } do
      local path = run.file("part", page:match("<" .. tag .. ">(.-)</" .. tag .. ">"))
      local got = run.run(("sha256sum '%s' | cut -c-64"):format(path))
      local bytes = got.out:gsub("%s", ""):gsub("..", function(x)
        return string.char(tonumber(x, 16))
      end)
      local base64 = run.run(("base64 '%s'"):format(run.file("hash", bytes))).out:gsub("%s", "")
      assert.equal("'sha256-" .. base64 .. "'", policy:match(directive .. " ([^;]*)"))
    end
    assert.truthy(policy:find("default-src 'none'", 1, true))
    assert.is_nil(page:find "https?://[^w]")
  end)

  it("goes on in a page that is there, and behind the last checkpoint", function()
    local _, list = results.campaign {}
    local path = run.dir() .. "/more.html"
    results.give(html.new(path), { list[1] })
    results.give(html.new(path), { list[2] })
    assert.same({ list[1].dst, list[2].dst }, targets(run.read(path)))
    assert.same({ "", DATA, DATA }, scripts(run.read(path)))
    local first = html.new(path)
    assert(first:start {})
    assert(first:trace(list[3]))
    local data = assert(first:save())
    assert(first:trace(list[5]))
    assert(first:finish {})
    local second = html.new(path)
    second:restore(data)
    results.give(second, { list[4] })
    assert.same({ list[1].dst, list[2].dst, list[3].dst, list[4].dst }, targets(run.read(path)))
  end)

  it("says that a disk is full", function()
    local full = html.new "/dev/full"
    local ok, message, name = full:start {}
    if ok then ok, message, name = full:finish {} end
    assert.same({ nil, "ENOSPC" }, { ok, name })
    assert.truthy(message:find("/dev/full", 1, true))
  end)

  it("adds names as they become known", function()
    local _, list = results.campaign {}
    local known = { ["10.0.0.1"] = "fork.example" }
    package.loaded["mtr.names"] = { peek = function(addr)
      return known[addr], known[addr] and { asn = 64500, name = "EXAMPLE" } or nil
    end }
    local copied, text = results.collector()
    local reporter = html.new(copied)
    assert(reporter:start {})
    for _, result in ipairs(list) do assert(reporter:trace(result)) end
    known["10.0.0.2"] = "join.example"
    assert(reporter:update {})
    known["10.0.0.3"] = "core.example"
    assert(reporter:finish {})
    local names, n, classes = {}, 0, 0
    for _, record in ipairs(records(text())) do
      for addr, value in pairs(record.names or {}) do
        names[addr], n = value, n + 1
        if value[4] ~= "" then classes = classes + 1 end
      end
    end
    assert.equal(3, n - classes)
    assert.same({ "fork.example", 64500, "EXAMPLE", "" }, names["10.0.0.1"])
    assert.equal("join.example", names["10.0.0.2"][1])
    assert.equal("core.example", names["10.0.0.3"][1])
  end)

  it("writes the names and networks that results carry, and classes, each once", function()
    local _, list = results.campaign {}
    for _, result in ipairs(list) do
      for _, reply in ipairs(result.hops[1].replies) do
        reply.name, reply.origin = "fork.example", { asn = 64500, name = "EXAMPLE" }
      end
    end
    list[1].mda = { hops = {}, names = { ["10.9.9.9"] = { name = "mda.example" } } }
    local copied, text = results.collector()
    results.give(html.new(copied), list)
    local names = {}
    for _, record in ipairs(records(text())) do
      for addr, value in pairs(record.names or {}) do
        names[addr] = names[addr] or {}
        table.insert(names[addr], ("%s %d %s %s"):format(compat.unpack(value)))
      end
    end
    assert.same({ " 0  private", "fork.example 64500 EXAMPLE " }, names["10.0.0.1"])
    assert.same({ " 0  private" }, names["10.0.0.2"])
    assert.same({ "mda.example 0  " }, names["10.9.9.9"])
    assert.is_nil(names["192.0.2.1"])
  end)
end)
