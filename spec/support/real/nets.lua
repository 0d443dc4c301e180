-- SPDX-License-Identifier: MIT
--
-- Labs and engines for specs of the raw transport. `up` builds a lab that `down` takes
-- away; `shared` gives one lab to all tests that leave it unchanged, until `down_shared`. `inside`
-- runs a function with an engine in the prober's network and checks that the engine leaves nothing:
-- no trace, no probe, no descriptor. All of it is for a process with one thread. Without the
-- privileges that a lab needs, tests are `pending`.

local assert = require "luassert"
local mtr = require "mtr"
local carrier = require "spec.lab.carrier"
local fds = require "spec.support.harness.fds"
local lab = require "spec.lab.lab"
local run = require "spec.support.harness.run"
local traces = require "spec.support.virtual.traces"

local M = { transport = os.getenv "MTR_TRANSPORT" or "raw" }
local labs, shared = {}, {}

M.accounted, M.traces, M.path = traces.accounted, traces.run, traces.path

---How many descriptors this process has open.
M.descriptors = fds

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

---Waits until every link of a lab carries packets, after links were set up or added: till then
---what is sent there vanishes unseen, up to a second, and on a busy machine for longer.
---@param l lab.Lab
---@param more? table<string, string>  one more interface of a node, by the node's name
function M.await_links(l, more)
  for _, node in ipairs(l.plan.nodes) do
    local names, tries = { more and more[node.name] }, 0
    for _, iface in ipairs(node.ifaces) do names[#names + 1] = iface.name end
    while not l:inside(function() return carrier.all(names) end, node.name) do
      tries = tries + 1
      assert.is_true(tries < 12000, "links did not come up: " .. node.name)
      run.pause(0.01)
    end
  end
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

---Opens ping sockets to all groups in a node's network, or closes them to all.
---@param l lab.Lab
---@param node? string
---@param closed? boolean
function M.pings(l, node, closed)
  M.must(l, ("echo %s >/proc/sys/net/ipv4/ping_group_range"):format(closed and "1 0"
    or "0 2147483647"), node)
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
  if opts.transport == "user" then M.pings(l, node) end
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

return M
