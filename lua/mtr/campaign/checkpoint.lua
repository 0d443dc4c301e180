-- SPDX-License-Identifier: MIT
--
-- Saves the state of a campaign each second, and resumes a campaign from it.
--
-- A state says how long the outputs are, how many targets were taken, and which of them are not
-- done. It is made in one piece and saved in the background, so probes go on. Results that are
-- written meanwhile lie behind the lengths in the state. So if the process dies, they are cut off
-- when the campaign is resumed, and their targets are traced again. While a slow disk is at work,
-- no other state is saved. A state that takes long to make (reporters may keep counters of every
-- target) is saved less often, so that this takes at most a twentieth of the time.
--
-- Traces that are stopped because the campaign ends are not done: they give no results, and the
-- next run traces their targets first. If an output fails, the last state stays
-- as it is, because what the output lacks is not known.

local xpcall = require "mtr.compat".xpcall
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local pending = require "mtr.wait.pending"
local states = require "mtr.campaign.state"
local taken = require "mtr.campaign.taken"

local C, M, SHARE = lib.C, {}, 20

---@class mtr.Checkpoint: mtr.SaveEntry
---@field owner mtr.Campaign
---@field path string
---@field left (string|mtr.TargetNote)[] targets that are not done, of traces that were stopped
---@field busy boolean the disk has not yet answered
---@field pause integer seconds until the next state
---@field after? function called when it has
local Checkpoint = {}
Checkpoint.__index = Checkpoint

--- Makes the checkpoint of a campaign that has not begun.
---@param c mtr.Campaign
---@return mtr.Checkpoint
function M.new(c)
  local described = c.feed:describe()
  c.feed = taken.new(c.feed)
  return setmetatable({
    owner = c, path = c.state, left = {}, busy = false, pause = 0,
    fds = lib.new("int32_t[?]", C.MTR_SAVE_FDS),
    id = states.identity(described, c.trace, c.reporters),
    handles = lib.new "uint32_t[1]", room = 1, text = lib.new("char[?]", C.MTR_TARGET_SIZE),
  }, Checkpoint)
end

