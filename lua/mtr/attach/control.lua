-- SPDX-License-Identifier: MIT
--
-- Answers what a client may ask before it attaches: get, set, shutdown and exit.

local M = {}

--- The version of scamper whose protocol this is.
M.VERSION = "20211212"

local GET, DO = {}, {}

function GET.pps(server) return ("pps %d"):format(server:pps()) end
function GET.version() return "version " .. M.VERSION end
function GET.window(server)
  return ("window %d/%d"):format(server.pool.window, server.pool.under_way)
end
function GET.command() return "command trace" end

-- Shows a word of a client.
local function shown(word) return (word:sub(1, 32):gsub("[^\33-\126]", "?")) end

function DO.get(client, word)
  local read = GET[word]
  if not read then return ("ERR unhandled get command '%s'"):format(shown(word)) end
  return "OK " .. read(client.server)
end

function DO.set(client, word, value)
  if word ~= "pps" then return ("ERR unhandled set command '%s'"):format(shown(word)) end
  local n = value:find "^%d+$" and #value < 8 and tonumber(value)
  local most = client.server:most_pps()
  if not n or n < 1 or n > most then
    return ("ERR pps: %s out of range (1, %d)"):format(shown(value), most)
  end
  client.server:set_pps(n)
  return ("OK pps %d"):format(n)
end

function DO.shutdown(client, word)
  if word ~= "now" and word ~= "done" and word ~= "flush" then
    return "ERR usage: shutdown [done | flush | now]"
  end
  client.server:shutdown(word)
  return "OK"
end

function DO.exit(client)
  client:leave()
  return nil
end

--- Answers a line.
---@param client mtr.AttachClient
---@param line string
---@return string? answer without its newline; nil: none
function M.answer(client, line)
  local word, first, second = line:match "^%s*(%S+)%s*(%S*)%s*(%S*)"
  if not word then return nil end
  local act = DO[word]
  if not act then return ("ERR unhandled command '%s'"):format(shown(word)) end
  return act(client, first, second)
end

return M
