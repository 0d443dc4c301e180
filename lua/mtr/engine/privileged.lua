-- SPDX-License-Identifier: MIT
--
-- Hands out the privileged sockets that mtrlua opened before it gave up its privileges: one set per
-- engine, taken when the engine opens and returned when it closes. In any other host there are
-- none, and an engine opens sockets itself. A set that the user gives goes before both.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local words = require "mtr.record.words"
local recording = require "mtr.engine.recording"

local C = lib.C
local EMFILE = err.number "EMFILE"
local M = {}

---@alias mtr.Kit integer[]

-- How many sockets of a set each transport can use, by its number; 0: it needs no set.
local USES = {}
for _, transport in ipairs(words.transports) do USES[transport.id] = transport.sockets end

-- Returns the best free set: for packet one that packet can use, for other transports another one.
local function choose(kits, config)
  local auto, rate = config.transport == C.MTR_AUTO, config.rate
  local needs = not auto and USES[config.transport] == C.MTR_SOCKETS
  local fast = needs or (auto and (rate == 0 or rate > C.MTR_FAST_RATE))
  for i, kit in ipairs(kits) do
    if (kit[C.MTR_SOCKETS] >= 0) == fast then return i end
  end
  return not needs and 1 or nil
end

-- Puts a free set, if there is one, into the config of an engine that can use it.
local function take(config, wanted)
  local kits = wanted and lib.program and lib.program.kits
  local index = kits and choose(kits, config)
  local kit = index and table.remove(kits, index) or nil
  for i = 1, C.MTR_SOCKETS do config.sockets[i - 1] = kit and kit[i] or -1 end
  return kit
end

-- Returns a set.
local function put(kit)
  if kit then table.insert(lib.program.kits, kit) end
end

-- Returns true if an engine could not open because no set is free.
local function none_left(kit)
  return lib.program and not kit and not lib.program.kit_errno
end

-- Returns true if there is no set because mtrlua had too few descriptors for one.
local function too_few(kit)
  return lib.program and not kit and lib.program.kit_errno == EMFILE
end

-- Opens with fn, which returns a code. If there are too few descriptors, free sets are closed one
-- by one: what an engine needs now goes before what another one may need later.
local function with_room(fn, ...)
  local code, kits = fn(...), lib.program and lib.program.kits or {}
  while code == -EMFILE and #kits > 0 do
    C.mtr_sockets_close(lib.new("int32_t[?]", C.MTR_SOCKETS, table.remove(kits)))
    lib.program.kit_errno = EMFILE
    code = fn(...)
  end
  return code
end

-- Returns why no set is left for an engine.
local function why_none()
  local given = lib.program.options
  local option = given.sim and "sim" or given.replay and "replay"
  if not option then
    return "all sockets that mtrlua prepared are in use; close an engine first"
  end
  return ("with --%s mtrlua prepares no sockets for other engines"):format(option)
end

local out = lib.new "struct mtr *[1]"
local why = lib.new "char[512]"

-- Opens an engine with the sockets of the user.
local function open_with(config, set)
  local problem = set:copy(config)
  if problem then return err.named("EBUSY", problem) end
  local code = C.mtr_open(config, out, why, 512)
  if code < 0 then return err.env(code, lib.string(why)) end
  recording.opened[lib.string(config.recording)] = true
  set:lend()
  return out[0], lib.string(why), set
end

--- Opens an engine: over a simulated network if one is given, otherwise with a set if it can use
--- one.
---@param config ffi.cdata* struct mtr_config
---@param sim? mtr.Sim
---@param set? mtr.Sockets
---@return ffi.cdata*? engine
---@return string why this transport was chosen, or why it failed
---@return mtr.Kit|mtr.Sockets|string|nil kit where they return to; or the name of the failure
function M.open(config, sim, set)
  if set then return open_with(config, set) end
  if sim then
    take(config, false)
    local code = with_room(C.mtr_open_sim, config, sim.c, out, why, 512)
    if code < 0 then return err.env(code, lib.string(why)) end
    return out[0], lib.string(why)
  end
  local raw = USES[config.transport] > 0
  config.starter = lib.program and lib.program.starter or -1
  local kit = take(config, raw)
  if raw and too_few(kit) then
    return err.env(-EMFILE, "when mtrlua started there was no room for its sockets; raise the "
      .. "limit of descriptors (ulimit -n)")
  end
  -- Auto does not take another transport because the sockets are in use.
  if raw and none_left(kit) and config.transport == C.MTR_AUTO then
    config.transport = C.MTR_RAW
  end
  local code = with_room(C.mtr_open, config, out, why, 512)
  if code >= 0 then
    recording.opened[lib.string(config.recording)] = true
    return out[0], lib.string(why), kit
  end
  put(kit)
  if raw and none_left(kit) then
    return err.env(code, why_none())
  end
  return err.env(code, lib.string(why))
end

-- Closes the library's engine, and returns its set of sockets. In a forked child they are the
-- parent's.
local function close(c, kit)
  if C.mtr_forked(c) == 1 then kit = nil end
  local keep = kit and lib.new("int32_t[?]", C.MTR_SOCKETS) or nil
  C.mtr_close(c, keep)
  if not kit then return end
  if kit.put_back then return kit:put_back(keep) end
  for i = 1, C.MTR_SOCKETS do kit[i] = keep[i - 1] end
  put(kit)
end

--- Returns the library's engine, which from now on is closed when it is collected and when the Lua
--- state ends, so that no descriptor stays open in the host process.
---@param c ffi.cdata*
---@param kit? mtr.Kit
---@return ffi.cdata*
function M.guard(c, kit)
  -- A finalizer that referred to |c| itself would keep it for ever.
  return lib.gc(c, function(dropped) close(dropped, kit) end)
end

--- Closes the library's engine, and returns its set of sockets.
---@param engine mtr.Engine
function M.close(engine)
  if not engine:forked() then recording.finish(engine) end
  close(lib.gc(engine.c, nil), engine.kit)
end

return M
