-- SPDX-License-Identifier: MIT
--
-- A simulated network as it is in memory: which node has which address, and which way leads where.
local core = require "spec.support.harness.core"
local path = require "spec.support.virtual.path"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/mtr.h", "core/net/sim/topo.h" }

local NONE = 0xffffffff

describe("topo", function()
  local t

  before_each(function() t = C.mtr_sim_new(1) end)
  after_each(function() C.topo_free(t) end)

  local function nodes(n)
    local v = ffi.new("struct mtr_sim_node[1]")
    C.mtr_sim_node_defaults(v)
    for _ = 1, n do assert(C.mtr_sim_nodes(t, v, 1) == 0) end
  end

  local function addr(node, text, bits)
    local v = ffi.new("struct mtr_sim_addr", { node = node, family = text:find ":" and 6 or 4 })
    v.bits = bits or (v.family == 4 and 32 or 128)
    ffi.copy(v.addr, path.bytes(text), 16)
    assert(C.mtr_sim_addrs(t, v, 1) == 0)
  end

  local function both(a, b, cost)
    for _, ends in ipairs{ { a, b }, { b, a } } do
      local v = ffi.new("struct mtr_sim_link", { from = ends[1], to = ends[2], cost = cost or 1 })
      assert(C.mtr_sim_links(t, v, 1) == 0)
    end
  end

  local function route(node, via, text, bits, after, before)
    local v = ffi.new("struct mtr_sim_route", { node = node, via = via, family = 4, bits = bits,
      after = after or 0, before = before or 0 })
    ffi.copy(v.addr, path.bytes(text), 16)
    assert(C.mtr_sim_routes(t, v, 1) == 0)
  end

  local function freeze() assert.equal(0, C.topo_freeze(t)) end

  local links = ffi.new("uint32_t[8]")

  -- The nodes that the next links towards an address lead to, sorted.
  local function ways(node, text, ms)
    local n = C.topo_ways(t, node, 4, path.bytes(text), ms or 0, links, 8)
    local list = {}
    for i = 0, n - 1 do
      list[#list + 1] = tonumber(ffi.cast("struct mtr_sim_link *", t.links.v)[links[i]].to)
    end
    table.sort(list)
    return list
  end

  local function owner(text)
    return tonumber(C.topo_owner(t, text:find ":" and 6 or 4, path.bytes(text)))
  end

  it("finds the owner of an address, by the longest network", function()
    nodes(3)
    addr(0, "10.0.0.0", 8)
    addr(1, "10.1.2.0", 23)
    addr(2, "10.1.2.7")
    addr(2, "2001:db8::7")
    assert.same({ 0, 1, 1, 2, 0, 2, NONE, NONE }, { owner "10.9.9.9", owner "10.1.2.8",
      owner "10.1.3.255", owner "10.1.2.7", owner "10.1.4.0", owner "2001:db8::7", owner "11.0.0.1",
      owner "2001:db8::8" })
    assert.equal(path.bytes "10.1.2.7", ffi.string(C.topo_address(t, 2, 4), 16))
    assert.is_true(C.topo_address(t, 1, 4) == nil)
    assert.same({ 1, 0 }, { C.topo_has(t, 2, 4, path.bytes "10.1.2.7"),
      C.topo_has(t, 1, 4, path.bytes "10.1.2.8") })
  end)

  it("finds shortest paths, all of the shortest ones", function()
    nodes(5)
    for i = 0, 4 do addr(i, "10.0.0." .. i + 1) end
    both(0, 1) both(0, 2) both(1, 3) both(2, 3) both(3, 4) both(0, 4, 4)
    freeze()
    assert.same({ 1, 2 }, ways(0, "10.0.0.4"))
    assert.same({ 1, 2 }, ways(0, "10.0.0.5"))
    assert.same({ 3 }, ways(1, "10.0.0.5"))
    assert.same({}, ways(0, "10.9.9.9"))
    assert.same({}, ways(0, "10.0.0.1"))
  end)

  it("takes no link without a cost by itself, and none that goes the other way", function()
    nodes(3)
    for i = 0, 2 do addr(i, "10.0.0." .. i + 1) end
    both(0, 1, 0)
    local back = ffi.new("struct mtr_sim_link", { from = 2, to = 0, cost = 1 })
    assert(C.mtr_sim_links(t, back, 1) == 0)
    freeze()
    assert.same({}, ways(0, "10.0.0.2"))
    assert.same({}, ways(0, "10.0.0.3"))
    assert.same({ 0 }, ways(2, "10.0.0.1"))
  end)

  it("prefers routes: the longest, then the latest, all of those; to everywhere last", function()
    nodes(5)
    for i = 0, 4 do addr(i, "10.0.0." .. i + 1) end
    for i = 1, 4 do both(0, i) end
    route(0, 1, "10.0.0.0", 24)
    route(0, 2, "10.0.0.5", 32, 100, 200)
    route(0, 3, "10.0.0.5", 32, 100, 200)
    route(0, 4, "10.0.0.5", 32, 150)
    route(0, 2, "0.0.0.0", 0)
    freeze()
    assert.same({ 1 }, ways(0, "10.0.0.3"))
    assert.same({ 1 }, ways(0, "10.0.0.5", 99))
    assert.same({ 2, 3 }, ways(0, "10.0.0.5", 100))
    assert.same({ 4 }, ways(0, "10.0.0.5", 150))
    assert.same({ 4 }, ways(0, "10.0.0.5", 1e9))
    assert.same({ 2 }, ways(0, "11.0.0.1"))
    assert.same({}, ways(1, "11.0.0.1"))
  end)

  it("agrees with an exhaustive search on random networks", function()
    for seed = 1, 40 do
      local pick = random(seed)
      local n, cost = 2 + pick(10), {}
      C.topo_free(t)
      t = C.mtr_sim_new(1)
      nodes(n)
      for i = 0, n - 1 do addr(i, "10.0.0." .. i + 1) end
      for _ = 1, pick(3 * n) do
        local a, b = pick(n) - 1, pick(n) - 1
        if a ~= b and not cost[a * n + b] then
          local c = pick(4)
          cost[a * n + b], cost[b * n + a] = c, c
          both(a, b, c)
        end
      end
      freeze()
      local far = {}
      for i = 0, n * n - 1 do far[i] = i % n == math.floor(i / n) and 0 or cost[i] or math.huge end
      for k = 0, n - 1 do
        for i = 0, n - 1 do
          for j = 0, n - 1 do
            far[i * n + j] = math.min(far[i * n + j], far[i * n + k] + far[k * n + j])
          end
        end
      end
      for i = 0, n - 1 do
        for j = 0, n - 1 do
          local want = {}
          for k = 0, n - 1 do
            local c = cost[i * n + k]
            if i ~= j and c and far[i * n + j] < math.huge
              and c + far[k * n + j] == far[i * n + j] then want[#want + 1] = k end
          end
          if #want <= 8 then assert.same(want, ways(i, "10.0.0." .. j + 1)) end
        end
      end
    end
  end)
end)
