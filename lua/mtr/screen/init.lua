-- SPDX-License-Identifier: MIT
--
-- A full screen on the terminal of standard output: shows lines, and gives keys. Only in mtrlua,
-- whose main program gives the terminal back however it ends.
--
--     local screen = assert(Screen.open())
--     local on, rows, columns = screen:check()
--     screen:show { "first line", "second line" }
--     for _, key in ipairs(screen:keys()) do ... end
--     screen:close()
--
-- Only lines that have changed are written. The terminal is never waited for: while it takes
-- nothing (^S, a slow line), frames are left out.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local Keys = require "mtr.screen.keys"
local stream = require "mtr.script.stream"

local M = {}

---@class mtr.Screen
---@field on boolean the screen is ours; it is not after ^Z, and in the background
---@field rows integer
---@field columns integer
---@field on_key? fun(key: string) called for each key; see mtr.screen.keys
local Screen = {}
Screen.__index = Screen

local function functions() return lib.program and lib.program.screen end

--- Returns true if a full screen can be had here: in mtrlua, and standard output is a terminal that
--- can move its cursor.
---@return boolean
function M.possible()
  local term = os.getenv "TERM" or ""
  return functions() ~= nil and term ~= "" and term ~= "dumb"
    and lib.C.mtr_output_kind(1) == lib.C.MTR_OUTPUT_TERMINAL
end

--- Takes the screen.
---@param on_key? fun(key: string)
---@return mtr.Screen?
---@return string? message, string? name
function M.open(on_key)
  local c = functions()
  if not c then return err.named("ENOTSUP", "a full screen needs mtrlua") end
  local ok, code = c.open()
  if not ok then return err.env(-code, "standard output is no terminal") end
  local self = setmetatable({ c = c, on = false, rows = 0, columns = 0, lines = {}, rest = "",
    reader = Keys.new(), on_key = on_key }, Screen)
  self:check()
  return self
end

-- Reads keys as long as the terminal is ours.
local function listen(self)
  local fd = self.c.input()
  if not fd or self.input then return end
  self.input = stream.open(fd, {
    on_data = function(_, text)
      for _, key in ipairs(self.reader:feed(text)) do self.on_key(key) end
    end,
    on_end = function() self.input = nil end,
  })
end

--- Looks at the terminal: whether it is ours, and its size. Call it before each show(). Returns
--- true if a frame must be drawn anew.
---@return boolean
function Screen:check()
  local on, rows, columns, fresh = self.c.check()
  local changed = fresh or rows ~= self.rows or columns ~= self.columns
  self.on, self.rows, self.columns = on or false, rows or self.rows, columns or self.columns
  if changed then self.lines, self.rest, self.wipe = {}, "", true end
  if on and self.on_key then listen(self) end
  local key = self.reader.kept ~= "" and self.reader:rest()
  if key and self.on_key then self.on_key(key) end
  return changed and self.on
end

-- Writes what the terminal takes now, and keeps the rest.
local function push(self, text)
  local n = self.c.draw(text)
  self.rest = n and text:sub(n + 1) or ""
end

--- Shows lines from the top of the screen; what is below them is empty. Lines must not be wider
--- than the screen. Returns false if the terminal does not take them now.
---@param lines string[]
---@return boolean
function Screen:show(lines)
  if not self.on then return false end
  if self.rest ~= "" then push(self, self.rest) end
  if self.rest ~= "" then return false end
  local out, old = {}, self.lines
  if self.wipe then out[1], self.wipe = "\27[0m\27[2J", false end
  for row = 1, self.rows do
    local line = lines[row] or ""
    if line ~= (old[row] or "") then
      out[#out + 1] = ("\27[%d;1H\27[K%s"):format(row, line)
      old[row] = line
    end
  end
  if out[1] then push(self, table.concat(out)) end
  return true
end

--- Draws everything anew with the next show().
function Screen:redraw() self.lines, self.rest, self.wipe = {}, "", true end

--- Gives the screen back.
function Screen:close()
  if self.input then self.input:drop() end
  self.input = nil
  self.c.close()
end

return M
