-- SPDX-License-Identifier: MIT
--
-- Does what a request asks for: one function for each kind. A job sends its answers to its client,
-- the last of them exactly once; stop() ends it early, and its last answer still comes.
--
-- The results of a campaign wait until the client has taken earlier ones, and they count as traces
-- under way. So a client that does not read stops only its own campaign.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local Campaign = require "mtr.campaign"
local scheduler = require "mtr.wait.scheduler"
local answer = require "mtr.serve.answer"

local M = {}

-- Bytes of different payloads that clients may use: the library keeps each as long as the engine.
local PAYLOADS = 2 ^ 20

---@class mtr.ServeJob
---@field stop fun()

-- Returns a message that was raised, with a name. A caller's bug was found too late to name the
-- member of the request.
local function reason(problem)
  local message = err.text(problem):gsub("^%S+:%d+: ", ""):gsub("^results: ", "")
  if message:find "^%u[%u%d]+: " then return message end
  return (err.is_interrupt(message) and "EINTR: " or "EINVAL: ") .. message
end

-- Ends a job with an error.
local function fail(client, id, message)
  client:finish(id, answer.error(id, message:match "^%u[%u%d]+" or "EIO", message))
end

-- Notes the payload of a request. Returns an error if there are too many.
local function admit_payload(server, payload)
  if not payload or server.payloads[payload] then return nil end
  if server.payload_bytes + #payload > PAYLOADS then
    return ("EDQUOT: clients have used %d bytes of different payloads; use one of those again")
      :format(server.payload_bytes)
  end
  server.payloads[payload], server.payload_bytes = true, server.payload_bytes + #payload
end

-- Calls a function of the engine that returns a trace and later calls back. Returns the job.
local function launch(fn, ...)
  local one = fn(...)
  return { stop = function()
    if one then one:stop() end
  end }
end

local function on_hop(client, id)
  return function(trace, hop) client:send(answer.hop(id, trace, hop)) end
end

local function trace(client, r)
  local id, opts = r.id, r.options
  if r.hops then opts.on_hop = on_hop(client, id) end
  local engine = client.server.engine
  return launch(engine.trace, engine, r.dst, opts, function(message, result)
    if not result then return fail(client, id, message) end
    client:finish(id, answer.result(id, result, true))
  end)
end

local function probe(client, r)
  local id, engine = r.id, client.server.engine
  return launch(engine.probe, engine, r.options, function(message, reply)
    if not reply then return fail(client, id, message) end
    client:finish(id, answer.reply(id, reply))
  end)
end

-- Returns a summary without empty tables, which would be lists in JSON.
local function plain(summary)
  local copy = {}
  for name, value in each(summary) do
    if type(value) ~= "table" or next(value) ~= nil then copy[name] = value end
  end
  return copy
end

-- Hands out the results of a campaign; runs as a task.
local function run(client, r, campaign)
  local ids = { list = r.list, cycle = r.cycle, campaign = r.campaign, monitor = r.monitor }
  for result in campaign:results() do
    for name, value in each(ids) do result[name] = value end
    client:send(answer.result(r.id, result, false))
    client:wait()
  end
  client:finish(r.id, answer.last(r.id, "done", "summary", plain(campaign.summary)))
end

local function campaign(client, r)
  local opts, server = r.options, client.server
  if r.hops then opts.on_hop = on_hop(client, r.id) end
  local c = Campaign.new {
    engine = server.engine, targets = r.targets, trace = opts, time_limit = r.time_limit,
    window = r.window or math.min(server.max_window, 100),
    on_error = function(message, target, name)
      client:send(answer.refused(r.id, target, message, name))
    end,
  }
  scheduler.go(function()
    local ok, problem = pcall(run, client, r, c)
    if not ok then
      c:stop()
      fail(client, r.id, reason(problem))
    end
  end)
  return { stop = function() c:stop() end }
end

local STARTS = { trace = trace, probe = probe, campaign = campaign }

--- Starts a request. Its last answer comes later, from client:finish().
---@param client mtr.ServeClient
---@param r mtr.ServeRequest
---@return mtr.ServeJob?
---@return string? message beginning with a name, such as "EDQUOT: "
function M.start(client, r)
  local full = admit_payload(client.server, r.options.payload)
  if full then return nil, full end
  local ok, job = pcall(STARTS[r.request], client, r)
  if ok then return job end
  return nil, reason(job)
end

return M
