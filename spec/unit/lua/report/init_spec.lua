-- SPDX-License-Identifier: MIT
--
-- The table of reporters: what each kind of results can be written as, and that --help says so.
local report = require "mtr.report"
local annotations = require "spec.support.style.annotations"
local run = require "spec.support.harness.run"

-- Words that users type: they stay, in this order, whatever is added.
local KINDS = {
  trace = { "text", "jsonl", "warts", "json", "csv", "table", "mtr", "caracal", "saimiris", "dot",
    "prometheus", "html", "scamper", "atlas" },
  mda = { "text", "dot", "jsonl", "warts", "json", "csv", "caracal", "saimiris", "html",
    "scamper" },
  pmtu = { "text", "jsonl", "warts", "json", "html", "scamper" },
  ping = { "text", "jsonl", "warts", "scamper", "atlas" },
}

-- What is in a file of no results; of others nothing.
local EMPTY = { warts = "\18\5", scamper = "^{\"type\":\"cycle%-start\"",
  json = "^%[\n%]\n$", csv = "^start,[^\n]+\r\n$",
  caracal = "^capture_timestamp,[^\n]+\n$", saimiris = "^date,[^\n]+\n$", dot = "^digraph ",
  html = '^<!DOCTYPE html>.*class="records">\n</script>\n$', prometheus = "^# HELP " }

-- Returns the words of a list that are known, in the order of the list.
local function those_of(list, known)
  local set, found = {}, {}
  for _, word in ipairs(known) do set[word] = true end
  for _, word in ipairs(list) do found[#found + 1] = set[word] and word or nil end
  return found
end

-- What a program says of --output.
local function help(program)
  local got = run.run(('"$MTR_PROGRAM" scripts/%s.lua --help'):format(program))
  local text = got.out:match "\n  %-o, %-%-output FORMAT +(.-)\n  %-"
  return text and text:gsub("%s+", " ")
end

describe("reporters", function()
  teardown(run.clean)

  for kind, known in pairs(KINDS) do
    local words = report.words(kind)

    it("of " .. kind .. " are those that --help names, in order", function()
      assert.same(known, those_of(words, known))
      local text, at = help(kind), 1
      for _, word in ipairs(words) do
        at = assert(select(2, text:find("%f[%w]" .. word .. "%f[%W]", at)), text)
      end
      assert.truthy(text:find("^" .. words[1] .. " %(default%)"))
    end)

    it("of " .. kind .. " open, write and close", function()
      for _, word in ipairs(words) do
        local path = ("%s/%s.%s"):format(run.dir(), kind, word)
        local reporter = report.open(kind, word, path, {})
        assert.equal("function", type(reporter.trace))
        assert.is_true(reporter:start())
        assert.is_true(reporter:finish())
        local text = assert(io.open(path, "rb")):read "*a"
        local want = EMPTY[word == "dot" and kind == "mda" and "" or word] or "^$"
        assert.truthy(text:find(want), word .. ": " .. text)
      end
    end)
  end

  it("add themselves to the class mtr.Reports, each in its file", function()
    local table_of = run.read "lua/mtr/report/init.lua":match "local BUILT_IN = (%b{})"
    local n = 0
    for name in table_of:gmatch "\n  { \"(%l+)\"" do
      n = n + 1
      local field = annotations.fields("lua/mtr/report/" .. name .. ".lua", "mtr.Reports")[name]
      assert.truthy(field and field.type:find "^fun%(.+: mtr%.Reporter .+", name)
      assert.is_function(report[name])
    end
    assert.truthy(n > 20)
  end)

  it("say in --help what they are, and which is the default", function()
    assert.equal("text (default); jsonl: a line of JSON for each result; warts: scamper's format; "
      .. "scamper: its JSON; atlas: RIPE Atlas' JSON", report.about "ping")
    assert.truthy(report.about("trace", "csv")
      :find "^csv %(default%): a row for each reply; text; ")
    assert.truthy(report.about "any":find("; sqlite=FILE: a database; ", 1, true))
    local got = run.run('"$MTR_PROGRAM" scripts/live.lua --help').out:gsub("%s+", " ")
    assert.truthy(got:find("of the report: " .. report.about("trace", "table") .. ";", 1, true))
    for program, kind in pairs { campaign = "trace", report = "any" } do
      got = run.run(('"$MTR_PROGRAM" scripts/%s.lua --help'):format(program)).out:gsub("%s+", " ")
      assert.truthy(got:find("Formats: " .. report.about(kind) .. ".", 1, true))
    end
  end)

  it("that say where they write", function()
    for _, name in ipairs { "text", "mda", "pmtu", "ping", "dot", "jsonl", "warts", "json", "csv",
      "table", "mtr", "caracal", "saimiris", "routes", "prometheus", "html", "scamper", "atlas" } do
      assert.has_error(function() report[name](7) end,
        ("report.%s: the path must be a string, got 7"):format(name == "routes" and "dot" or name))
      local ok, message, code = report[name](run.dir() .. "/none/out"):start()
      assert.same({ nil, "ENOENT" }, { ok, code })
      assert.truthy(message:find("/none/out", 1, true))
    end
  end)

  it("of all kinds are the formats, each once", function()
    local known = { "text", "dot", "jsonl", "warts", "json", "csv", "table", "mtr", "caracal",
      "saimiris", "prometheus", "sqlite", "html", "scamper", "atlas" }
    assert.same(known, those_of(report.formats(), known))
    assert.same({ "mda", nil }, { report.name("mda", "text"), report.name("ping", "dot") })
    assert.same({ true, false }, { report.binary "warts", report.binary "jsonl" })
  end)

  it("that do not exist are nil, and no kind's", function()
    assert.is_nil(report.svg)
    assert.same({}, report.words "nothing")
    assert.has_error(function() report.open("ping", "dot") end,
      'report: no reporter writes "ping" as "dot"')
  end)
end)
