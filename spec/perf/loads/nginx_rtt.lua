-- SPDX-License-Identifier: MIT
--
-- The round trip of a probe to loopback in a request to nginx, in two ways, in turns and in blocks:
-- mtr.probe, which waits while the worker goes on, and the same engine's work in a loop of poll(2)
-- that blocks the worker. Run by spec/support/real/in_nginx.lua; prints key=value.
local ffi = require "ffi"
local mtr = require "mtr"

ffi.cdef [[
struct nginx_rtt_poll { int fd; short events, revents; };
int nginx_rtt_poll(struct nginx_rtt_poll *fds, unsigned long n, int timeout) __asm__("poll");
]]

local BLOCKS, BLOCK = 21, 200
local OPTIONS = { dst = "127.0.0.1", ttl = 1 }
local ngx = rawget(_G, "ngx")

local function percentile(list, share)
  table.sort(list)
  return list[math.ceil(#list * share)] * 1e3
end

mtr.configure { rate = "max", transport = "raw" }
local waiting = assert(mtr.default())
local blocking = assert(mtr.engine { rate = "max", transport = "raw" })
local fds = ffi.new("struct nginx_rtt_poll[1]", { { fd = blocking:fd(), events = 1 } })

local function wait() assert(mtr.probe(OPTIONS).addr) end

local came
local function take(problem, reply) came = not problem and reply.addr end

local function block()
  came = nil
  blocking:probe(OPTIONS, take)
  while not came do
    ffi.C.nginx_rtt_poll(fds, 1, -1)
    blocking:step()
  end
end

local function run(fn, list, keep)
  for _ = 1, BLOCK do
    local from = waiting:now()
    fn()
    if keep then list[#list + 1] = waiting:now() - from end
  end
end

local waits, blocks = {}, {}
for i = 1, BLOCKS do
  run(wait, waits, i > 1)
  run(block, blocks, i > 1)
end
blocking:close()
ngx.say(("wait=%.2f block=%.2f wait_p99=%.2f block_p99=%.2f"):format(percentile(waits, 0.5),
  percentile(blocks, 0.5), percentile(waits, 0.99), percentile(blocks, 0.99)))
