-- SPDX-License-Identifier: MIT
--
-- nets.lua: labs and engines for specs of the raw transport. `up` builds a lab that `down` takes
-- away; `shared` gives one lab to all tests that leave it unchanged, until `down_shared`. `inside`
-- runs a function with an engine in the prober's network and checks that the engine leaves nothing:
-- no trace, no probe, no descriptor. All of it is for a process with one thread. Without the
-- privileges that a lab needs, tests are `pending`.

local ffi = require "ffi"
local assert = require "luassert"
local mtr = require "mtr"
local lab = require "spec.lab.lab"

ffi.cdef [[ int nets_fcntl(int fd, int command, ...) __asm__("fcntl"); ]]

local F_GETFD, FDS = 1, 1024

local M = { transport = os.getenv "MTR_TRANSPORT" or "raw" }
local labs, shared = {}, {}

local available, reason = lab.available()

---Whether labs can be made here.
function M.available() return available end

---Ends the test as pending if labs cannot be made here. Pass it busted's `pending`.
function M.needs_privilege(pending)
  if not available then pending(reason) end
end

local function build(words)
  local name, rest = words:match "^(%S+)%s*(.*)$"
  local args = {}
  for word in rest:gmatch "%S+" do args[#args + 1] = word end
  return assert(lab.up(name, args))
end

---A lab from the words that `lab up` takes: "chain 4 udp=7".
---@param words string
---@return lab.Lab
function M.up(words)
  local l = build(words)
  labs[#labs + 1] = l
  return l
end

---Takes down every lab of `up`.
function M.down()
  while #labs > 0 do table.remove(labs):down() end
end

---The one lab of these words, for tests that leave it as it was.
---@param words string
---@return lab.Lab
function M.shared(words)
  shared[words] = shared[words] or build(words)
  return shared[words]
end

---Takes down every lab of `shared`.
function M.down_shared()
  for words, l in pairs(shared) do
    shared[words] = nil
    l:down()
  end
end

---How many descriptors this process has open.
function M.descriptors()
  local n = 0
  for fd = 0, FDS - 1 do
    if ffi.C.nets_fcntl(fd, F_GETFD) >= 0 then n = n + 1 end
  end
  return n
end

-- libuv keeps a pair of descriptors of its own for good, from the first loop of a process on.
local function warm_up()
  assert(mtr.engine()):close()
  warm_up = function() end
end

local function checked(fn)
  warm_up()
  collectgarbage()
  local before = M.descriptors()
  fn()
  collectgarbage()
  assert.equal(before, M.descriptors(), "descriptors left open")
end

---Calls fn(engine) in a node's network (the prober's by default), then closes the engine and
---checks that it took everything along. Unlimited rate, and raw or the transport of that name in
---$MTR_TRANSPORT, unless opts says otherwise.
---@param l lab.Lab
---@param fn fun(e: mtr.Engine)
---@param opts? mtr.EngineOptions
---@param node? string
---@param drops? boolean  the kernel may have dropped replies
function M.inside(l, fn, opts, node, drops)
  opts = opts or {}
  opts.rate, opts.transport = opts.rate or 0, opts.transport or M.transport
  checked(function()
    l:inside(function()
      local e = assert(mtr.engine(opts))
      local ok, problem = xpcall(fn, function(err)
        return type(err) == "string" and debug.traceback(err, 2) or err
      end, e)
      local stats = not e.closed and e:stats()
      e:close()
      if not ok then error(problem, 0) end
      if stats then M.accounted(stats, drops) end
    end, node)
  end)
end

---Checks that no trace or probe is left, and that we know of each probe what became of it: it was
---answered, it timed out, it failed, or its trace ended before any of these.
---@param stats table<string, number>
---@param drops? boolean
function M.accounted(stats, drops)
  assert.equal(0, stats.traces, "traces in flight")
  assert.equal(0, stats.probes, "probes outstanding")
  assert.equal(stats.traces_started, stats.traces_done)
  assert.equal(stats.probes_sent,
    stats.replies + stats.timeouts + stats.failed + stats.given_up + stats.probes,
    "probes sent are answered, timed out, failed, given up or outstanding")
  if not drops then assert.equal(0, stats.kernel_drops) end
end

---Runs several traces side by side: { dst, options } each. Results in the same order; one that
---could not start is { failed = message, name = name }.
---@param e mtr.Engine
---@param list { [1]: string, [2]: mtr.TraceOptions? }[]
---@return mtr.Result[]
function M.traces(e, list)
  local results, left = {}, 0
  for i, job in ipairs(list) do
    local trace, message, name = e:trace(job[1], job[2], function(err, result)
      results[i] = results[i] or result or { failed = err }
    end)
    if trace then left = left + 1 else results[i] = { failed = message, name = name } end
  end
  e:run()
  return results, left
end

---A trace by which every probe is counted: what hooks are told, what the engine counts and what
---the result says must be the same. Returns the result, and how many were sent, answered, silent
---and failed, with the names of the last two in order.
---@param e mtr.Engine
---@param dst string
---@param opts mtr.TraceOptions
---@return mtr.Result
---@return { sent: integer, replies: integer, silent: integer, errors: integer, names: string[] }
function M.counted(e, dst, opts)
  local copy, before = { timeout = 200 }, e:stats()
  local n = { sent = 0, replies = 0, silent = 0, errors = 0, names = {} }
  for key, value in pairs(opts) do copy[key] = value end
  function copy.on_probe() n.sent = n.sent + 1 end
  function copy.on_reply(_, reply)
    if not reply.dup and not reply.late then n.replies = n.replies + 1 end
  end
  function copy.on_timeout(_, probe)
    local kind = probe.error and "errors" or "silent"
    n[kind] = n[kind] + 1
    n.names[#n.names + 1] = probe.error or "silent"
  end
  local result = M.traces(e, { { dst, copy } })[1]
  assert(result.hops, result.failed)
  local after = e:stats()
  local function since(name) return after[name] - before[name] end
  assert.same({ n.sent, n.replies, n.silent, n.errors }, { since "probes_sent",
    since "replies", since "timeouts", since "send_errors" })
  assert.equal(result.probe_count, n.sent + n.errors)
  return result, n
end

---Runs a shell command in a node, which must succeed.
---@param l lab.Lab
---@param cmd string
---@param node string?
function M.must(l, cmd, node)
  local text, status = l:exec(cmd, node)
  assert(status == 0, text)
end

---The path of a result in one line: "10.0.1.2 * 10.0.3.2".
---@param result mtr.Result
---@return string
function M.path(result)
  local words = {}
  for ttl, hop in ipairs(result.hops) do words[ttl] = hop.addr or "*" end
  return table.concat(words, " ")
end

return M
