-- SPDX-License-Identifier: MIT
--
-- Options of engines, down to the fields of struct mtr_config.
local lib = require "mtr.lib"
local config = require "mtr.engine.config"
local annotations = require "spec.support.style.annotations"
local run = require "spec.support.harness.run"

local C = lib.C
local c = lib.new "struct mtr_config"

describe("engine options", function()
  it("that are not given keep the library's defaults", function()
    assert.same({}, config.fill(nil, c))
    local defaults = lib.new "struct mtr_config"
    C.mtr_defaults(defaults)
    local size = lib.sizeof "struct mtr_config"
    assert.equal(lib.string(lib.cast("const char *", defaults), size),
      lib.string(lib.cast("const char *", c), size))
  end)

  it("have words, and the library's defaults", function()
    C.mtr_defaults(c)
    assert.same({}, annotations.undeclared(config.declaration, function(option)
      if not option.field then return nil end
      local value = c[option.field]
      local text = type(value) == "cdata" and not tonumber(value)
      return text and lib.string(value) or tonumber(value), text and "" or 0
    end))
  end)

  it("are the fields of mtr.EngineOptions", function()
    local names = config.declaration.names
    local fields = annotations.fields("lua/mtr/engine/config.lua", "mtr.EngineOptions")
    for name, field in pairs(annotations.fields("lua/mtr/record/ids.lua", "mtr.Ids")) do
      fields[name] = field
    end
    assert.same({}, annotations.differences(config.declaration, names, fields))
  end)

  -- The options in the help text of mtrlua: each name with its words.
  local function told()
    local help, found = run.run("build/mtrlua --help").out, {}
    help = help:gsub("\n" .. (" "):rep(22), " ")
    for name, text in help:gmatch "\n  %-%-([%l%d%-]+) %u[%u=]* +([^\n]+)" do
      found[name:gsub("%-", "_")] = text
    end
    return found
  end

  it("of mtrlua's command line are those that its help has, in the same words", function()
    local own = { grace = true, user = true, output = true, max_memory = true, max_time = true }
    local with_sandbox, said = { max_probes = true }, {}
    for name, text in pairs(told()) do
      if not own[name] and not with_sandbox[name] then
        said[name] = "--" .. name
        local option = config.declaration.by_name[name]
        local words = option.doc:match "^[^:;,]+"
        assert.equal(words, text:sub(1, #words), name)
      end
    end
    assert.same(config.command_line, said)
  end)

  it("of mtrlua's command line have the defaults that its help names", function()
    local n = 0
    for name, text in pairs(told()) do
      local option = config.command_line[name] and config.declaration.by_name[name]
      local default = option and text:match "([%w%-]+),? %(default%)"
      if default then
        n = n + 1
        assert.equal(tostring(option.default), default, name)
      end
    end
    assert.equal(1, n)
    assert.truthy(told().transport:find("^how probes travel: " .. config.declaration.by_name
      .transport.default))
  end)

  it("go into the struct", function()
    local function log() end
    local kept = config.fill({
      transport = "raw", rate = "max", per_target_rate = "20/s", source4 = "192.0.2.1",
      source6 = "2001:db8::1", interface = "eth0", mark = 7, max_traces = 5, max_probes = 6,
      late_window = "1s", exclude = { "10.0.0.0/8" }, seed = 42, log = log,
      max_step = 0.5,
    }, c)
    assert.same({ exclude = { "10.0.0.0/8" }, log = log }, kept)
    for field, value in pairs {
      transport = C.MTR_RAW, rate = 0, target_rate = 20, mark = 7, max_traces = 5, max_probes = 6,
      late_window = 1000, seed = 42, max_step = 0.5,
    } do
      assert.equal(value, tonumber(c[field]), field)
    end
    assert.equal(192, c.source4[0])
    assert.equal(1, c.source6[15])
    assert.equal("eth0", lib.string(c.interface))
  end)

  it("name the helper and how many of it", function()
    config.fill({ transport = "mtr-packet", workers = 3, mtr_packet = "/opt/mtr-packet" }, c)
    assert.same({ C.MTR_MTR_PACKET, 3, "/opt/mtr-packet" },
      { tonumber(c.transport), tonumber(c.workers), lib.string(c.helper) })
    config.fill({}, c)
    assert.same({ 1, "" }, { tonumber(c.workers), lib.string(c.helper) })
  end)

  it("name the file of a recording", function()
    local kept = config.fill({ record = "run.tape", transport = "raw" }, c)
    assert.same({ "run.tape", "run.tape", C.MTR_RAW },
      { kept.record, lib.string(c.recording), tonumber(c.transport) })
    config.fill({ replay = "old.tape", transport = "raw" }, c)
    assert.same({ "old.tape", C.MTR_REPLAY }, { lib.string(c.recording), tonumber(c.transport) })
    config.fill({}, c)
    assert.same({ "", C.MTR_AUTO }, { lib.string(c.recording), tonumber(c.transport) })
  end)

  it("say how much is logged, down to every probe", function()
    local lines = {}
    local function log(level) lines[#lines + 1] = level end
    assert.is_nil(config.fill({ log = log }, c).debug)
    assert.is_true(config.fill({ log = "debug" }, c).debug)
    assert.is_nil(config.fill({ log = "info" }, c).debug)
    assert.is_nil(config.fill({ log_level = "debug" }, c).debug)
    assert.is_true(config.fill({ log = log, log_level = "debug" }, c).debug)
    local kept = config.fill({ log = log, log_level = "warn" }, c)
    for _, level in ipairs { "error", "warn", "info", "debug" } do kept.log(level, "") end
    assert.same({ "error", "warn" }, lines)
  end)

  for opts, message in pairs {
    [{ raet = 1 }] = 'engine: unknown option "raet"; did you mean "rate"?',
    [{ transport = "row" }] =
      'engine: transport must be "auto", "raw", "packet", "mtr-packet", "user" or "sim", got "row"'
        .. '; did you mean "raw"?',
    [{ source4 = "::1" }] = 'engine: source4 must be an IPv4 address, got "::1"',
    [{ source6 = "127.0.0.1" }] = 'engine: source6 must be an IPv6 address, got "127.0.0.1"',
    [{ interface = ("x"):rep(16) }] =
      'engine: interface must be the name of an interface, got "xxxxxxxxxxxxxxxx"',
    [{ workers = 9 }] = "engine: workers must be 1..8, got 9",
    [{ mtr_packet = "mtr-packet" }] =
      'engine: mtr_packet must be an absolute path, got "mtr-packet"',
    [{ mtr_packet = "/" .. ("x"):rep(219) }] = "engine: mtr_packet must be an absolute path, got "
      .. '"/' .. ("x"):rep(56) .. '..."',
    [{ record = ("x"):rep(256) }] = "engine: record must be the name of a file, got \""
      .. ("x"):rep(57) .. '..."',
    [{ replay = "" }] = 'engine: replay must be the name of a file, got ""',
    [{ record = "a", replay = "b" }] = "engine: record and replay exclude each other",
    [{ log_level = "all" }] =
      'engine: log_level must be "error", "warn", "info" or "debug", got "all"',
    [{ max_probes = 0 }] = "engine: max_probes must be 1..524288, got 0",
    [{ seed = -1 }] = "engine: seed must be 0..4294967295, got -1",
    [{ exclude = 5 }] = "engine: exclude must be a list of prefixes or the name of a file, got 5",
    [{ log = "loud" }] = "engine: log must be a function or one of: "
      .. '"error", "warn", "info" or "debug", got "loud"',
  } do
    it("refuse: " .. message, function()
      local kept, problem = config.fill(opts, c)
      assert.is_nil(kept)
      assert.equal(message, problem)
    end)
  end
end)
