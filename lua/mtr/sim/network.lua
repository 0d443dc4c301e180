-- SPDX-License-Identifier: MIT
--
-- The object for a simulated network in scripts: its targets, and its true paths.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local options = require "mtr.trace.options"
local request = require "mtr.trace.request"

local C = lib.C
local M = {}

---@class mtr.Sim
---@field c ffi.cdata*
---@field hosts? table<string, { [4]: string?, [6]: string? }> addresses of nodes by name
---@field open { engine?: ffi.cdata* } the last engine over it, while that is open
local Sim = {}
Sim.__index = Sim

--- Makes a network without nodes.
---@param seed integer
---@return mtr.Sim
function M.new(seed)
  local c = C.mtr_sim_new(seed)
  if c == nil then error("sim: out of memory", 0) end
  local open = setmetatable({}, { __mode = "v" })   -- an engine that nobody uses is collected
  return setmetatable({ c = lib.gc(c, C.mtr_sim_free), open = open }, Sim)
end

--- Returns true if a value is a network.
---@param value any
---@return boolean
function M.is(value) return getmetatable(value) == Sim end

--- Notes that an engine was opened over the network: path() then uses the ports of that engine.
---@param c ffi.cdata*
---@private
function Sim:attach(c) self.open.engine = c end

--- Notes that an engine over the network is closed.
---@param c ffi.cdata*
---@private
function Sim:detach(c)
  if self.open.engine == c then self.open.engine = nil end
end

local BATCH = 256

--- Iterates over the addresses of its targets, one at a time.
---@param family? 4|6 default 4
---@return fun(): string?
function Sim:targets(family)
  family = family or 4
  if family ~= 4 and family ~= 6 then error("targets: family must be 4 or 6", 2) end
  local block, first, n, i = lib.new("uint8_t[?]", BATCH * 16), 0, 0, 0
  return function()
    if i == n then
      first, i = first + n, 0
      n = math.max(0, C.mtr_sim_targets(self.c, family, first, block, BATCH))
      if n == 0 then return nil end
    end
    i = i + 1
    return (addr.format(block + (i - 1) * 16, family))
  end
end

local why = lib.new "char[256]"

-- Returns the engine whose ports path() uses: the open one, or one that is made for this.
local function engine(sim)
  if sim.open.engine then return sim.open.engine end
  if not sim.path_engine then
    local config, out = lib.new "struct mtr_config", lib.new "struct mtr *[1]"
    C.mtr_defaults(config)
    local code = C.mtr_open_sim(config, sim.c, out, why, 256)
    if code < 0 then error("path: " .. select(2, err.env(code, lib.string(why))), 3) end
    sim.path_engine = lib.gc(out[0], function(c) C.mtr_close(c, nil) end)
  end
  return sim.path_engine
end

local trace = lib.new "struct mtr_trace"
local MOST = 255
local events

--- Returns the true path at the current time of the engine: the address that answers at each TTL,
--- if no packet gets lost. A hole is a silent hop; `n` is the last TTL from which an answer comes.
---@param dst string an address, or the name of a node
---@param flow? integer default 0
---@param opts? mtr.TraceOptions protocol and other options of a packet; defaults as for a trace
---@return { [integer]: string, n: integer }?
---@return string? message, string? name why such probes cannot be sent
function Sim:path(dst, flow, opts)
  local host = self.hosts and self.hosts[dst]
  if host then dst = host[opts and opts.family or 4] or host[6] or dst end
  local kept, bug = request.fill(options.trace, opts, trace)
  if not kept then error((bug:gsub("^trace:", "path:")), 2) end
  local family = type(dst) == "string" and addr.parse(dst, trace.dst) or 0
  if family <= 0 then
    error(("path: dst must be an address%s, got %s"):format(
      self.hosts and " or a node's name" or "", err.show(dst)), 2)
  end
  trace.family, trace.flow = family, flow or trace.flow
  local c = engine(self)
  local ok, message, name = request.bind(c, trace, kept)
  if not ok then return nil, message, name end
  events = events or lib.new("struct mtr_event[?]", MOST)
  local n = C.mtr_sim_path(c, trace, events, MOST)
  if n < 0 then return err.env(n, lib.string(C.mtr_why(c))) end
  local path = { n = n }
  for i = 1, n do path[i] = addr.text(events[i - 1].addr, events[i - 1].family) end
  return path
end

return M
