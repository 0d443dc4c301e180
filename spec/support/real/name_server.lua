-- SPDX-License-Identifier: MIT
--
-- Starts spec/support/real/name_server.py on this host, a name server that answers as the question
-- says:
--
--     local server = name_server.start("--delay 50")
--     ... servers = { server.address } ...
--     assert.equal(1, server:asked "12 4.3.0.10.in-addr.arpa")
--     server:stop()
--
-- It ends with the process that has started it.
local run = require "spec.support.harness.run"

local M = {}

local Server = {}
Server.__index = Server

local count = 0

---Starts one, with options of the program.
function M.start(options)
  count = count + 1
  local fifo, log = ("%s/port%d"):format(run.dir(), count), ("%s/log%d"):format(run.dir(), count)
  assert(os.execute("mkfifo " .. fifo))
  local program = assert(io.popen(("exec python3 spec/support/real/name_server.py --log %s %s >%s")
    :format(log, options or "", fifo), "w"))
  local file = assert(io.open(fifo))
  local port = tonumber(file:read "*l")
  file:close()
  return setmetatable({
    program = program, log = log, port = port, address = "127.0.0.1:" .. port,
  }, Server)
end

---The questions up to now, a text for each: type and name.
function Server:questions()
  local list = {}
  for line in io.lines(self.log) do list[#list + 1] = line end
  return list
end

---How often it was asked something.
function Server:asked(question)
  local n = 0
  for _, line in ipairs(self:questions()) do n = n + (line == question and 1 or 0) end
  return n
end

---Ends it.
function Server:stop() self.program:close() end

return M
