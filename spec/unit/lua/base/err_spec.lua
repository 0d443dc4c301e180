-- SPDX-License-Identifier: MIT
--
-- The words of errors.
local err = require "mtr.base.err"

describe("the nearest word", function()
  local words = { "max_ttl", "first_ttl", "timeout", "window", "port", "on_hop", "on_probe" }
  for given, near in pairs {
    max_tll = "max_ttl", maxttl = "max_ttl", max_lttl = "max_ttl", timout = "timeout",
    tiemout = "timeout", windows = "window", prot = "port", onhop = "on_hop",
    fist_ttl = "first_ttl",
  } do
    it(("of %s is %s"):format(given, near), function()
      assert.equal(near, err.nearest(given, words))
    end)
  end

  it("is nil when no name is near", function()
    assert.is_nil(err.nearest("colour", words))
    assert.is_nil(err.nearest("", words))
  end)
end)

describe("an error message", function()
  it("shows values short and in one line", function()
    for _, case in ipairs {
      { "a", '"a"' }, { 'q"', '"q\\""' }, { "a\nb", '"a\\nb"' }, { 300, "300" }, { nil, "nil" },
      { true, "true" }, { {}, "a table" }, { print, "a function" },
      { ("x"):rep(99), '"' .. ("x"):rep(57) .. '..."' },
    } do
      assert.equal(case[2], err.show(case[1]))
    end
    assert.is_nil(err.show("\27[2J\0"):find "%c")
  end)

  it("names an unknown option and the nearest one", function()
    assert.equal('trace: unknown option "max_tll"; did you mean "max_ttl"?',
      err.unknown("trace", "max_tll", { "max_ttl" }))
    assert.equal('trace: unknown option "zzz"', err.unknown("trace", "zzz", { "max_ttl" }))
    assert.equal("trace: options are named, got the key 1", err.unknown("trace", 1, {}))
  end)

  it("of the environment has the errno's name twice", function()
    local value, message, name = err.env(-1, "raw sockets need CAP_NET_RAW")
    assert.is_nil(value)
    assert.equal("EPERM", name)
    assert.truthy(message:find "^EPERM: %a[^:]+: raw sockets need CAP_NET_RAW$")
    assert.truthy(select(2, err.env(1)):find "^EPERM: [^:]+$")
  end)

  it("of ours has the same form", function()
    assert.same({ nil, "ECANCELED: gone", "ECANCELED" }, { err.named("ECANCELED", "gone") })
  end)
end)

describe("the number of an errno", function()
  it("is found by its name", function()
    assert.same({ 1, 13, 90, 110 }, { err.number "EPERM", err.number "EACCES",
      err.number "EMSGSIZE", err.number "ETIMEDOUT" })
    assert.is_nil(err.number "ENOTHING")
    assert.is_nil(err.number "eperm")
  end)
end)

describe("a report", function()
  after_each(function() err.on_error = nil end)

  it("goes to the reporter, is counted, and never raises", function()
    local got, before = nil, err.reports
    err.on_error = function(text)
      got = text
      error "the reporter fails too"
    end
    err.report "boom"
    assert.equal("boom", got)
    assert.equal(before + 1, err.reports)
    err.on_error = nil
    err.report "unheard"
    assert.equal(before + 2, err.reports)
  end)

  it("shows tracebacks without the functions of this library, if others are left", function()
    local text = "x:1: no\nstack traceback:\n\t[C]: in function 'error'\n"
      .. "\t" .. debug.getinfo(err.report, "S").short_src .. ":47: in function 'engine'\n"
      .. "\tx:1: in main chunk"
    local short = "x:1: no\nstack traceback:\n\tx:1: in main chunk"
    assert.equal(short, err.own_frames(text))
    assert.equal(short .. "\n" .. short, err.own_frames(text .. "\n" .. text))
    for _, same in ipairs { short, "no", (text:gsub("\n[^\n]*$", "")) } do
      assert.equal(same, err.own_frames(same))
    end
    err.all_frames = true
    local all = err.own_frames(text)
    err.all_frames = false
    assert.equal(text, all)
    local _, caught = xpcall(function() error "no" end, err.traceback)
    assert.matches("err_spec", caught)
  end)

  it("shows foreign text so that a terminal does not obey it", function()
    for text, want in pairs {
      ["a\27[2Jb\n"] = "a?[2Jb?", ["b\195\188cher"] = "b\195\188cher", ["\155[2J"] = "?[2J",
      ["\194\155[2J"] = "?[2J", [("x"):rep(300)] = ("x"):rep(250) .. "...",
      [("x"):rep(249) .. ("\195\188"):rep(9)] = ("x"):rep(249) .. "?...",
    } do
      assert.equal(want, err.target(text))
    end
  end)
end)
