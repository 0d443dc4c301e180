-- SPDX-License-Identifier: MIT
--
-- Starts `mtrlua serve` for specs, and talks with it:
--
--     local server = Server.start("--sim spec/sim/topologies/crowd.lua", "--max-requests 3")
--     local client = server:connect()
--     client:ask { id = 1, request = "about" }
--     assert.equal("about", client:answer().answer)
--     local status, log = server:stop()
local cjson = require "cjson"
local unix = require "socket.unix"
local run = require "spec.support.harness.run"

local M = {}

local Client = {}
Client.__index = Client

---Sends bytes.
function Client:send(bytes) return assert(self.socket:send(bytes)) end

---Sends requests, a line each.
function Client:ask(...)
  for _, request in ipairs { ... } do self:send(cjson.encode(request) .. "\n") end
end

---The next answer, decoded, and its line; nil and "closed" at the end.
function Client:answer()
  local line, message = self.socket:receive "*l"
  if not line then return nil, message end
  local ok, answer = pcall(cjson.decode, line)
  return ok and answer or error("no JSON: " .. line), line
end

---The answers up to the last one to the request |id|, in a list for each id.
function Client:last(id)
  local lists = {}
  while true do
    local answer, line = self:answer()
    assert(answer, line)
    local key = answer.id or "none"
    lists[key] = lists[key] or {}
    table.insert(lists[key], answer)
    if answer.last and key == id then return lists[id], lists end
  end
end

function Client:close() self.socket:close() end

local Server = {}
Server.__index = Server

M.class = Server

---Connects. A client waits for each answer for two minutes at most.
function Server:connect()
  local socket = assert(unix.stream())
  socket:settimeout(120)
  assert(socket:connect(self.path))
  return setmetatable({ socket = socket }, Client)
end

---What the server says of itself, asked by a new client.
function Server:about()
  local client = self:connect()
  client:ask { id = 1, request = "about" }
  local answer = assert(client:answer())
  client:close()
  return answer.about
end

---Sends a signal, by default TERM; waits for the end. The exit status, and what it wrote.
function Server:stop(signal)
  os.execute(("kill -%s %d"):format(signal or "TERM", self.pid))
  return self:wait()
end

---Waits for the end. The exit status, and what it wrote.
function Server:wait()
  local text = self.pipe:read "*a"
  self.pipe:close()
  local log, status = text:match "^(.*)status (%d+)\n$"
  return tonumber(status), log
end

---Starts a server, with options of mtrlua and of the program. Its socket is |path|, by default
---"socket" in the directory of the run. Returns it when it listens; else its status and its words.
---@param before? string
---@param options? string
---@param path? string
---@param wrap? fun(command: string): string makes a command that runs it elsewhere
function M.start(before, options, path, wrap)
  local self = setmetatable({ path = path or run.dir() .. "/socket" }, Server)
  local command = ('"$MTR_PROGRAM" %s scripts/serve.lua --socket "%s" %s'):format(
    before or "", self.path, options or "")
  if wrap then command = wrap("exec " .. command) end
  -- It says its process id before it becomes the program, which may be the faster one.
  self.pipe = assert(io.popen([[exec 2>&1; sh -c 'echo $$; exec "$0" "$@"' ]] .. command
    .. ' & wait $!; echo "status $?"'))
  self.pid = tonumber(self.pipe:read "*l")
  local said = self.pipe:read "*l"
  if said:find "^serve: listening at " then return self end
  local status, rest = self:wait()
  return nil, status or tonumber(said:match "%d+"), said .. "\n" .. (rest or "")
end

return M
