-- SPDX-License-Identifier: MIT
--
-- The three kinds of error, and their words.
--
-- A caller's bug is raised by the function that was called, at the caller's line; whoever checks
-- deeper down returns the message, made here. An environment error is `nil, message, name`. A
-- measurement outcome is data and never passes through here. What goes wrong where nobody can take
-- it (a hook, a task) is reported: to the engine's or the program's reporter, once, with traceback.

local lib = require "mtr.lib"

local C = lib.C
local M = {}

local buffer = lib.new "char[256]"

--- Numbers of the errnos that the Lua layer asks for.
M.code = { EINTR = 4, EAGAIN = 11, EINVAL = 22, EMSGSIZE = 90, EDQUOT = 122 }

--- The name of a failure that is the caller's bug but was found deeper down. The function that was
--- called raises its message; nobody else sees this name.
M.BUG = "BUG"

--- An environment error that the Lua layer itself finds, as the three values to return.
---@param name string such as "ESHUTDOWN"
---@param text string what it was about and what to do
---@return nil, string message, string name
function M.own(name, text) return nil, name .. ": " .. text, name end

--- An environment error of the library or the system, as the three values to return.
---@param code integer positive or negative errno
---@param why? string what it was about and what to do
---@return nil, string message, string name
function M.env(code, why)
  local message = lib.string(C.mtr_strerror(code, buffer, 256))
  if why and why ~= "" then message = message .. ": " .. why end
  return nil, message, lib.string(C.mtr_errname(code))
end

--- The name of an errno, such as "EPERM".
---@param code integer
---@return string
function M.name(code) return lib.string(C.mtr_errname(code)) end

local numbers

--- The number of an errno's name, here; nil for any other word.
---@param name string such as "EPERM"
---@return integer?
function M.number(name)
  if not numbers then
    numbers = {}
    for code = 1, 133 do numbers[M.name(code)] = code end
  end
  return numbers[name]
end

-- Edits (insert, delete, replace, swap) that make b of a.
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

--- The word nearest to `word`, or nil when none is near enough to have been meant.
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

--- Any value as it is shown in a message: short, strings quoted.
---@param value any
---@return string
function M.show(value)
  if type(value) == "string" then
    if #value > 60 then value = value:sub(1, 57) .. "..." end
    return (("%q"):format(value):gsub("\\\n", "\\n"):gsub("%c", "?"))
  elseif type(value) == "number" or type(value) == "boolean" or value == nil then
    return tostring(value)
  end
  return "a " .. type(value)
end

--- The message for an option that does not exist.
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

--- The words of anything that was thrown.
---@param problem any
---@return string
function M.text(problem)
  return type(problem) == "string" and problem or tostring(problem)
end

--- What xpcall is given wherever user code is called: the message with its traceback.
---@param problem any
---@return string
function M.traceback(problem)
  return debug.traceback(M.text(problem), 2)
end

--- What is raised where a program that was interrupted would wait on, or start something.
M.INTERRUPTED = "mtr: interrupted"

--- Whether an error, perhaps with a place in front and a traceback behind, is that.
---@param text any
---@return boolean
function M.is_interrupt(text)
  return type(text) == "string" and text:match("^[^\n]*"):find(M.INTERRUPTED, 1, true) ~= nil
end

--- Takes errors of hooks and tasks; mtrlua sets it, an embedding host may (mtr.on_error). Without
--- it they go to standard error.
---@type fun(text: string)?
M.reporter = nil

--- How many errors were reported.
M.reports = 0

--- Reports an error that no caller can take. Never raises. That the program was interrupted has
--- been said already.
---@param text string with traceback
---@param log? fun(level: string, message: string) of the engine concerned; without a reporter
function M.report(text, log)
  if M.is_interrupt(text) then return end
  M.reports = M.reports + 1
  local told = M.reporter and pcall(M.reporter, text)
    or not M.reporter and log and pcall(log, "error", text)
  if not told then io.stderr:write("mtr: ", text, "\n") end
end

return M
