-- SPDX-License-Identifier: MIT
--
-- The store of targets that were read and are not started, with a campaign of only what it needs.
local mtr = require "mtr"
local targets = require "mtr.targets"
local lanes = require "mtr.campaign.lanes"
local read_ahead = require "mtr.campaign.read_ahead"
local Tally = require "mtr.campaign.tally"

describe("the store of targets", function()
  local engine, c, store

  local function open(given, opts)
    opts = opts or {}
    engine = assert(mtr.engine { sim = mtr.sim.internet { seed = 1, prefixes = 10 }, seed = 1 })
    c = { engine = engine, feed = targets.feed(given), tally = Tally.new(), failed = {}, woken = 0,
      priority = opts.priority, retry = opts.retry,
      pump = { run = function() c.woken = c.woken + 1 end },
      lanes = opts.prefix_rate and assert(lanes.new(opts)) }
    function c:cannot(target) self.failed[#self.failed + 1] = target end
    function c:fail(message) self.failure = message end
    if c.lanes then c.lanes:attach(engine) end
    store = read_ahead.new(c, opts.size or 100)
  end

  local function stored()
    local list = {}
    store:each_stored(function(item) list[#list + 1] = item.target end)
    return table.concat(list, " ")
  end

  local function taken(n)
    local items, texts = {}, {}
    for i = 1, n or 1000 do
      items[i] = store:take()
      if not items[i] then break end
      texts[i] = items[i].target
    end
    return table.concat(texts, " "), items
  end

  after_each(function()
    if c.lanes then c.lanes:close() end
    engine:close()
  end)

  it("gives targets in the order of the list, and reads no more than it needs", function()
    open { "1.0.0.1", "name.example", "2001:db8::1", "1.0.0.2/31" }
    assert.equal("1.0.0.1 name.example", taken(2))
    assert.same({ 2, 0, false }, { c.tally.targets, store.count, store:empty() })
    assert.equal("2001:db8::1 1.0.0.2 1.0.0.3", (taken()))
    assert.is_true(store:empty())
  end)

  it("gives the highest priority of those that it has room for", function()
    open({ "1.0.0.1", "1.0.0.5", "1.0.0.3", "1.0.0.9", "1.0.0.2" }, { size = 3,
      priority = function(target) return tonumber(target:match "%d+$") end })
    assert.equal("1.0.0.5", taken(1))
    assert.equal("1.0.0.1 1.0.0.3", stored())
    assert.equal("1.0.0.9 1.0.0.3 1.0.0.2 1.0.0.1", (taken()))
  end)

  it("lets targets of a lane without room wait, and gives others", function()
    local list = {}
    for i = 1, 4 do list[i] = "1.0.0." .. i end
    list[5], list[6], list[7] = "1.0.1.1", "1.0.0.5", "9.9.9.9"
    open(list, { prefix_rate = { ["/24"] = "2/s" } })
    local texts, items = taken()
    assert.equal("1.0.0.1 1.0.0.2 1.0.1.1 9.9.9.9", texts)
    assert.equal("1.0.0.3 1.0.0.4 1.0.0.5", stored())
    store:done(items[3])
    assert.equal("", (taken()))
    store:done(items[2])
    assert.equal("1.0.0.3", (taken()))
    store:done(items[1])
    assert.equal("1.0.0.4", (taken()))
    assert.is_false(store:empty())
  end)

  it("strands nobody behind two lanes", function()
    local list = {}
    for third = 0, 3 do
      for last = 1, 5 do list[#list + 1] = ("1.0.%d.%d"):format(third, last) end
    end
    open(list, { prefix_rate = { ["/24"] = "2/s", ["/16"] = "6/s" } })
    local under_way, n = {}, 0
    repeat
      local _, items = taken()
      for _, item in ipairs(items) do under_way[#under_way + 1] = item end
      assert.is_true(#under_way <= 3)
      local done = table.remove(under_way, 1)
      if done then
        store:done(done)
        n = n + 1
      end
    until not done
    assert.equal(20, n)
    assert.is_true(store:empty())
  end)

  it("stops reading when it is full", function()
    local list = {}
    for i = 1, 50 do list[i] = "1.0.0." .. i end
    open(list, { size = 10, prefix_rate = { ["/24"] = "2/s" } })
    taken()
    assert.same({ 10, 12 }, { store.count, c.tally.targets })
  end)

  it("keeps what failed until its time has come, even when it is full", function()
    open({ "1.0.0.1", "1.0.0.2", "1.0.0.3" }, { size = 1 })
    local _, items = taken(2)
    store:again(items[1], 5000)
    store:again(items[2], 5000)
    assert.equal("1.0.0.1 1.0.0.2", stored())
    assert.is_nil(store:take())                  -- and reads nothing
    assert.equal(0, c.woken)
    engine:run()
    assert.equal(1, c.woken)
    assert.is_true(engine:now() >= 5000)
    local texts, again = taken()
    assert.equal("1.0.0.1 1.0.0.2 1.0.0.3", texts)
    assert.same({ 2, 2, 1 }, { again[1].attempt, again[2].attempt, again[3].attempt })
  end)

  it("goes on waiting where another run was, the shortest wait first", function()
    local list = { { target = "1.0.0.1", attempt = 2, wait = 5000 },
      { target = "1.0.0.2", attempt = 3, wait = 1000 }, { target = "1.0.0.3", attempt = 2 },
      { target = "1.0.0.4", attempt = 2, wait = 1e9 } }
    open(list, { retry = { after = 6000 } })
    local from = engine:now()
    assert.equal("1.0.0.3", (taken()))
    local waits = {}
    store:each_stored(function(item) waits[#waits + 1] = item.wait end)
    assert.same({ 5000, 1000, 6000 }, waits)     -- no longer than waits of this run
    for i = 1, 3 do
      while c.woken < i do engine:step() end
      assert.equal(({ 1000, 5000, 6000 })[i], math.floor(engine:now() - from))
      local text, items = taken()
      assert.equal(({ "1.0.0.2", "1.0.0.1", "1.0.0.4" })[i], text)
      assert.is_nil(items[1].wait)
    end
    engine:close()
    open(list)                                   -- a run that tries nothing again does not wait
    assert.equal("1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4", (taken()))
  end)

  it("passes bad targets on, and the failure of the list", function()
    local n = 0
    open(function()
      n = n + 1
      if n == 3 then return nil, "EIO: broken", "EIO" end
      return n == 1 and "300.1.2.3" or "1.0.0.1"
    end)
    assert.equal("1.0.0.1", (taken()))
    assert.same({ { "300.1.2.3" }, "EIO: broken" }, { c.failed, c.failure })
  end)

  it("ends its timer and its reading when it is stopped", function()
    open { "1.0.0.1", "1.0.0.2" }
    local _, items = taken(1)
    store:again(items[1], 1e6)
    store:stop()
    engine:run()
    assert.is_true(engine:now() < 1e6)
    assert.is_nil(store:take())
    assert.equal("1.0.0.1", stored())
  end)
end)
