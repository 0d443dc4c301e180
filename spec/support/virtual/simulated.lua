-- SPDX-License-Identifier: MIT
--
-- Traces over simulated networks, for specs of behaviour.
--
--   local net = simulated.chain(3, { r2 = { silent = true } })     -- me r1 r2 r3 web
--   local result = simulated.trace(net, "203.0.113.9", { protocol = "udp" })
--   assert.equal("10.0.0.1 * 10.0.0.3 203.0.113.9", simulated.hops(result))

local mtr = require "mtr"
local traces = require "spec.support.virtual.traces"

local M = {}

M.V4, M.V6 = "203.0.113.9", "2001:db8:9::9"

---The description of a chain of n routers, 10.0.0.i and 2001:db8:i::1, between "me" and "web", a
---millisecond apart. |nodes| adds to what is said of each, |more| to the description; its `links`
---come on top.
function M.describe(n, nodes, more)
  local d = { nodes = { me = { "192.0.2.1", "2001:db8::1" }, web = { M.V4, M.V6 } }, links = {} }
  local link = { "me", delay = 1 }
  for i = 1, n do
    d.nodes["r" .. i] = { "10.0.0." .. i, ("2001:db8:%d::1"):format(i) }
    link[i + 1] = "r" .. i
  end
  link[n + 2] = "web"
  d.links[1] = link
  for name, value in pairs(nodes or {}) do
    local node = d.nodes[name] or {}
    for k, v in pairs(type(value) == "string" and { value } or value) do node[k] = v end
    d.nodes[name] = node
  end
  for name, value in pairs(more or {}) do
    if name == "links" then
      for _, l in ipairs(value) do d.links[#d.links + 1] = l end
    else
      d[name] = value
    end
  end
  return d
end

---The network of that description.
function M.chain(...) return mtr.sim(M.describe(...)) end

---Calls fn with an engine over the network, and closes it. The engine's options may be given.
function M.with(net, fn, opts)
  local o = { sim = net }
  for k, v in pairs(opts or {}) do o[k] = v end
  local engine = assert(mtr.engine(o))
  local ok, value, more = pcall(fn, engine)
  engine:close()
  if not ok then error(value, 0) end
  return value, more
end

---The result of one trace, and the engine's counters behind it.
function M.trace(net, dst, opts, engine_opts)
  return M.with(net, function(engine)
    local result = assert(engine:trace(dst or M.V4, opts))
    local _ = result.hops
    return result, engine:stats()
  end, engine_opts)
end

---Who was at each hop, in a string; a star for nobody.
M.hops = traces.path

---The first reply of the hop at a TTL.
function M.reply(result, ttl) return result.hops[ttl].replies[1] end

return M
