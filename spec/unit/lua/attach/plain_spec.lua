-- SPDX-License-Identifier: MIT
--
-- Traces of one client that differ only in their targets: which commands they are, and that each
-- gives the record that it gives when it is run alone.
local mtr = require "mtr"
local lib = require "mtr.lib"
local command = require "mtr.attach.command"
local jobs = require "mtr.attach.job"
local plains = require "mtr.attach.plain"
local pools = require "mtr.attach.pool"
local sources = require "mtr.attach.source"
local writers = require "mtr.attach.writer"

local WEB, WEB6, OTHER = "203.0.113.9", "2001:db8::9", "203.0.113.10"
local ICMP = "trace -P icmp-paris -q 1 "

local function open(options)
  local opts = { seed = 1, sim = mtr.sim { nodes = { me = { "192.0.2.1", "2001:db8::1" },
    r = "198.51.100.1", web = { WEB, WEB6 }, other = OTHER },
    links = { { "me", "r" }, { "r", "web" }, { "r", "other" } } } }
  for name, value in pairs(options or {}) do opts[name] = value end
  return assert(mtr.engine(opts))
end

-- A client without a connection. `got` has its records by their order, as text; `started` counts.
local function client(engine, format, pool)
  local self = { got = {}, started = 0, pool = pool or pools.new(engine, 100) }
  local writer = writers.new { format = format or "warts", framed = false, list = "default" }
  self.source = sources.new(self.pool, writer, {
    put = function(text, size)
      self.got[#self.got + 1] = size and lib.string(text, size) or text
    end,
    started = function() self.started = self.started + 1 end, settled = function() end,
    may_start = function() return true end,
  })
  function self.say(line)
    local id, problem = self.source:accept(line)
    self.pool:fill()
    return id, problem
  end
  return self
end

-- The record of a command that is run alone, in an engine of its own.
local function alone(line, format)
  local engine, text = open(), nil
  local writer = writers.new { format = format or "warts", framed = false, list = "default" }
  jobs.start(engine, assert(command.read(line)), writer, function(found) text = found end)
  engine:run()
  engine:close()
  return text
end

describe("plain traces", function()
  local engine
  before_each(function() engine = open() end)
  after_each(function()
    engine:run()
    assert.equal(0, engine.work)
    engine:close()
  end)

  -- The objects for IPv4 and IPv6 that a client has.
  local function kept(one) return one.source.plain4, one.source.plain6 end

  for format, lines in pairs {
    warts = { ICMP .. WEB, ICMP .. WEB6, "trace -P udp-paris -U 7 -m 9 " .. WEB,
      "trace -Q -q 3 -P tcp -d 80 -N 4 " .. WEB, "trace " .. OTHER, ICMP .. "203.0.113.77" },
    json = { ICMP .. WEB, "trace -P tcp-ack -U 9 " .. WEB6 },
  } do
    for i, line in ipairs(lines) do
      it(("give the record of one that is run alone: %s %d"):format(format, i), function()
        local one = client(engine, format)
        assert.equal(1, one.say(line))
        assert(one.source.plain4 or one.source.plain6)
        engine:run()
        assert.same({ alone(line, format) }, one.got)
      end)
    end
  end

  it("are checked once, and each has its own target", function()
    local one = client(engine, "json")
    for _, target in ipairs { WEB, OTHER, WEB6, "2001:DB8::1", WEB } do one.say(ICMP .. target) end
    local four, six = kept(one)
    one.say(ICMP .. OTHER)
    assert.same({ four, six }, { kept(one) })
    assert.same({ 4, 2 }, { four.count, six.count })
    engine:run()
    local seen = {}
    for _, text in ipairs(one.got) do
      local dst = text:match '"dst":"([^"]+)"'
      seen[dst] = (seen[dst] or 0) + 1
    end
    assert.same({ [WEB] = 2, [OTHER] = 2, [WEB6] = 1, ["2001:db8::1"] = 1 }, seen)
    assert.same({ 6, 0, 0 }, { one.started, four.count, six.count })
  end)

  it("have the options of their own command, however they alternate", function()
    local one = client(engine, "json")
    for user = 1, 40 do
      one.say(("trace -P icmp-paris -U %d -m %d %s"):format(user % 4, 5 + user % 4, WEB))
    end
    engine:run()
    local by = {}
    for _, text in ipairs(one.got) do
      local key = (text:match '"userid":(%d+)' or "0") .. "/" .. text:match '"hoplimit":(%d+)'
      by[key] = (by[key] or 0) + 1
    end
    assert.same({ ["0/5"] = 10, ["1/6"] = 10, ["2/7"] = 10, ["3/8"] = 10 }, by)
  end)

  it("of two clients are not mixed", function()
    local one = client(engine)
    local two = client(engine, "json", one.pool)
    for _ = 1, 3 do
      one.say(ICMP .. WEB)
      two.say(ICMP .. WEB)
      two.say(ICMP .. OTHER)
    end
    assert.not_equal((kept(one)), (kept(two)))
    engine:run()
    assert.same({ 3, 6 }, { #one.got, #two.got })
    for _, text in ipairs(one.got) do assert.equal("\18\5", text:sub(1, 2)) end
    for _, text in ipairs(two.got) do assert.equal("{", text:sub(1, 1)) end
  end)

  it("are known by the whole text before an address", function()
    local one = client(engine)
    one.say(ICMP .. WEB)
    one.say(ICMP .. WEB6)
    local four, six = kept(one)
    assert.equal(OTHER, four:target(ICMP .. OTHER))
    assert.equal("2001:DB8::9", six:target(ICMP .. "2001:DB8::9"))
    for _, line in ipairs { ICMP .. WEB6, ICMP .. "::ffff:192.0.2.1", ICMP .. WEB .. " ",
      ICMP .. WEB .. "\0", ICMP .. WEB .. "\0 -U 3", ICMP .. " " .. WEB, ICMP, "", ICMP .. "x",
      ICMP .. "-U 3 " .. WEB, " " .. ICMP .. WEB, ICMP .. "::ffff:" .. WEB,
      ICMP:upper() .. WEB, ICMP .. WEB .. "\t",
      ICMP .. "fe80::1%lo", ICMP .. "1.2.3", ICMP .. WEB .. "/24" } do
      assert.is_nil(four:target(line), line)
    end
    for _, line in ipairs { ICMP .. WEB, ICMP .. "::ffff:192.0.2.1", ICMP .. "fe80::1%lo",
      ICMP .. "fe80::1%1", ICMP .. WEB6 .. "\0", ICMP .. "::1 " } do
      assert.is_nil(six:target(line), line)
    end
    assert.is_nil((one.say(ICMP .. WEB .. "\0")))
    assert.is_nil((one.say(ICMP .. WEB .. "\0 -U 3")))
  end)

  it("are no others", function()
    local one = client(engine)
    for _, line in ipairs { "ping -c 1 " .. WEB, "tracelb -P icmp-echo " .. WEB,
      "trace -W 10 " .. WEB, "trace -S 192.0.2.1 " .. WEB, "trace -p 00ff " .. WEB,
      "trace ::ffff:203.0.113.9" } do
      assert(one.say(line))
      assert.same({ false, false }, { kept(one) }, line)
    end
    engine:run()
    assert.equal(6, #one.got)
    local picky = open { pick = function() return 1 end }
    local two = client(picky)
    two.say(ICMP .. WEB)
    assert.same({ false, false }, { kept(two) })
    picky:run()
    assert.equal(1, #two.got)
    picky:close()
  end)

  it("that cannot start give the record of a failure", function()
    local strict = open { exclude = { "203.0.113.10/32" } }
    local one = client(strict, "json")
    for _, target in ipairs { WEB, OTHER, WEB } do one.say(ICMP .. target) end
    strict:run()
    table.sort(one.got)
    assert.equal(3, #one.got)
    local failures = 0
    for _, text in ipairs(one.got) do
      local dst, stop = text:match '"dst":"([^"]+)"', text:match '"stop_reason":"([^"]+)"'
      assert.equal(dst == OTHER and "ERROR" or "COMPLETED", stop)
      failures = failures + (stop == "ERROR" and 1 or 0)
    end
    assert.same({ 1, 0, 0 }, { failures, one.source.count, one.pool.under_way })
    strict:close()
  end)

  it("wait for their turn, and are halted waiting or under way", function()
    local one = client(engine, "json", pools.new(engine, 2))
    for i = 1, 5 do assert.equal(i, one.say(ICMP .. (i == 4 and OTHER or WEB))) end
    assert.same({ 2, 3 }, { one.source.count, one.source:waiting() })
    assert.is_true(one.source:halt(1))
    assert.is_true(one.source:halt(4))
    assert.is_false(one.source:halt(4))
    assert.is_false(one.source:halt(6))
    engine:run()
    assert.is_false(one.source:halt(1))
    local stops = {}
    for i, text in ipairs(one.got) do
      stops[i] = text:match '"stop_reason":"([^"]+)"'
      assert.is_nil(text:find(OTHER, 1, true))
    end
    table.sort(stops)
    assert.same({ "COMPLETED", "COMPLETED", "COMPLETED", "HALTED" }, stops)
    assert.same({ 5, 0, 0 }, { one.started, one.pool.under_way, one.source.count })
  end)

  it("end when their client goes, when all must end and when the engine closes", function()
    for _, how in ipairs { "stop", "halt", "close" } do
      local e = open()
      local one = client(e)
      for _ = 1, 3 do one.say(ICMP .. WEB) end
      if how == "stop" then one.source:stop() else e[how](e) end
      if how ~= "close" then e:run() end
      assert.same({ 3, 0, 0 }, { #one.got, one.source.count, one.pool.under_way }, how)
      if how == "halt" then
        one.say(ICMP .. OTHER)
        e:run()
        assert.equal(4, #one.got)
      end
      e:close()
    end
  end)

  it("leave no slot behind", function()
    local one, slot = client(engine), engine.next_slot
    for _ = 1, 3 do
      one.say(ICMP .. WEB)
      one.say(ICMP .. OTHER)
      local plain = kept(one)
      assert.equal(plain, engine.entries[plain.slot])
      engine:run()
      assert.is_nil(plain.slot)
      assert.equal(slot, engine.next_slot)
    end
  end)

  it("are not made for a kind of command twice", function()
    local made, new = 0, plains.new
    plains.new = function(...)
      made = made + 1
      return new(...)
    end
    local one = client(engine)
    for _ = 1, 20 do
      one.say(ICMP .. WEB)
      one.say(ICMP .. WEB6)
    end
    plains.new = new
    assert.equal(2, made)
  end)
end)
