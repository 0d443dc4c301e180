-- SPDX-License-Identifier: MIT
--
-- What to say of a command that Redis refuses: because a key there is of another program, or
-- because the user may not run it. The message names the key or the right, and what to do.

local err = require "mtr.base.err"

local M = {}

-- The types of a fleet's keys, by the end of their names.
local TYPES = { campaigns = "set", workers = "hash", meta = "hash", left = "hash",
  leases = "stream", results = "stream", stops = "stream", rates = "stream", drain = "string" }

-- Commands without keys.
local KEYLESS = { TIME = true, INFO = true, PING = true, AUTH = true, SELECT = true }

-- Returns the type that a fleet gives to a key.
local function type_of(key)
  if key:find "^mtr:fleet:worker:" then return "string" end
  return TYPES[key:match "[^:]*$"] or "key"
end

--- Returns the keys that a command is about.
---@param words (string|number)[]
---@return string[]
function M.keys(words)
  local name, keys = words[1], {}
  if name == "EVAL" then
    for i = 4, 3 + words[3] do keys[#keys + 1] = words[i] end
  elseif name == "XREAD" or name == "XREADGROUP" then
    for i, word in ipairs(words) do
      if word == "STREAMS" then keys[1] = words[i + 1] end
    end
  elseif not KEYLESS[name] then
    keys[1] = words[name == "XINFO" and 3 or 2]
  end
  return keys
end

local WAYS = "another program uses this name; rename or delete it, or give the fleet another "
  .. "database (redis://HOST/1)"

local function foreign(words, look)
  local keys = M.keys(words)
  for _, key in ipairs(keys) do
    local there, wanted = look and look(key), type_of(key)
    if type(there) == "string" and there ~= "none" and there ~= wanted then
      return ("%s is a %s, and no %s of a fleet: %s"):format(key, err.plain(there), wanted, WAYS)
    end
  end
  if #keys == 1 then
    return ("%s is no %s of a fleet: %s"):format(keys[1], type_of(keys[1]), WAYS)
  end
  return ("one of these keys is not of a fleet: %s: %s"):format(table.concat(keys, ", "), WAYS)
end

-- Returns whether an error is about a missing right. If it is missing for a command of a script,
-- each version of Redis says so in other words.
local function lacks(text)
  return text:find("NOPERM", 1, true) or text:find("ACL failure in script", 1, true)
    or text:find("The user executing the script can't", 1, true)
end

local function forbidden(words, user)
  local keys = table.concat(M.keys(words), ", ")
  return ("the user %s lacks the right to run %s%s%s; scripts/FLEET.md lists what a fleet needs")
    :format(err.plain(user or "default"), words[1], keys ~= "" and " on " .. keys or "",
    words[1] == "EVAL" and ", or a command of its script" or "")
end

--- Returns what to say of an error of Redis, and its name.
---@param text string the error
---@param words (string|number)[] the command
---@param user? string who runs it; nil: the user "default"
---@param look? fun(key: string): any asks Redis for the type of a key
---@return string message, string name
function M.message(text, words, user, look)
  text = text:gsub(" script: %x+, on @.*$", "")  -- where it failed in a script, as Redis 7 says
  local said = "Redis says: " .. err.plain(text)
  -- Redis 6 shows errors of commands in scripts as its own, ERR, with theirs behind.
  if text:find("WRONGTYPE", 1, true) then
    return foreign(words, look) .. " (" .. said .. ")", "WRONGTYPE"
  end
  if lacks(text) then
    return forbidden(words, user) .. " (" .. said .. ")", "NOPERM"
  end
  return said, text:match "^%u+" or "ERR"
end

--- Returns whether waiting cannot mend an error. Then the user must hear of it, even if no call
--- waits for the answer.
---@param reply any
---@return boolean
function M.lasting(reply)
  local text = type(reply) == "table" and reply.error
  return type(text) == "string" and (lacks(text) or text:find("WRONGTYPE", 1, true) or 0) > 0
end

return M
