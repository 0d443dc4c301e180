-- SPDX-License-Identifier: MIT
--
-- Starts `mtrlua scamper` for specs, and talks with it as programs do that drive scamper:
--
--     local server = attach.start("--sim spec/sim/topologies/plain.lua", "-w 3")
--     local client = server:connect()
--     client:say "attach"
--     assert.equal("OK", client:line())
--     local status, log = server:stop()
local unix = require "socket.unix"
local run = require "spec.support.harness.run"
local Server = require "spec.support.harness.server".class

local M = {}

local Client = {}
Client.__index = Client

---Sends bytes.
function Client:send(bytes) return assert(self.socket:send(bytes)) end

---Sends lines.
function Client:say(...)
  for _, line in ipairs { ... } do self:send(line .. "\n") end
end

---The next line; nil and "closed" at the end. Of a record it returns "DATA", and the record.
function Client:line()
  local line, message = self.socket:receive "*l"
  if not line then return nil, message end
  local n = line:match "^DATA (%d+)$"
  if not n then return line end
  return "DATA", assert(self.socket:receive(tonumber(n)))
end

---The lines up to the next record or the end, in a list; then the record.
function Client:record()
  local list = {}
  while true do
    local line, record = self:line()
    if not line or line == "DATA" then return list, record end
    list[#list + 1] = line
  end
end

---All records up to the end, and in a list the lines between them.
function Client:all()
  local lines, records = {}, {}
  while true do
    local list, record = self:record()
    for _, line in ipairs(list) do lines[#lines + 1] = line end
    if not list[1] and record == "closed" or not record or record == "closed" then
      return records, lines
    end
    records[#records + 1] = record
  end
end

function Client:close() self.socket:close() end

---Connects. A client waits for each answer for two minutes at most.
local function connect(self)
  local socket = assert(unix.stream())
  socket:settimeout(120)
  assert(socket:connect(self.path))
  return setmetatable({ socket = socket }, Client)
end

---The answer to one line of a new client.
local function ask(self, line)
  local client = connect(self)
  client:say(line)
  local answer = client:line()
  client:close()
  return answer
end

---Starts a server, with options of mtrlua and of the program. Its socket is "socket" in the
---directory of the run. Returns it when it listens; else its status and its words.
---@param before? string
---@param options? string
---@param wrap? fun(command: string): string makes a command that runs it elsewhere
function M.start(before, options, wrap)
  local self = { path = run.dir() .. "/socket", connect = connect, ask = ask }
  setmetatable(self, Server)
  local command = ('"$MTR_PROGRAM" %s scripts/scamper.lua -U "%s" %s'):format(before or "",
    self.path, options or "")
  if wrap then command = wrap("exec " .. command) end
  -- It says its process id before it becomes the program, which may be the faster one.
  self.pipe = assert(io.popen([[exec 2>&1; sh -c 'echo $$; exec "$0" "$@"' ]] .. command
    .. ' & wait $!; echo "status $?"'))
  self.pid = tonumber(self.pipe:read "*l")
  local said = self.pipe:read "*l"
  if said:find "^scamper: listening at " then
    self.said = said
    return self
  end
  local status, rest = self:wait()
  return nil, status or tonumber(said:match "%d+"), said .. "\n" .. (rest or "")
end

return M
