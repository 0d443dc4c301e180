-- SPDX-License-Identifier: MIT
--
-- The three kinds of error, and the text of their messages.
--
-- A caller's bug is raised by the public function, at the caller's line; functions below it return
-- the message. An environment error is returned as `nil, message, name`. The outcome of a
-- measurement is data and never an error. An error that no caller can receive (in a hook, in a
-- task) is reported once, with its traceback, to the function of mtr.on_error or to the log of the
-- engine.

local lib = require "mtr.lib"
local utf8 = require "mtr.base.utf8"

local C = lib.C
local M = {}

local buffer = lib.new "char[256]"

--- The numbers of the errnos that the Lua layer uses.
M.code = { EINTR = 4, EAGAIN = 11, EINVAL = 22, EMSGSIZE = 90, ESTALE = 116,
  EOPNOTSUPP = 95, EDQUOT = 122 }

--- The name of a caller's bug that an inner function found. The public function raises the message;
--- users never see this name.
M.BUG = "BUG"

--- Makes an environment error that the Lua layer found itself: the three values to return.
---@param name string such as "ESHUTDOWN"
---@param text string what failed and what to do
---@return nil, string message, string name
function M.named(name, text) return nil, name .. ": " .. text, name end

-- Errors of recordings. What the system calls them says nothing of a file.
local OF_FILES = { ENOMSG = true, EPROTO = true, EBADMSG = true }

--- Makes an environment error of the library or the system: the three values to return.
---@param code integer positive or negative errno
---@param why? string what failed and what to do
---@return nil, string message, string name
function M.env(code, why)
  local message = lib.string(C.mtr_strerror(code, buffer, 256))
  local name = lib.string(C.mtr_errname(code))
  if why and why ~= "" then message = (OF_FILES[name] and name or message) .. ": " .. why end
  return nil, message, name
end

--- Returns the name of an errno, such as "EPERM".
---@param code integer
---@return string
function M.name(code) return lib.string(C.mtr_errname(code)) end

local numbers

--- Returns the number of an errno on this system; nil if the name is unknown.
---@param name string such as "EPERM"
---@return integer?
function M.number(name)
  if not numbers then
    numbers = {}
    for code = 1, 133 do numbers[M.name(code)] = code end
  end
  return numbers[name]
end

-- Returns how many edits (insert, delete, replace, swap) turn a into b.
local function distance(a, b)
  local before, row = {}, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local next = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      next[j] = math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        next[j] = math.min(next[j], before[j - 2] + 1)
      end
    end
    before, row = row, next
  end
  return row[#b]
end

--- Returns the word of a list that is most like `word`, or nil if no word is like it.
---@param word string
---@param words string[]
---@return string?
function M.nearest(word, words)
  local best, least = nil, math.max(1, math.floor((#word + 1) / 3)) + 1
  for _, candidate in ipairs(words) do
    local d = distance(word, candidate)
    if d < least then best, least = candidate, d end
  end
  return best
end

local function cut(text, most)
  return #text > most and text:sub(1, most - 3) .. "..." or text
end

--- Makes text of one line safe for a terminal: control characters, and what is not UTF-8, become
--- "?".
---@param text string
---@return string
function M.plain(text)
  text = text:gsub("%c", "?")
  if not text:find "[\128-\255]" then return text end
  return (utf8.clean(text, "?"):gsub("\194[\128-\159]", "?"))
end

--- Returns the name of a target for the beginning of a message: safe for a terminal, and not longer
--- than a name can be.
---@param target string
---@return string
function M.target(target) return M.plain(cut(target, 253)) end

--- Returns a value as text for a message: short, strings in quotes.
---@param value any
---@return string
function M.show(value)
  if type(value) == "string" then
    value = cut(value, 60)
    return (("%q"):format(value):gsub("\\\n", "\\n"):gsub("%c", "?"))
  elseif type(value) == "number" or type(value) == "boolean" or value == nil then
    return tostring(value)
  end
  return "a " .. type(value)
end

--- Returns the message for an option that does not exist.
---@param who string the function, such as "trace"
---@param name any
---@param names string[] the options that exist
---@return string
function M.unknown(who, name, names)
  if type(name) ~= "string" then
    return ("%s: options are named, got the key %s"):format(who, M.show(name))
  end
  local near = M.nearest(name, names)
  return ("%s: unknown option %s%s"):format(who, M.show(name),
    near and ("; did you mean %q?"):format(near) or "")
end

--- Returns true if the value that a hook returned ends what it belongs to. Raises if a hook means
--- something that it cannot say.
---@param value any "stop"; nil and false say nothing
---@return boolean
function M.stops(value)
  if value == "stop" then return true end
  if value then error(('a hook must return "stop" or nothing, got %s'):format(M.show(value)), 0) end
  return false
end

--- Returns the text of any value that was raised.
---@param problem any
---@return string
function M.text(problem)
  return type(problem) == "string" and problem or tostring(problem)
end

--- Whether tracebacks show the functions of this library too. mtrlua sets it with --log debug.
M.all_frames = false

-- How a line of a traceback that is of this library begins, and one of a C function.
local OURS = "\n\t" .. debug.getinfo(1, "S").short_src:gsub("base/err%.lua$", "")
local C_FRAME = "\n\t[C]:"

--- Leaves the functions of this library out of a text with tracebacks, unless there are no others.
---@param text string
---@return string
function M.own_frames(text)
  local from = text:find("\nstack traceback:\n", 1, true)
  if M.all_frames or not from then return text end
  local kept, n = { text:sub(1, from - 1) }, 0
  for line in text:sub(from):gmatch "\n[^\n]*" do
    local frame = line:find "^\n\t"
    if not frame or line:find(OURS, 1, true) ~= 1 and line:find(C_FRAME, 1, true) ~= 1 then
      kept[#kept + 1], n = line, n + (frame and 1 or 0)
    end
  end
  return n > 0 and table.concat(kept) or text
end

--- The message handler of every xpcall of user code: returns the message with its traceback.
---@param problem any
---@return string
function M.traceback(problem)
  return M.own_frames(debug.traceback(M.text(problem), 2))
end

--- The error of a wait or a start after the program was interrupted.
M.INTERRUPTED = "mtr: interrupted"

--- Returns true if an error is M.INTERRUPTED, with or without a place before it and a traceback
--- behind it.
---@param text any
---@return boolean
function M.is_interrupt(text)
  return type(text) == "string" and text:match("^[^\n]*"):find(M.INTERRUPTED, 1, true) ~= nil
end

--- Receives the errors of hooks and tasks. mtrlua sets it; another host may set it (mtr.on_error).
--- Without it, errors go to standard error.
---@type fun(text: string)?
M.on_error = nil

--- Takes the errors that that function and the log do not get: the log of the host. Without it
--- they go to standard error.
---@type fun(text: string)?
M.output = nil

--- The number of errors that were reported.
M.reports = 0

--- Reports an error that no caller can receive. Never raises. Ignores M.INTERRUPTED, because the
--- user who interrupted the program knows of it.
---@param text string with traceback
---@param log? fun(level: string, message: string) of the engine; used without on_error
function M.report(text, log)
  if M.is_interrupt(text) then return end
  M.reports = M.reports + 1
  local reported = M.on_error and pcall(M.on_error, text)
    or not M.on_error and log and pcall(log, "error", text)
  if reported or M.output and pcall(M.output, "mtr: " .. text) then return end
  io.stderr:write("mtr: ", text, "\n")
end

return M