-- Resumes from a state that was read.
local function resume(self, state)
  local c = self.owner
  local difference = states.difference(state.campaign, self.id)
  if difference then
    return err.named("EINVAL", ("%s is the state of another campaign: %s"):format(self.path,
      difference))
  end
  self.finished = state.finished
  c.tally:restore(state.tally, #state.left)
  if c.thresholds and state.thresholds then c.thresholds:restore(state.thresholds) end
  if state.finished then return true end
  local ok, done, message, name = xpcall(c.feed.resume, err.traceback, c.feed, state.position,
    state.left)
  if not ok then return nil, done, "ETARGETS" end
  if not done then return nil, ("%s: %s"):format(self.path, message), name end
  c.reporters:restore(state.reporters)
  return true
end

--- Reads the state, if there is one, before the reporters start.
---@return true?
---@return string? message, string? name
function Checkpoint:open()
  local state, message, name = states.read(self.path)
  if state then return resume(self, state) end
  return not message or nil, message, name
end

local function text_of(t)
  local text = addr.format(t.dst, t.family)
  return t.interface > 0 and text:find "^fe[89ab]" and text .. "%" .. t.interface or text
end

local function of_handle(self, handle)
  local n = C.mtr_target(self.owner.engine.c, handle, self.text)
  return lib.string(self.text, math.max(n, 0)) .. "\n"
end

-- Returns the targets of the cohort that are under way, as lines, and their number; those of the
-- store are added to `lines` instead.
local function underway(self, lines)
  local engine, slot = self.owner.engine.c, self.owner.cohort.slot
  local n, used = C.mtr_underway(engine, slot, self.handles, self.room), 0
  if n > self.room then
    self.room, self.handles = n, lib.new("uint32_t[?]", n)
    self.text = lib.new("char[?]", n * C.MTR_TARGET_SIZE)
    n = C.mtr_underway(engine, slot, self.handles, n)
  end
  local items = self.owner.cohort.by_handle
  if items then
    for i = 0, n - 1 do
      local handle = self.handles[i]
      lines[#lines + 1] = items[handle] and states.line(items[handle]) or of_handle(self, handle)
    end
    return "", 0
  end
  for i = 0, n - 1 do
    used = used + C.mtr_target(engine, self.handles[i], self.text + used)
    self.text[used] = 10
    used = used + 1
  end
  return lib.string(self.text, used), n
end

-- Returns all unfinished targets as lines, and their number.
local function unfinished(self)
  local c, lines = self.owner, {}
  for i, target in ipairs(self.left) do lines[i] = states.line(target) end
  for trace, item in each(c.singles) do
    lines[#lines + 1] = states.line(item == true and trace.target or item)
  end
  if c.ahead then c.ahead:each_stored(function(item) lines[#lines + 1] = states.line(item) end) end
  c.feed:each_left(function(target) lines[#lines + 1] = states.line(target) end)
  local text, n = "", 0
  if c.cohort and c.cohort.slot then
    c.cohort:waiting(function(t, item)
      lines[#lines + 1] = item and states.line(item) or text_of(t) .. "\n"
    end)
    text, n = underway(self, lines)
  end
  return text .. table.concat(lines), n + #lines
end

-- Returns the text of the state now, and the number of descriptors that the disk must have before.
local function now(self)
  local c = self.owner
  local data, count, name = c.reporters:save(self.fds, C.MTR_SAVE_FDS)
  if not data then return nil, count, name end
  return states.text({
    finished = false, campaign = self.id, position = c.feed:position(),
    tally = c.tally:save(c.feed:waiting()), thresholds = c.thresholds and c.thresholds:save(),
    reporters = data,
  }, unfinished(self)), count
end

local function refused(self, code) return err.env(code, "saving the state " .. self.path) end

-- Saves a text and waits for the disk.
local function write(self, text, count)
  local code = C.mtr_save(nil, self.path, text, #text, self.fds, count, 0)
  if code < 0 then return refused(self, code) end
  return true
end

--- Saves the first state, before anything is written. Waits for the disk.
---@return true?
---@return string? message, string? name
function Checkpoint:begin()
  local text, count, name = now(self)
  if not text then return nil, count, name end
  return write(self, text, count)
end

--- Saves the state in the background, unless the disk is still at work or the pause is not over.
---@return true?
---@return string? message, string? name
function Checkpoint:save()
  self.pause = self.pause - 1
  if self.busy or self.pause >= 0 then return true end
  local engine, began = self.owner.engine, os.clock()
  local text, count, name = now(self)
  if not text then return nil, count, name end
  self.pause = math.floor((os.clock() - began) * SHARE)
  local code = C.mtr_save(engine.c, self.path, text, #text, self.fds, count,
    pending.take(engine, self))
  if code < 0 then
    pending.free(engine, self)
    return refused(self, code)
  end
  self.busy = true
  return true
end

--- Takes the answer of the disk.
---@param e mtr.Event
function Checkpoint:saved(e)
  pending.free(self.owner.engine, self)
  self.busy = false
  if e.error > 0 then
    local _, message, name = refused(self, e.error)
    self.owner:fail(message, name)
  end
  if self.after then self.after() end
end

--- Ends the wait for the disk, because the engine closes.
function Checkpoint:closed()
  pending.forget(self.owner.engine, self)
  self.lost = true
  if self.after then self.after() end
end

--- Calls fn later if the disk is still at work.
---@param fn function
---@return boolean
function Checkpoint:wait(fn)
  if not self.busy or self.lost then return false end
  self.after = fn
  return true
end

--- Notes that a target is not done, because its trace was stopped.
---@param target string|mtr.TargetNote
function Checkpoint:leave(target) self.left[#self.left + 1] = target end

--- Notes the targets of traces of the cohort: of one that was stopped, or of those not started.
function Checkpoint:leave_trace(handle, item)
  if item then return self:leave(item) end
  local n = C.mtr_target(self.owner.engine.c, handle, self.text)
  if n > 0 then self:leave(lib.string(self.text, n)) end
end

function Checkpoint:leave_waiting()
  self.owner.cohort:waiting(function(t, item) self:leave(item or text_of(t)) end)
end

--- Saves the last state around the end of the reporters, whose ends are not part of it.
---@param finish fun(): boolean?, string?, string? ends the reporters
---@return boolean? ok, string? message, string? name
function Checkpoint:finish(finish)
  local c = self.owner
  local whole, usable = not (c.halted or c.failure), not (self.lost or c.reporters.failed)
  local text, count, name = "", 0, nil
  if usable and not whole then
    text, count, name = now(self)
    for i = 0, text and count - 1 or -1 do C.mtr_output_sync(self.fds[i]) end
  end
  local ok, message, code = finish()
  if not text then return nil, count, name end
  if not ok or not usable then return ok, message, code end
  if whole then
    text = states.text({ finished = true, campaign = self.id, position = c.feed:position(),
      tally = c.tally:save(0), thresholds = c.thresholds and c.thresholds:save(), reporters = {} },
      "", 0)
  end
  return write(self, text, 0)
end

return M
