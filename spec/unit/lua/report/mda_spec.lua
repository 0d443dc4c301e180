-- SPDX-License-Identifier: MIT
--
-- The reporters of the strategy mda's results, as text and for Graphviz: silent nodes, diamonds.
local dot = require "mtr.report.dot"
local mda = require "mtr.report.mda"

local function result(hops, fields)
  local r = { target = "web", dst = "192.0.2.9", protocol = "udp", stop_reason = "completed",
    probe_count = 40, mda = { confidence = 95, flows = 16, hops = hops } }
  for key, value in pairs(fields or {}) do r[key] = value end
  return r
end

local function hop(ttl, nodes, ...)
  local links = {}
  for i, link in ipairs { ... } do
    local from, to = link:match "^(%S+) (%S+)$"
    links[i] = { from = from, to = to }
  end
  return { ttl = ttl, nodes = nodes, links = links }
end

local NONE = {}
local SILENT = { hop(1, { "a" }, "source a"), hop(2, { "*" }, "a *"), hop(3, { "*" }, "* *"),
  hop(4, { "d" }, "* d") }
local DIAMOND = { hop(1, { "a" }, "source a"), hop(2, { "b", "c" }, "a b", "a c"),
  hop(3, { "d" }, "b d", "c d") }
local OPEN = { hop(1, { "a", "b" }, "source a", "source b"), hop(2, { "c" }, "a c", "b c"),
  hop(3, { "d", "*" }, "c d", "c *") }

local HEAD = "paths to web (192.0.2.9), udp, 95 % sure with 16 flows, 40 probes\n"
local GRAPH = 'digraph "192.0.2.9" {\n  rankdir=LR;\n  node [shape=box];\n'

-- What a reporter writes of these.
local function written(module, results)
  local out = {}
  local reporter = module.new(function(text) out[#out + 1] = text return true end)
  assert.is_true(reporter:start())
  for _, r in ipairs(results) do assert.is_true(reporter:trace(r)) end
  assert.is_true(reporter:finish())
  return table.concat(out)
end

describe("the mda reporter writes", function()
  for name, case in pairs {
    ["no hops"] = { result(NONE, { stop_reason = "halted" }), HEAD .. "stopped: halted\n" },
    ["silent nodes"] = { result(SILENT, { stop_reason = "gaplimit" }),
      HEAD .. "  1  a\n  2  *  <- a\n  3  *  <- *\n  4  d  <- *\nstopped: gaplimit\n" },
    ["a diamond"] = { result(DIAMOND),
      HEAD .. "  1  a\n  2  b  <- a\n     c  <- a\n  3  d  <- b c\n"
        .. "diamond: a to d, 2 wide, 2 long\n" },
    ["a diamond from the source, and none that stays open"] = { result(OPEN),
      HEAD .. "  1  a\n     b\n  2  c  <- a b\n  3  d  <- c\n     *  <- c\n"
        .. "diamond: source to c, 2 wide, 2 long\n" },
    ["a name with control characters"] = { result(NONE, { target = "w\27[0m\n" }),
      "paths to w?[0m? (192.0.2.9), udp, 95 % sure with 16 flows, 40 probes\n" },
  } do
    it(name, function() assert.equal(case[2], written(mda, { case[1] })) end)
  end

  it("results apart with an empty line", function()
    assert.equal(HEAD .. "\n" .. HEAD, written(mda, { result(NONE), result(NONE) }))
  end)

  it("an empty line after a target that could not be traced", function()
    local out = ""
    local reporter = mda.new(function(text) out = out .. text return true end)
    reporter:begin "nowhere"
    reporter:begin "web"
    reporter:trace(result(NONE))
    assert.equal("\n" .. HEAD, out)
  end)
end)

describe("the dot reporter writes", function()
  for name, case in pairs {
    ["no hops"] = { NONE, "" },
    ["silent nodes of different hops as different nodes"] = { SILENT,
      '  "source" -> "a";\n  "a" -> "* at 2";\n  "* at 2" -> "* at 3";\n  "* at 3" -> "d";\n' },
    ["a diamond"] = { DIAMOND, '  "source" -> "a";\n  "a" -> "b";\n  "a" -> "c";\n  "b" -> "d";\n'
      .. '  "c" -> "d";\n' },
  } do
    it(name, function()
      assert.equal(GRAPH .. case[2] .. "}\n", written(dot, { result(case[1]) }))
    end)
  end

  it("a graph for each result", function()
    assert.equal((GRAPH .. "}\n"):rep(2), written(dot, { result(NONE), result(NONE) }))
  end)
end)
