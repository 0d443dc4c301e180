-- SPDX-License-Identifier: MIT
--
-- :Mtr in Neovim: probes the path to a host in rounds, and shows its hops in a buffer as answers
-- come in. The trace lives as long as the buffer. See :help mtr.
--
-- The library calls hooks where functions of the editor may be called (mtr.host). A buffer is drawn
-- at most ten times a second.

local mtr = require "mtr"

local api, uv = vim.api, vim.uv or vim.loop
local M = {}

local DRAW = 100                       -- ms between two changes of a buffer
local OWN = { "interval=", "rounds=" }

-- The options that users give most; any option of mtr.trace can be given.
local COMMON = { "protocol=", "port=", "max_ttl=", "first_ttl=", "timeout=", "size=", "tos=",
  "flow=", "gap_limit=", "source=", "interface=", "multipath=" }

local HEAD = ("%-4s%-42s %6s %7s %8s %8s %8s %8s"):format(
  "hop", "address", "sent", "silent", "last", "avg", "best", "worst")

-- Shows a message as an error.
local function fail(message) vim.notify("Mtr: " .. message, vim.log.levels.ERROR) end

-- Reads the words behind :Mtr. Returns the destination, options of a trace, and the program's own.
local function read(words)
  local dst, opts, own = nil, {}, { names = true, interval = 1000, rounds = math.huge }
  for _, word in ipairs(words) do
    local name, value = word:match "^([%w_]+)=(.*)$"
    if value == "true" or value == "false" then value = value == "true" end
    value = tonumber(value) or value
    if word == "-n" then
      own.names = false
    elseif word == "-4" or word == "-6" then
      opts.family = tonumber(word:sub(2))
    elseif name and own[name] then
      own[name] = value
    elseif name then
      opts[name] = value
    elseif dst or word:find "^-" then
      return nil, "what is " .. word .. "?"
    else
      dst = word
    end
  end
  if not dst then return nil, "give an address or a name" end
  if opts.strategy then return nil, "the strategy is always rounds" end
  return dst, opts, own
end

-- Returns a value of `rounds` or `interval`, or nil and what it must be.
local function positive(own, name)
  local value = own[name]
  if type(value) == "number" and value >= 1 then return value end
  return nil, ("%s must be a number from 1, got %s"):format(name, tostring(value))
end

local function ms(value) return value and ("%8.1f"):format(value) or ("%8s"):format "" end

-- A name comes from the network: only what a name may have is shown.
local function plain(name) return (name:gsub("[^%w%.%-_]", "?")) end

-- Returns the address of a hop, with its name if that is known by now. Asks for the name.
local function address(view, addr)
  if not addr then return "*" end
  local known = view.names[addr]
  if known == nil and view.own.names then
    view.names[addr] = false
    uv.getnameinfo({ ip = addr }, function(problem, name)
      if problem or not name or name == addr then return end
      view.names[addr] = plain(name)
      vim.schedule(view.changed)
    end)
  end
  return known and ("%s (%s)"):format(known, addr) or addr
end

local function hop_line(view, hop)
  return ("%-4d%-42s %6d %6.1f%% %s %s %s %s"):format(hop.ttl, address(view, hop.addr), hop.sent,
    hop.sent > 0 and hop.unanswered / hop.sent * 100 or 0, ms(hop.last), ms(hop.avg),
    ms(hop.best), ms(hop.worst))
end

-- Returns the text of a buffer.
local function lines(view)
  local trace, text = view.trace, { view.title, "", HEAD }
  local dst = trace and trace.dst
  if dst and dst ~= view.dst then text[1] = ("%s (%s)"):format(view.title, dst) end
  for _, hop in ipairs(view.stats:hops()) do text[#text + 1] = hop_line(view, hop) end
  if view.ended then
    text[#text + 1] = ""
    text[#text + 1] = view.ended
  end
  return text
end

local function draw(view)
  view.planned = false
  if not (view.buffer and api.nvim_buf_is_valid(view.buffer)) then return end
  vim.bo[view.buffer].modifiable = true
  api.nvim_buf_set_lines(view.buffer, 0, -1, false, lines(view))
  vim.bo[view.buffer].modifiable = false
end

-- Opens a window with an empty buffer.
local function open_window(view)
  vim.cmd "new"
  local buffer = api.nvim_get_current_buf()
  view.buffer = buffer
  pcall(api.nvim_buf_set_name, buffer, ("mtr://%d/%s"):format(buffer, view.dst))
  for name, value in pairs { buftype = "nofile", bufhidden = "wipe", swapfile = false,
    filetype = "mtr", modifiable = false } do
    vim.bo[buffer][name] = value
  end
  vim.wo.wrap = false
  api.nvim_buf_set_keymap(buffer, "n", "q", "<Cmd>bwipeout<CR>", { noremap = true })
  api.nvim_create_autocmd("BufWipeout", { buffer = buffer, once = true, callback = function()
    if view.trace then view.trace:stop() end
  end })
end

-- Makes a view: what belongs to one buffer.
local function new(dst, own)
  local view = { dst = dst, own = own, stats = mtr.stats(), names = {}, planned = false,
    title = "Mtr " .. dst }
  function view.changed()
    if view.planned then return end
    view.planned = true
    vim.defer_fn(function() draw(view) end, DRAW)
  end
  return view
end

--- Begins to probe the path to a host, and shows it in a new buffer. Closing the buffer ends it.
---@param dst string an address or a name
---@param opts? mtr.TraceOptions without a strategy
---@param own? { names?: boolean, interval?: number, rounds?: number } names: look them up;
--- interval: ms from one round to the next; rounds: how many, default until the buffer is closed
---@return integer? buffer
---@return string? message
function M.open(dst, opts, own)
  own = vim.tbl_extend("keep", own or {}, { names = true, interval = 1000, rounds = math.huge })
  local view = new(dst, own)
  local all = view.stats:hooks(opts)
  local on_reply, on_timeout = all.on_reply, all.on_timeout
  all.strategy = setmetatable({ interval = own.interval, rounds = own.rounds },
    { __index = mtr.strategy.rounds })
  function all.on_reply(...)
    view.changed()
    return on_reply(...)
  end
  function all.on_timeout(...)
    view.changed()
    return on_timeout(...)
  end
  -- Without a second parameter, the library keeps no replies, so it may go on for days.
  local trace, message = mtr.trace(dst, all, function(problem)
    view.ended = problem or "The trace has ended."
    view.changed()
  end)
  if not trace then return nil, message end
  view.trace = trace
  open_window(view)
  draw(view)
  return view.buffer
end

--- Does what :Mtr is to do; shows errors.
---@param words string[]
function M.command(words)
  local dst, opts, own = read(words)
  if not dst then return fail(opts) end
  for _, name in ipairs { "interval", "rounds" } do
    local value, message = positive(own, name)
    if not value then return fail(message) end
  end
  local ok, buffer, message = pcall(M.open, dst, opts, own)
  if not ok then return fail((tostring(buffer):gsub("^%S+:%d+: ", ""))) end
  if not buffer then fail(message) end
end

--- Completes a word behind :Mtr.
---@param lead string
---@return string[]
function M.complete(lead)
  local found = {}
  for _, list in ipairs { COMMON, OWN, { "-n", "-4", "-6" } } do
    for _, word in ipairs(list) do
      if word:sub(1, #lead) == lead then found[#found + 1] = word end
    end
  end
  return found
end

return M
